import { type Kysely, sql } from "kysely";
import { failPoint } from "../../platform/process/fail-point.ts";
import { COUNTED, columns, sumsOf } from "./counting.ts";
import { takeLease } from "./leases.ts";
import type { Database } from "./schema.ts";

/** Most deltas that one transaction folds. */
const SLICE = 5_000;
const LEASE = "fold";
const LEASE_MS = 10_000;
/** How long the counters of single minutes are kept, for charts; days are kept for ever. */
export const MINUTES_KEPT_DAYS = 92;

const sums = sumsOf(COUNTED);
const added = sql.join(
  COUNTED.map((name) => sql`${sql.ref(name)} = ${sql.ref(`c.${name}`)} + ${sql.ref(`excluded.${name}`)}`),
);

/**
 * Adds what was appended to the counters: to the total, the day and the minute it belongs to, oldest first. One process
 * at a time does it (a lease), a slice in each transaction, and nobody who records waits for it.
 *
 * @param holder this process
 * @returns how many deltas were folded; 0 also when another process has the task
 */
export async function foldCounters(db: Kysely<Database>, holder: string): Promise<number> {
  if (!(await takeLease(db, LEASE, holder, LEASE_MS))) return 0;
  let folded = 0;
  for (;;) {
    const slice = await foldSlice(db);
    folded += slice;
    if (slice < SLICE) return folded;
    await takeLease(db, LEASE, holder, LEASE_MS);
  }
}

/** One statement: what is deleted is what is added. Two at once take other rows (skip locked) and add to the same ones. */
async function foldSlice(db: Kysely<Database>): Promise<number> {
  const { rows } = await sql<{ folded: number }>`
    with taken as (
      delete from counter_deltas where delta_id in (
        select delta_id from counter_deltas order by delta_id limit ${sql.lit(SLICE)} for update skip locked)
      returning minute, risk_tier, currency, amount_minor, ${columns(COUNTED)}
    ), total as (
      insert into counters_total as c (risk_tier, currency, amount_minor, ${columns(COUNTED)})
      select risk_tier, currency, sum(amount_minor), ${sums} from taken group by 1, 2 order by 1, 2
      on conflict (risk_tier, currency) do update set amount_minor = c.amount_minor + excluded.amount_minor, ${added}
    ), by_day as (
      insert into counters_by_day as c (day, risk_tier, currency, amount_minor, ${columns(COUNTED)})
      select (minute at time zone 'UTC')::date, risk_tier, currency, sum(amount_minor), ${sums}
      from taken group by 1, 2, 3 order by 1, 2, 3
      on conflict (day, risk_tier, currency) do update set amount_minor = c.amount_minor + excluded.amount_minor, ${added}
    ), by_minute as (
      insert into counters_by_minute as c (minute, risk_tier, ${columns(COUNTED)})
      select minute, risk_tier, ${sums} from taken group by 1, 2 order by 1, 2
      on conflict (minute, risk_tier) do update set ${added}
    )
    select count(*)::int as folded from taken`.execute(db);
  const folded = rows[0]?.folded ?? 0;
  if (folded > 0) failPoint("fold.done");
  return folded;
}

/** Takes away minutes that charts no longer show, at most a slice at a time. */
export async function forgetMinutes(db: Kysely<Database>): Promise<void> {
  await sql`
    delete from counters_by_minute where (minute, risk_tier) in (
      select minute, risk_tier from counters_by_minute
      where minute < now() - ${sql.lit(MINUTES_KEPT_DAYS)} * interval '1 day' order by minute limit ${sql.lit(SLICE)})`.execute(
    db,
  );
}
