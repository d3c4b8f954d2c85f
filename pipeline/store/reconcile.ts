import { type Kysely, sql, type Transaction } from "kysely";
import { COUNTED, columns, countsOf, countsOfDecisions, sumsOf } from "./counting.ts";
import { listClosedDays, listOpenDays } from "./days.ts";
import { MINUTES_KEPT_DAYS } from "./fold-counters.ts";
import type { Database } from "./schema.ts";

/** A counter that does not say what the rows say. */
export interface Drift {
  /** UTC, "2026-11-26", or a minute of it, "2026-11-26T10:31"; null for the sum over all days. */
  readonly day: string | null;
  readonly riskTier: string;
  /** ISO 4217; null for a minute, which counts all currencies. */
  readonly currency: string | null;
  /** Transactions by the counter, and by the rows. */
  readonly counted: number;
  readonly rows: number;
}

type Counting = Kysely<Database> | Transaction<Database>;

/** Told of what is set right, in the transaction that does it. */
export type OnRepair = (trx: Transaction<Database>, drift: readonly Drift[]) => Promise<void>;

const summedCounts = countsOf(COUNTED);

const countsDiffer = sql`(${sql.join(
  COUNTED.map((name) => sql`coalesce(${sql.ref(`c.${name}`)}, 0) <> coalesce(${sql.ref(`r.${name}`)}, 0)`),
  sql` or `,
)})`;

const differ = sql`(${sql.join(
  ["amount_minor", ...COUNTED].map(
    (name) => sql`coalesce(${sql.ref(`c.${name}`)}, 0) <> coalesce(${sql.ref(`r.${name}`)}, 0)`,
  ),
  sql` or `,
)})`;

/** The first moment of a UTC day, and of the day after. */
const bounds = (day: string) => ({
  from: sql`(${day}::date::timestamp at time zone 'UTC')`,
  to: sql`((${day}::date + 1)::timestamp at time zone 'UTC')`,
});

/** What a day's rows add up to, and what was done to cases that are dropped, by tier and currency. */
function recounted(day: string) {
  const { from, to } = bounds(day);
  return sql`
    select risk_tier, currency, sum(amount_minor) as amount_minor,
      ${summedCounts}
    from (
      select risk_tier, currency, sum(amount_minor) as amount_minor, ${countsOfDecisions},
        0::int8 as cases_escalated, 0::int8 as verdicts_fraud, 0::int8 as verdicts_legitimate
      from decisions where decided_at >= ${from} and decided_at < ${to} group by 1, 2
      union all
      select risk_tier, currency, 0, 0, 0, 0, 0, 0, 0, 0, count(*), 0, 0
      from review_cases where escalated_at >= ${from} and escalated_at < ${to} group by 1, 2
      union all
      select risk_tier, currency, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        count(*) filter (where verdict = 'fraud'), count(*) filter (where verdict = 'legitimate')
      from review_cases where status = 'decided' and decided_at >= ${from} and decided_at < ${to} group by 1, 2
      union all
      select risk_tier, currency, 0, 0, 0, 0, 0, 0, 0, 0, cases_escalated, verdicts_fraud, verdicts_legitimate
      from counters_dropped where minute >= ${from} and minute < ${to}
    ) as counted group by 1, 2`;
}

/** … by minute and tier. */
function recountedByMinute(day: string) {
  const { from, to } = bounds(day);
  return sql`
    select minute, risk_tier, ${summedCounts} from (
      select date_trunc('minute', decided_at) as minute, risk_tier, ${countsOfDecisions},
        0::int8 as cases_escalated, 0::int8 as verdicts_fraud, 0::int8 as verdicts_legitimate
      from decisions where decided_at >= ${from} and decided_at < ${to} group by 1, 2
      union all
      select date_trunc('minute', escalated_at), risk_tier, 0, 0, 0, 0, 0, 0, 0, count(*), 0, 0
      from review_cases where escalated_at >= ${from} and escalated_at < ${to} group by 1, 2
      union all
      select date_trunc('minute', decided_at), risk_tier, 0, 0, 0, 0, 0, 0, 0, 0,
        count(*) filter (where verdict = 'fraud'), count(*) filter (where verdict = 'legitimate')
      from review_cases where status = 'decided' and decided_at >= ${from} and decided_at < ${to} group by 1, 2
      union all
      select minute, risk_tier, 0, 0, 0, 0, 0, 0, 0, cases_escalated, verdicts_fraud, verdicts_legitimate
      from counters_dropped where minute >= ${from} and minute < ${to}
    ) as counted group by 1, 2`;
}

