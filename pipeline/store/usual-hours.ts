import { type Kysely, sql } from "kysely";
import { HOUR_FIGURE_NAMES, HOUR_FIGURES, type HourReading, type HourReport } from "../../domain/hour.ts";
import { reviewedTiers } from "../../domain/policy/decision-policy.ts";
import { type Band, bandOfCounts, bandOfShares, LEAST_WEEKS, offBand } from "../../platform/math/band.ts";
import type { Database } from "./schema.ts";

/** Weeks back that make the band; minutes are kept for 92 days. */
export const WEEKS = 8;
/** Deviations from the mean that are still usual: of five figures a healthy hour has one outside about once in a hundred. */
const USUAL = 3;
/** Least of the hour's payments that a share is judged by. */
export const LEAST_PAYMENTS = 50;

/** An hour's sums. */
export interface Hour {
  /** Weeks ago; 0 is the last hour. */
  readonly week: number;
  readonly transactions: number;
  /** High and Critical, or whatever tiers are sent to people. */
  readonly risky: number;
  readonly opened: number;
  readonly verdicts: number;
  /** Cases that passed their deadline. */
  readonly escalated: number;
}

/** The hour that ends with the last whole minute, and the same hour of past weeks; weeks in which nothing was counted are not there. */
export async function readHours(db: Kysely<Database>, at: Date): Promise<Hour[]> {
  const { rows } = await sql<Hour>`
    select week, sum(transactions)::int8 as transactions,
      coalesce(sum(transactions) filter (where risk_tier = any(${[...reviewedTiers()]}::text[])), 0)::int8 as risky,
      sum(cases_opened)::int8 as opened, sum(verdicts_fraud + verdicts_legitimate)::int8 as verdicts,
      sum(cases_escalated)::int8 as escalated
    from generate_series(0, ${sql.lit(WEEKS)}) as week
    join lateral (
      select * from counters_by_minute
      where minute >= date_trunc('minute', ${at}::timestamptz) - interval '1 hour' - week * interval '7 days'
        and minute < date_trunc('minute', ${at}::timestamptz) - week * interval '7 days') as counted on true
    group by week order by week`.execute(db);
  return rows;
}

/** The last hour's figures beside those of the same hour of past weeks that had payments. */
export async function readHourReport(db: Kysely<Database>, at: Date): Promise<HourReport> {
  const hours = await readHours(db, at);
  const now = hours.find(({ week }) => week === 0) ?? {
    ...{ week: 0, transactions: 0, risky: 0, opened: 0, verdicts: 0, escalated: 0 },
  };
  const earlier = hours.filter(({ week, transactions }) => week > 0 && transactions > 0);
  const readings = HOUR_FIGURE_NAMES.map((figure): HourReading => {
    if (HOUR_FIGURES[figure].kind === "count") {
      return held(figure, now[figure], bandOfCounts(earlier.map((hour) => hour[figure])));
    }
    const value = now.transactions === 0 ? null : now[figure] / now.transactions;
    const shares = earlier.map((hour) => ({ part: hour[figure], whole: hour.transactions }));
    const band = now.transactions < LEAST_PAYMENTS ? undefined : bandOfShares(shares, now.transactions);
    return held(figure, value, band);
  });
  return { weeks: earlier.length, wanted: LEAST_WEEKS, readings };
}

function held(figure: HourReading["figure"], value: number | null, band: Band | undefined): HourReading {
  if (value === null || band === undefined) return { figure, value, usual: null, state: "unknown" };
  const { mean, deviation } = band;
  const usual = { low: Math.max(0, mean - USUAL * deviation), high: mean + USUAL * deviation };
  const state = offBand(value, band) <= USUAL ? "usual" : value < mean ? "low" : "high";
  return { figure, value, usual, state };
}
