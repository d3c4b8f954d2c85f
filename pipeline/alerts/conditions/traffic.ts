import { type Kysely, sql } from "kysely";
import { RISK_TIERS } from "../../../domain/tiers.ts";
import {
  bandOfCounts,
  bandOfShares,
  LEAST_WEEKS,
  offBand,
  stabilityIndex,
} from "../../../platform/math/band.ts";
import type { Database } from "../../store/schema.ts";
import { LEAST_PAYMENTS, readHours, WEEKS } from "../../store/usual-hours.ts";
import { type Reading, tooMuch, unknown } from "./reading.ts";

/** Least of both sides of a drift. */
const LEAST_FOR_DRIFT = 1_000;
const DAY_MINUTES = 1_440;

const round = (value: number): string => value.toLocaleString("en", { maximumFractionDigits: 1 });
const percent = (share: number): string =>
  `${(share * 100).toLocaleString("en", { maximumFractionDigits: 2 })} %`;

/** Volume and share of risky payments of the last hour, against the same hour of past weeks. */
export async function readTraffic(
  db: Kysely<Database>,
  at: Date,
  thresholds: { readonly volume: number; readonly fraudRate: number },
): Promise<Reading[]> {
  const hours = await readHours(db, at);
  const now = hours.find(({ week }) => week === 0) ?? { transactions: 0, risky: 0 };
  const earlier = hours.filter(({ week, transactions }) => week > 0 && transactions > 0);
  const tooShort = `the history is too short: ${earlier.length} of the ${LEAST_WEEKS} weeks that make a band had payments at this hour`;

  const counts = bandOfCounts(earlier.map(({ transactions }) => transactions));
  const shares = bandOfShares(
    earlier.map(({ risky, transactions }) => ({ part: risky, whole: transactions })),
    now.transactions,
  );
  const volume = (): Reading => {
    if (!counts) return unknown("volume", tooShort);
    const words = `${now.transactions} payments in the last hour, usually ${round(counts.mean)} ± ${round(counts.deviation)}`;
    return tooMuch("volume", offBand(now.transactions, counts), thresholds.volume, words);
  };
  const rate = (): Reading => {
    if (earlier.length < LEAST_WEEKS) return unknown("fraud_rate", tooShort);
    if (!shares || now.transactions < LEAST_PAYMENTS)
      return unknown("fraud_rate", `fewer than ${LEAST_PAYMENTS} payments in the last hour`);
    const share = now.risky / now.transactions;
    const words = `${percent(share)} High or Critical in the last hour, usually ${percent(shares.mean)} ± ${percent(shares.deviation)}`;
    return tooMuch("fraud_rate", offBand(share, shares), thresholds.fraudRate, words);
  };
  return [rate(), volume()];
}

/** Whether nothing comes in at all although it should. */
export async function readSilence(db: Kysely<Database>, at: Date, minutes: number): Promise<Reading> {
  const { rows } = await sql<{ last: Date | null; before: number; weeks: number; usual: number }>`
    with silence as (select ${at}::timestamptz - ${minutes}::float8 * interval '1 minute' as since),
    last as (
      select greatest((select max(minute) from counters_by_minute where transactions > 0),
        (select max(minute) from counter_deltas where transactions > 0)) as minute)
    select last.minute as last,
      (select coalesce(sum(transactions), 0)::int8 from counters_by_minute
        where minute > last.minute - interval '1 hour' and minute <= last.minute) as before,
      (select count(*)::int from generate_series(1, ${sql.lit(WEEKS)}) as week where exists (
        select from counters_by_minute
        where minute >= silence.since - week * interval '7 days' - interval '1 day'
          and minute < silence.since - week * interval '7 days' and transactions > 0)) as weeks,
      (select coalesce(sum(transactions), 0)::int8 from generate_series(1, ${sql.lit(WEEKS)}) as week
        join counters_by_minute on minute >= silence.since - week * interval '7 days'
          and minute < ${at}::timestamptz - week * interval '7 days') as usual
    from silence, last`.execute(db);
  const { last = null, before = 0, weeks = 0, usual = 0 } = rows[0] ?? {};
  if (last === null) return unknown("no_payments", "nothing was ever decided");
  // A minute's payments may be of its end.
  const silent = Math.max(0, (at.getTime() - last.getTime()) / 60_000 - 1);
  const words = `the last payment was decided at ${last.toISOString().slice(0, 16)}Z`;
  if (silent < minutes) return { kind: "no_payments", level: "clear", value: Math.round(silent), words };
  // Of this hour past weeks know; without them the hour before does.
  const expected = weeks >= LEAST_WEEKS ? usual / weeks : (before / 60) * minutes;
  const wasBusyLately = silent < DAY_MINUTES || weeks >= LEAST_WEEKS;
  if (expected < 3 || !wasBusyLately) {
    return {
      kind: "no_payments",
      level: "clear",
      value: Math.round(silent),
      words: `${words}; at this hour that is usual`,
    };
  }
  return {
    kind: "no_payments",
    level: "over",
    value: Math.round(silent),
    words: `nothing for ${Math.round(silent)} minutes; ${words}`,
  };
}

/** Tiers of the last 24 hours against those of the 28 days before. */
export async function readDrift(db: Kysely<Database>, at: Date, threshold: number): Promise<Reading> {
  const { rows } = await sql<{ tier: string; now: number; before: number }>`
    select tier, coalesce(now, 0)::int8 as now, coalesce(before, 0)::int8 as before
    from unnest(${[...RISK_TIERS]}::text[]) as tier
    left join (select risk_tier as tier, sum(transactions) as now from counters_by_minute
      where minute >= ${at}::timestamptz - interval '24 hours' group by 1) as today using (tier)
    left join (select risk_tier as tier, sum(transactions) as before from counters_by_day
      where day >= (${at}::timestamptz at time zone 'UTC')::date - 29
        and day < (${at}::timestamptz at time zone 'UTC')::date - 1 group by 1) as earlier using (tier)`.execute(
    db,
  );
  const sum = (pick: (row: (typeof rows)[number]) => number): number =>
    rows.reduce((total, row) => total + pick(row), 0);
  const [now, before] = [sum((row) => row.now), sum((row) => row.before)];
  if (Math.min(now, before) < LEAST_FOR_DRIFT) {
    return unknown(
      "score_drift",
      `the history is too short: ${now} payments in 24 hours and ${before} in the 28 days before, ${LEAST_FOR_DRIFT} of each are needed`,
    );
  }
  const index = stabilityIndex(
    rows.map((row) => row.now),
    rows.map((row) => row.before),
  );
  const shift = rows
    .map((row) => `${row.tier} ${percent(row.before / before)} → ${percent(row.now / now)}`)
    .join(", ");
  return tooMuch("score_drift", index, threshold, `PSI ${index.toFixed(3)}: ${shift}`);
}