/** What is counted for a day, folded or not. */
function countedOn(day: string) {
  const { from, to } = bounds(day);
  return sql`
    select risk_tier, currency, sum(amount_minor) as amount_minor,
      ${summedCounts}
    from (
      select risk_tier, currency, amount_minor, ${columns(COUNTED)} from counters_by_day where day = ${day}::date
      union all
      select risk_tier, currency, amount_minor, ${columns(COUNTED)} from counter_deltas
      where minute >= ${from} and minute < ${to}
    ) as counted group by 1, 2`;
}

/**
 * Compares what is counted for one UTC day with its rows. Rows and deltas are written in one transaction and a fold
 * moves them in one, so one statement sees both or neither and needs no lock.
 */
export async function findDriftOn(db: Counting, day: string): Promise<Drift[]> {
  const result = await sql<{ risk_tier: string; currency: string; counted: number; rows: number }>`
    with r as (${recounted(day)}), c as (${countedOn(day)})
    select risk_tier, currency, coalesce(c.transactions, 0)::int8 as counted, coalesce(r.transactions, 0)::int8 as rows
    from c full join r using (risk_tier, currency) where ${differ} order by 1, 2`.execute(db);
  const drift = result.rows.map(({ risk_tier, ...row }) => ({ ...row, day, riskTier: risk_tier }));
  return [...drift, ...(await findMinuteDriftOn(db, day))];
}

/** The minutes of a UTC day whose counters, folded or not, are not what the rows say, for as long as minutes are kept. */
export async function findMinuteDriftOn(db: Counting, day: string): Promise<Drift[]> {
  const { from, to } = bounds(day);
  const result = await sql<{ minute: Date; risk_tier: string; counted: number; rows: number }>`
    with r as (${recountedByMinute(day)}), c as (
      select minute, risk_tier, ${summedCounts} from (
        select minute, risk_tier, ${columns(COUNTED)} from counters_by_minute where minute >= ${from} and minute < ${to}
        union all
        select minute, risk_tier, ${columns(COUNTED)} from counter_deltas where minute >= ${from} and minute < ${to}
      ) as counted group by 1, 2)
    select minute, risk_tier, coalesce(c.transactions, 0)::int8 as counted, coalesce(r.transactions, 0)::int8 as rows
    from c full join r using (minute, risk_tier)
    where ${countsDiffer} and minute > now() - ${sql.lit(MINUTES_KEPT_DAYS - 1)} * interval '1 day' order by 1, 2`.execute(
    db,
  );
  return result.rows.map(({ risk_tier, minute, ...row }) => ({
    ...row,
    day: minute.toISOString().slice(0, 16),
    riskTier: risk_tier,
    currency: null,
  }));
}

/** Compares the running total with the sum of the days. */
export async function findDriftOfTotal(db: Counting): Promise<Drift[]> {
  const summed = sql.join(
    ["amount_minor", ...COUNTED].map((name) => sql`sum(${sql.ref(name)}) as ${sql.ref(name)}`),
  );
  const result = await sql<{ risk_tier: string; currency: string; counted: number; rows: number }>`
    with r as (select risk_tier, currency, ${summed} from counters_by_day group by 1, 2), c as (select * from counters_total)
    select risk_tier, currency, coalesce(c.transactions, 0)::int8 as counted, coalesce(r.transactions, 0)::int8 as rows
    from c full join r using (risk_tier, currency) where ${differ} order by 1, 2`.execute(db);
  return result.rows.map(({ risk_tier, ...row }) => ({ ...row, day: null, riskTier: risk_tier }));
}

/**
 * Sets a day's counters to what its rows say, and the total with them. Whoever folds waits meanwhile, whoever records
 * does not: its deltas are added later, to a day that is open.
 *
 * @param onRepair called with what was wrong, if anything was
 * @returns what was wrong
 */
