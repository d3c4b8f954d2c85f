import { type Kysely, sql } from "kysely";

/** Months beyond the running one that partitions are made for: a worker that runs never meets a month without one. */
const MONTHS_AHEAD = 2;

/** One partition of the decisions: a calendar month in UTC. */
export interface Partition {
  readonly name: string;
  /** Inclusive. */
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
}

/** The partition that a moment belongs to. */
export function partitionOf(at: Date): Partition {
  const from = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), 1));
  const to = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1));
  return { name: `decisions_${from.toISOString().slice(0, 7).replace("-", "_")}`, from, to };
}

/**
 * Makes the partitions of the decisions from the month of `first` to {@link MONTHS_AHEAD} months after `last`, where
 * they are missing. Safe from several processes at once.
 *
 * @param db in a transaction of its caller's, or not
 */
export async function createPartitions<DB>(db: Kysely<DB>, first: Date, last: Date): Promise<void> {
  const wanted: Partition[] = [];
  const end = Date.UTC(last.getUTCFullYear(), last.getUTCMonth() + MONTHS_AHEAD + 1, 1);
  for (let next = partitionOf(first); next.from.getTime() < end; next = partitionOf(next.to))
    wanted.push(next);
  const there = new Set((await listPartitions(db)).map(({ name }) => name));
  const missing = wanted.filter(({ name }) => !there.has(name));
  for (const { name, from, to } of missing) {
    await sql`
      create table if not exists ${sql.table(name)} partition of decisions
      for values from (${sql.lit(from.toISOString())}) to (${sql.lit(to.toISOString())})`.execute(db);
  }
}

/** The partitions that there are, oldest first. */
export async function listPartitions<DB>(db: Kysely<DB>): Promise<Partition[]> {
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = to_regclass('decisions') order by 1`.execute(db);
  return rows.flatMap(({ name }) => {
    const month = /^decisions_(\d{4})_(\d{2})$/.exec(name);
    return month ? [partitionOf(new Date(Date.UTC(Number(month[1]), Number(month[2]) - 1, 1)))] : [];
  });
}

/**
 * Makes the partitions that the next months need, by the database's own clock. Making one keeps everybody from the
 * decisions for a moment, after whoever reads them has ended: all others wait meanwhile.
 *
 * @param waitMs how long they may be made to wait; for ever when it is left out
 * @throws the database's error (55P03) when that was not enough
 */
export async function preparePartitions<DB>(db: Kysely<DB>, waitMs = 0): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await sql`set local lock_timeout = ${sql.lit(waitMs)}`.execute(trx);
    await sql`select pg_advisory_xact_lock(hashtextextended('paysecure partitions', 0))`.execute(trx);
    const { rows } = await sql<{ now: Date }>`select now() as now`.execute(trx);
    const now = rows[0]?.now ?? new Date();
    await createPartitions(trx, now, now);
  });
}
