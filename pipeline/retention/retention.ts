import { type Kysely, type RawBuilder, sql } from "kysely";
import { type Actor, SYSTEM } from "../../domain/actors.ts";
import { appendAudit } from "../audit/append.ts";
import { monthIsHeld } from "../privacy/holds.ts";
import { listPartitions, type Partition } from "../store/partitions.ts";
import type { Database } from "../store/schema.ts";

/** Most rows that one statement deletes. */
const SLICE = 5_000;
/** How long recorders may be made to wait for a month to be dropped. */
const WAIT_MS = 500;
/** SQLSTATE of a lock that was not given in time. */
const LOCK_NOT_AVAILABLE = "55P03";

/** A month of decisions. */
export interface Month extends Partition {
  /** How many decisions it has, by the counters of its days. */
  readonly decisions: number;
  /** When the last of it is too old. */
  readonly goesAt: Date;
  /** Whether that has come. */
  readonly expired: boolean;
  /** A hold, open cases and days that were not compared keep a month; null where nothing does. */
  readonly keptBecause: string | null;
}

/** A month that may go, or why it may not yet. */
export type Expired = Month;

const DAY_MS = 86_400_000;

/** The months that have decisions, oldest first; what keeps one is looked for where it is too old. */
export async function listMonths(db: Kysely<Database>, days: number): Promise<Month[]> {
  const { rows } = await sql<{ cutoff: Date }>`
    select now() - ${days}::int * interval '1 day' as cutoff`.execute(db);
  const cutoff = rows[0]!.cutoff;
  const months: Month[] = [];
  for (const partition of await listPartitions(db)) {
    const expired = partition.to <= cutoff;
    const { rows: found } = await sql<{ decisions: number; not_closed: boolean; open: boolean }>`
      select coalesce(sum(transactions), 0)::int8 as decisions,
        coalesce(bool_or(closed_at is null), false) as not_closed,
        ${expired} and exists (select from review_cases where status = 'open'
          and decision_at >= ${partition.from} and decision_at < ${partition.to}) as open
      from counters_by_day
      where day >= (${partition.from}::timestamptz at time zone 'UTC')::date
        and day < (${partition.to}::timestamptz at time zone 'UTC')::date`.execute(db);
    const { decisions, not_closed, open } = found[0]!;
    if (decisions === 0 && !expired) continue;
    const held = expired && (await monthIsHeld(db, partition));
    const keptBecause = held
      ? "a legal hold keeps decisions of it"
      : open
        ? "it has open cases"
        : expired && not_closed
          ? "its days have not been compared yet"
          : null;
    const goesAt = new Date(partition.to.getTime() + days * DAY_MS);
    months.push({ ...partition, decisions, goesAt, expired, keptBecause });
  }
  return months;
}

/** The months whose every decision is older than so many days, oldest first. */
export async function listExpired(db: Kysely<Database>, days: number): Promise<Expired[]> {
  return (await listMonths(db, days)).filter(({ expired }) => expired);
}

/**
 * Drops months of decisions that are too old, with their keys, cases and labels. What they counted stays counted: only
 * months whose days are closed go. Rows around the month go in slices, the month itself in one step; a process that dies
 * in between goes on at the next call.
 *
 * @param days how long decisions are kept
 * @param actor who asked for it; the house itself when absent
 * @returns the months that are too old: those without `keptBecause` were dropped
 */
export async function dropExpired(
  db: Kysely<Database>,
  days: number,
  actor: Actor = SYSTEM,
): Promise<Expired[]> {
  const months: Expired[] = [];
  for (const month of await listExpired(db, days)) {
    if (month.keptBecause === null) {
      for (const statement of around(month)) {
        for (let deleted = SLICE; deleted === SLICE; ) {
          const { rows } = await statement.execute(db);
          deleted = rows[0]?.deleted ?? 0;
        }
      }
    }
    const inUse = month.keptBecause === null && !(await dropMonth(db, month, days, actor));
    months.push(inUse ? { ...month, keptBecause: "somebody reads decisions; it goes the next time" } : month);
  }
  return months;
}

/** @returns whether it is gone; not while somebody reads decisions, because all who record would wait for them too */
async function dropMonth(
  db: Kysely<Database>,
  { name, decisions }: Expired,
  days: number,
  actor: Actor,
): Promise<boolean> {
  try {
    await db.transaction().execute(async (trx) => {
      await sql`set local lock_timeout = ${sql.lit(WAIT_MS)}`.execute(trx);
      await sql`drop table if exists ${sql.table(name)}`.execute(trx);
      await appendAudit(trx, {
        actor,
        act: "retention.dropped",
        subject: `partition:${name}`,
        detail: { decisions, older_than_days: days },
      });
    });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === LOCK_NOT_AVAILABLE) return false;
    throw error;
  }
}

/** What belongs to the decisions of a month, in an order in which each part still finds the next. */
function around({ from, to }: Partition): RawBuilder<{ deleted: number }>[] {
  const cases = sql`select case_id from review_cases where decision_at >= ${from} and decision_at < ${to}`;
  const deleting = (rows: RawBuilder<unknown>) => sql<{ deleted: number }>`
    with gone as (${rows} returning 1) select count(*)::int as deleted from gone`;
  return [
    deleting(sql`delete from review_events where event_id in (
      select event_id from review_events where case_id in (${cases}) limit ${sql.lit(SLICE)})`),
    // What was done to a case is counted on the day it was done, which may be compared later.
    sql<{ deleted: number }>`
      with gone as (
        delete from review_cases where case_id in (${cases} limit ${sql.lit(SLICE)})
        returning risk_tier, currency, escalated_at, decided_at, verdict
      ), kept as (
        insert into counters_dropped as c
          (minute, risk_tier, currency, cases_escalated, verdicts_fraud, verdicts_legitimate)
        select date_trunc('minute', at), risk_tier, currency, count(*) filter (where verdict is null),
          count(*) filter (where verdict = 'fraud'), count(*) filter (where verdict = 'legitimate')
        from (
          select escalated_at as at, risk_tier, currency, null as verdict from gone
          union all select decided_at, risk_tier, currency, verdict from gone) as done
        where at is not null group by 1, 2, 3
        on conflict (minute, risk_tier, currency) do update set
          cases_escalated = c.cases_escalated + excluded.cases_escalated,
          verdicts_fraud = c.verdicts_fraud + excluded.verdicts_fraud,
          verdicts_legitimate = c.verdicts_legitimate + excluded.verdicts_legitimate
      ), total as (
        insert into counters_dropped_total as c (risk_tier, verdicts)
        select risk_tier, count(*) from gone where verdict is not null group by 1
        on conflict (risk_tier) do update set verdicts = c.verdicts + excluded.verdicts
      )
      select count(*)::int as deleted from gone`,
    deleting(sql`delete from labels where transaction_id in (
      select transaction_id from labels join transaction_keys k using (transaction_id)
      where k.decided_at >= ${from} and k.decided_at < ${to} limit ${sql.lit(SLICE)})`),
    // The keys' only index is their id: the month itself says which they are.
    deleting(sql`delete from transaction_keys where transaction_id in (
      select k.transaction_id from transaction_keys k
      join decisions d on d.transaction_id = k.transaction_id
        and d.decided_at >= ${from} and d.decided_at < ${to}
      where k.decided_at = d.decided_at and k.seq = d.seq limit ${sql.lit(SLICE)})`),
  ];
}
