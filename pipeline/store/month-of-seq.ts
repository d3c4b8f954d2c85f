import { type Kysely, sql } from "kysely";
import { listPartitions, type Partition } from "./partitions.ts";
import type { Database } from "./schema.ts";

/** A month, and the number of its first decision. */
interface Month extends Partition {
  readonly low: number;
}

/** What was read is used so long, milliseconds: months begin and are dropped seldom. */
const KEPT_MS = 60_000;
/** By the database: its months, oldest first, and when they were read. */
const known = new WeakMap<Kysely<Database>, { readonly months: readonly Month[]; readonly at: number }>();

/**
 * The month in which the decision with a number most likely lies, so that a statement about it is prepared for one month
 * and not for all. Numbers and moments rise together, but for decisions that are recorded at the same time: at a month's
 * end it may be the other one, and who does not find it there looks everywhere.
 */
export async function monthOfSeq(db: Kysely<Database>, seq: number): Promise<Partition | undefined> {
  let read = known.get(db);
  if (!read || performance.now() - read.at > KEPT_MS) {
    read = { months: await readMonths(db), at: performance.now() };
    known.set(db, read);
  }
  return read.months.findLast(({ low }) => low <= seq);
}

async function readMonths(db: Kysely<Database>): Promise<Month[]> {
  const partitions = await listPartitions(db);
  if (partitions.length === 0) return [];
  const firsts = partitions.map(
    ({ name }) => sql`select ${name}::text as name, (select min(seq) from ${sql.table(name)}) as low`,
  );
  const { rows } = await sql<{ name: string; low: number | null }>`
    ${sql.join(firsts, sql` union all `)}`.execute(db);
  const lows = new Map(rows.map(({ name, low }) => [name, low]));
  return partitions.flatMap((partition) => {
    const low = lows.get(partition.name);
    return low === null || low === undefined ? [] : [{ ...partition, low }];
  });
}
