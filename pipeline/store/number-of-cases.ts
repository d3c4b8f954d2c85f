import { type RawBuilder, sql } from "kysely";
import type { CaseStatus } from "../../domain/review-cases.ts";
import type { RiskTier } from "../../domain/tiers.ts";

/**
 * How many cases there are, as a number of SQL, by what was counted when they were opened and decided: a handful of rows,
 * however many cases. Retention drops decided cases only, and says how many.
 */
export function countOfCases(status: CaseStatus, tier?: RiskTier): RawBuilder<number> {
  const ofTier = tier === undefined ? sql`` : sql`where risk_tier = ${tier}`;
  const change =
    status === "open"
      ? sql`cases_opened - verdicts_fraud - verdicts_legitimate`
      : sql`verdicts_fraud + verdicts_legitimate`;
  const counted = sql<number>`(select coalesce(sum(${change}), 0) from (
    select risk_tier, cases_opened, verdicts_fraud, verdicts_legitimate from counters_total
    union all
    select risk_tier, cases_opened, verdicts_fraud, verdicts_legitimate from counter_deltas) as c ${ofTier})`;
  if (status === "open") return counted;
  return sql<number>`(${counted} - (select coalesce(sum(verdicts), 0) from counters_dropped_total ${ofTier}))`;
}
