import { type Kysely, sql } from "kysely";
import { OUTBOX_LEASE } from "../outbox/relay.ts";
import type { Database } from "../store/schema.ts";

/** What is counted one by one; more than these are not told apart. */
export const COUNTED = 10_000;

/** What waits in the store, and since when. */
export interface Waiting {
  readonly count: number;
  /** Null where nothing waits. */
  readonly since: Date | null;
}

/** What the store says of the work that is done with it. */
export interface StoredWork {
  /** The database's clock. */
  readonly now: Date;
  /** Until when a worker has said that it is there; null where none has, or one ended well. */
  readonly workerUntil: Date | null;
  /** Messages that were not delivered. */
  readonly outbox: Waiting;
  /** Counts that were not added to the figures. */
  readonly counters: Waiting;
  readonly openCases: number;
  /** Open and past their deadline. */
  readonly overdue: Waiting;
  readonly letters: Waiting;
}

/** Reads all of it from one snapshot, at the cost of some thousand rows at most. */
export async function readWork(db: Kysely<Database>): Promise<StoredWork> {
  const { rows } = await sql<{
    now: Date;
    worker_until: Date | null;
    outbox: number;
    outbox_since: Date | null;
    counters: number;
    counters_since: Date | null;
    open: number;
    overdue: number;
    overdue_since: Date | null;
    letters: number;
    letters_since: Date | null;
  }>`
    select clock_timestamp() as now,
      (select until from leases where name = ${OUTBOX_LEASE}) as worker_until,
      (select count(*)::int from (select from outbox limit ${sql.lit(COUNTED)}) as counted) as outbox,
      (select created_at from outbox order by outbox_id limit 1) as outbox_since,
      (select count(*)::int from (select from counter_deltas limit ${sql.lit(COUNTED)}) as counted) as counters,
      (select minute from counter_deltas order by delta_id limit 1) as counters_since,
      (select count(*)::int from (
        select from review_cases where status = 'open' limit ${sql.lit(COUNTED)}) as counted) as open,
      (select count(*)::int from (
        select from review_cases where status = 'open' and due_at <= now() limit ${sql.lit(COUNTED)}) as counted) as overdue,
      (select min(due_at) from review_cases where status = 'open' and due_at <= now()) as overdue_since,
      (select count(*)::int from (
        select from dead_letters where state = 'waiting' limit ${sql.lit(COUNTED)}) as counted) as letters,
      (select at from dead_letters where state = 'waiting' order by dead_letter_id limit 1) as letters_since`.execute(
    db,
  );
  const row = rows[0]!;
  return {
    now: row.now,
    workerUntil: row.worker_until,
    outbox: { count: row.outbox, since: row.outbox_since },
    counters: { count: row.counters, since: row.counters_since },
    openCases: row.open,
    overdue: { count: row.overdue, since: row.overdue_since },
    letters: { count: row.letters, since: row.letters_since },
  };
}