export async function repairDay(db: Kysely<Database>, day: string, onRepair?: OnRepair): Promise<Drift[]> {
  return db.transaction().execute(async (trx) => {
    await sql`lock table counters_total in share row exclusive mode`.execute(trx);
    const drift = await findDriftOn(trx, day);
    if (drift.length === 0) return drift;
    const { from, to } = bounds(day);
    // One snapshot: what is not folded yet stays a delta and is taken off what the rows say.
    await sql`
      with r as (${recounted(day)}), pending as (
        select risk_tier, currency, sum(amount_minor) as amount_minor,
          ${sumsOf(COUNTED)}
        from counter_deltas where minute >= ${from} and minute < ${to} group by 1, 2
      ), wanted as (
        select risk_tier, currency,
          ${sql.join(
            ["amount_minor", ...COUNTED].map(
              (name) =>
                sql`coalesce(${sql.ref(`r.${name}`)}, 0) - coalesce(${sql.ref(`p.${name}`)}, 0)
                  as ${sql.ref(name)}`,
            ),
          )}
        from r full join pending p using (risk_tier, currency) full join (
          select risk_tier, currency from counters_by_day where day = ${day}::date) as b using (risk_tier, currency)
      )
      insert into counters_by_day as c (day, risk_tier, currency, amount_minor, ${columns(COUNTED)})
      select ${day}::date, risk_tier, currency, amount_minor, ${columns(COUNTED)} from wanted
      on conflict (day, risk_tier, currency) do update set
        ${sql.join(
          ["amount_minor", ...COUNTED].map((name) => sql`${sql.ref(name)} = ${sql.ref(`excluded.${name}`)}`),
        )}`.execute(trx);
    await sql`delete from counters_by_minute where minute >= ${from} and minute < ${to}`.execute(trx);
    await sql`
      insert into counters_by_minute (minute, risk_tier, ${columns(COUNTED)})
      select minute, risk_tier, ${sql.join(
        COUNTED.map(
          (name) => sql`coalesce(${sql.ref(`r.${name}`)}, 0) - coalesce(${sql.ref(`p.${name}`)}, 0)`,
        ),
      )}
      from (${recountedByMinute(day)}) as r full join (
        select minute, risk_tier, ${summedCounts} from counter_deltas
        where minute >= ${from} and minute < ${to} group by 1, 2) as p using (minute, risk_tier)
      where minute > now() - ${sql.lit(MINUTES_KEPT_DAYS)} * interval '1 day'`.execute(trx);
    await sumUp(trx);
    await onRepair?.(trx, drift);
    return drift;
  });
}

/** Sets the total to the sum of the days; `onRepair` as for {@link repairDay}. */
export async function repairTotal(db: Kysely<Database>, onRepair?: OnRepair): Promise<Drift[]> {
  return db.transaction().execute(async (trx) => {
    await sql`lock table counters_total in share row exclusive mode`.execute(trx);
    const drift = await findDriftOfTotal(trx);
    if (drift.length === 0) return drift;
    await sumUp(trx);
    await onRepair?.(trx, drift);
    return drift;
  });
}

/** Makes the total the sum of the days, whatever it was. */
async function sumUp(trx: Transaction<Database>): Promise<void> {
  await sql`delete from counters_total`.execute(trx);
  await sql`
    insert into counters_total (risk_tier, currency, amount_minor, ${columns(COUNTED)})
    select risk_tier, currency, sum(amount_minor), ${sumsOf(COUNTED)}
    from counters_by_day group by 1, 2`.execute(trx);
}

/** Every difference there is: each day whose rows are there, and the total. Reads all decisions, a day at a time. */
export async function findDrift(db: Kysely<Database>): Promise<Drift[]> {
  const drift: Drift[] = [];
  for (const day of [...(await listClosedDays(db)), ...(await listOpenDays(db))]) {
    drift.push(...(await findDriftOn(db, day)));
  }
  return [...drift, ...(await findDriftOfTotal(db))];
}

/** Sets right what {@link findDrift} finds; `onRepair` as for {@link repairDay}. @returns what was wrong */
export async function repairDrift(db: Kysely<Database>, onRepair?: OnRepair): Promise<Drift[]> {
  const drift: Drift[] = [];
  for (const day of [...(await listClosedDays(db)), ...(await listOpenDays(db))]) {
    if ((await findDriftOn(db, day)).length > 0) drift.push(...(await repairDay(db, day, onRepair)));
  }
  return [...drift, ...(await repairTotal(db, onRepair))];
}
