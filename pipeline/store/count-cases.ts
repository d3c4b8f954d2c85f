import { sql, type Transaction } from "kysely";
import type { RiskTier } from "../../domain/tiers.ts";
import type { Database } from "./schema.ts";

/** What is counted of cases after they were opened, at the time it happens. */
export type CaseCount = "cases_escalated" | "verdicts_fraud" | "verdicts_legitimate";

/**
 * Counts one escalation or verdict, in the transaction in which it happens.
 *
 * @param at the time that its row says: a clock asked again may have passed the minute, or midnight
 */
export async function countOfCase(
  trx: Transaction<Database>,
  { risk_tier, currency }: { readonly risk_tier: RiskTier; readonly currency: string },
  what: CaseCount,
  at: Date,
): Promise<void> {
  await sql`
    insert into counter_deltas (minute, risk_tier, currency, ${sql.ref(what)})
    values (date_trunc('minute', ${at}::timestamptz), ${risk_tier}, ${currency}, 1)`.execute(trx);
}
