import { type RawBuilder, sql, type Transaction } from "kysely";
import type { CaseStatus } from "../../domain/review-cases.ts";
import type { RiskTier } from "../../domain/tiers.ts";
import { casesLeftOpen, countedNow } from "./counting.ts";
import type { Database } from "./schema.ts";

/** What is counted of cases after they were opened, at the time it happens. */
export type CaseCount = "cases_escalated" | "verdicts_fraud" | "verdicts_legitimate";

/**
 * Counts one escalation or verdict, in the transaction in which it happens.
 *
 * @param at the time that its row says: a clock asked again may have passed the minute, or midnight
 * @param by −1 takes back what was counted at that time
 */
export async function countOfCase(
  trx: Transaction<Database>,
  { risk_tier, currency }: { readonly risk_tier: RiskTier; readonly currency: string },
  what: CaseCount,
  at: Date,
  by: 1 | -1 = 1,
): Promise<void> {
  await sql`
    insert into counter_deltas (minute, risk_tier, currency, ${sql.ref(what)})
    values (date_trunc('minute', ${at}::timestamptz), ${risk_tier}, ${currency}, ${by})`.execute(trx);
}

/**
 * How many cases there are, as a number of SQL, by what was counted when they were opened and decided: a handful of rows,
 * however many cases. Retention drops decided cases only, and says how many.
 */
export function numberOfCases(status: CaseStatus, tier?: RiskTier): RawBuilder<number> {
  const ofTier = tier === undefined ? sql`` : sql`where risk_tier = ${tier}`;
  const change = status === "open" ? casesLeftOpen : sql`verdicts_fraud + verdicts_legitimate`;
  const counted = sql<number>`(select coalesce(sum(${change}), 0) from ${countedNow} as c ${ofTier})`;
  if (status === "open") return counted;
  return sql<number>`(${counted} - (select coalesce(sum(verdicts), 0) from counters_dropped_total ${ofTier}))`;
}
