import { type Kysely, sql } from "kysely";
import { type Actor, SYSTEM } from "../../domain/actors.ts";
import { appendAudit } from "../audit/append.ts";
import { listPartitions, type Partition } from "../store/partitions.ts";
import type { Database } from "../store/schema.ts";

/** Most rows that one statement deletes. */
const SLICE = 5_000;

/** A month that may go, or why it may not yet. */
export interface Expired extends Partition {
  /** How many decisions it has, by the counters of its days. */
  readonly decisions: number;
  /** Open cases and days that were not compared keep a month. */
  readonly keptBecause: string | null;
}

/** The months whose every decision is older than so many days, oldest first. */
export async function listExpired(db: Kysely<Database>, days: number): Promise<Expired[]> {
  const { rows } = await sql<{ cutoff: Date }>`
    select now() - ${days}::int * interval '1 day' as cutoff`.execute(db);
  const cutoff = rows[0]!.cutoff;
  const expired: Expired[] = [];
  for (const partition of await listPartitions(db)) {
    if (partition.to > cutoff) continue;
    const { rows: found } = await sql<{ decisions: number; not_closed: boolean; open: boolean }>`
      select coalesce(sum(transactions), 0)::int8 as decisions,
        coalesce(bool_or(closed_at is null), false) as not_closed,
        exists (select from review_cases where status = 'open'
          and decision_at >= ${partition.from} and decision_at < ${partition.to}) as open
      from counters_by_day
      where day >= (${partition.from}::timestamptz at time zone 'UTC')::date
        and day < (${partition.to}::timestamptz at time zone 'UTC')::date`.execute(db);
    const { decisions, not_closed, open } = found[0]!;
    const keptBecause = open
      ? "it has open cases"
      : not_closed
        ? "its days have not been compared yet"
        : null;
    expired.push({ ...partition, decisions, keptBecause });
  }
  return expired;
}

/**
 * Drops months of decisions that are too old, with their keys, cases and labels. What they counted stays counted: only
 * months whose days are closed go. Rows around the month go in slices, the month itself in one step; a process that dies
 * in between goes on at the next call.
 *
 * @param days how long decisions are kept
 * @param actor who asked for it; the house itself when absent
 * @returns what was dropped
 */
export async function dropExpired(
  db: Kysely<Database>,
  days: number,
  actor: Actor = SYSTEM,
): Promise<Expired[]> {
  const dropped: Expired[] = [];
  for (const month of await listExpired(db, days)) {
    if (month.keptBecause !== null) continue;
    for (const statement of around(month)) {
      for (let deleted = SLICE; deleted === SLICE; ) {
        const result = await statement.execute(db);
        deleted = Number(result.numAffectedRows ?? 0);
      }
    }
    await db.transaction().execute(async (trx) => {
      await sql`drop table if exists ${sql.table(month.name)}`.execute(trx);
      await appendAudit(trx, {
        ...{ actor, act: "retention.dropped", subject: `partition:${month.name}` },
        detail: { decisions: month.decisions, older_than_days: days },
      });
    });
    dropped.push(month);
  }
  return dropped;
}

/** What belongs to the decisions of a month, in an order in which each part still finds the next. */
function around({ from, to }: Partition) {
  const cases = sql`select case_id from review_cases where decision_at >= ${from} and decision_at < ${to}`;
  return [
    sql`delete from review_events where event_id in (
      select event_id from review_events where case_id in (${cases}) limit ${sql.lit(SLICE)})`,
    sql`delete from review_cases where case_id in (${cases} limit ${sql.lit(SLICE)})`,
    sql`delete from labels where transaction_id in (
      select transaction_id from labels join transaction_keys k using (transaction_id)
      where k.decided_at >= ${from} and k.decided_at < ${to} limit ${sql.lit(SLICE)})`,
    // The keys' only index is their id: the month itself says which they are.
    sql`delete from transaction_keys where transaction_id in (
      select k.transaction_id from transaction_keys k
      join decisions d on d.transaction_id = k.transaction_id
        and d.decided_at >= ${from} and d.decided_at < ${to}
      where k.decided_at = d.decided_at and k.seq = d.seq limit ${sql.lit(SLICE)})`,
  ];
}
