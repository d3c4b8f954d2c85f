import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Entities, Fields } from "../../domain/entities.ts";
import { unitsOf } from "../../domain/money.ts";
import { byContextName, CONTEXT_FIELDS, type StoredContext } from "../../domain/transaction.ts";
import { paymentOf } from "../../features/engine/payment.ts";
import type { RecordedPayment, Word } from "../../features/online/aggregates.ts";
import type { Database } from "../store/schema.ts";

/** A place in the order of recording. */
export interface Place {
  /** As PostgreSQL writes it, to the microsecond. */
  readonly decidedAt: string;
  readonly seq: number;
}

/** A payment as it was recorded, with what is known of it now. */
export interface StoredPayment extends RecordedPayment {
  readonly place: Place;
  /** Nobody knows any more whose it was, nor what the model read. */
  readonly redacted: boolean;
}

/** Where the decisions of one job lie: recorded by one statement, so at one time. */
export interface RecordedRange {
  readonly decidedAt: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

interface Row extends Readonly<Record<string, unknown>> {
  readonly transaction_id: string;
  readonly decided: string;
  readonly seq: number;
  readonly event_time: Date;
  readonly time_seconds: number | null;
  readonly v: number[] | null;
  readonly amount_minor: number;
  readonly currency: string;
  readonly fields: Fields | null;
  readonly entities: Entities | null;
  readonly truth: boolean | null;
  readonly label: string | null;
  readonly labelled_at: Date | null;
  readonly redacted: boolean;
}

const COLUMNS = sql`
  d.transaction_id, d.decided_at::text as decided, d.seq, d.event_time, d.time_seconds, d.v, d.amount_minor, d.currency,
  ${sql.join(CONTEXT_FIELDS.map(({ column }) => sql.ref(`d.${column}`)))},
  d.fields, d.entities, d.truth, l.label, l.labelled_at, d.redacted_at is not null as redacted`;

/** The payments of some jobs, in the order of recording; perhaps others that were recorded at the same times. */
export async function paymentsIn(
  db: Kysely<Database>,
  ranges: readonly RecordedRange[],
): Promise<StoredPayment[]> {
  const first = Math.min(...ranges.map(({ firstSeq }) => firstSeq));
  const last = Math.max(...ranges.map(({ lastSeq }) => lastSeq));
  const times = [...new Set(ranges.map(({ decidedAt }) => decidedAt))];
  return await read(
    db,
    sql`d.decided_at = any(${times}::timestamptz[]) and d.seq between ${first} and ${last}`,
  );
}

/** The payments of some ids; those that retention has dropped are left out. */
export async function paymentsOf(
  db: Kysely<Database>,
  transactionIds: readonly string[],
): Promise<StoredPayment[]> {
  return await read(
    db,
    sql`(d.decided_at, d.seq) in (
      select decided_at, seq from transaction_keys where transaction_id = any(${[...transactionIds]}::text[]))`,
  );
}

/** The next payments behind a place, in the order of recording. @param after undefined to begin */
export async function paymentsAfter(
  db: Kysely<Database>,
  after: Place | undefined,
  limit: number,
): Promise<StoredPayment[]> {
  const behind = after
    ? // The first half says which partitions there is nothing in.
      sql`d.decided_at >= ${after.decidedAt}::timestamptz and (d.decided_at, d.seq) > (${after.decidedAt}::timestamptz, ${after.seq}::bigint)`
    : sql`true`;
  return await read(db, behind, limit);
}

async function read(
  db: Kysely<Database>,
  where: RawBuilder<unknown>,
  limit?: number,
): Promise<StoredPayment[]> {
  const { rows } = await sql<Row>`
    select ${COLUMNS} from decisions d left join labels l using (transaction_id)
    where ${where}
    order by d.decided_at, d.seq ${limit === undefined ? sql`` : sql`limit ${sql.lit(limit)}`}`.execute(db);
  return rows.map(storedPayment);
}

function storedPayment(row: Row): StoredPayment {
  const context = row as unknown as StoredContext & Readonly<Record<string, string | null>>;
  return {
    place: { decidedAt: row.decided, seq: Number(row.seq) },
    redacted: row.redacted,
    payment: paymentOf({
      transactionId: row.transaction_id,
      time: row.time_seconds ?? undefined,
      // PostgreSQL writes a 32-bit number in as few digits as tell it.
      v: row.v ? Float32Array.from(row.v) : undefined,
      amount: unitsOf(row.amount_minor, row.currency),
      currency: row.currency,
      eventTime: row.event_time,
      fields: row.fields ?? undefined,
      entities: row.entities ?? undefined,
      ...byContextName(({ column }) => context[column] ?? undefined),
    }),
    word: wordOf(row),
  };
}

/**
 * What is known of a payment: what a person said goes before what the source knew. The source knew it with the payment,
 * a person when the verdict was given.
 */
function wordOf({ truth, label, labelled_at, event_time }: Row): Word | undefined {
  if (label !== null && labelled_at !== null) {
    const known = truth === true ? event_time : labelled_at;
    return { fraud: label === "fraud", knownAtMs: known.getTime() };
  }
  return truth === null ? undefined : { fraud: truth, knownAtMs: event_time.getTime() };
}
