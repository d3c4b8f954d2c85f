import { sql, type Transaction } from "kysely";
import type { Database } from "./schema.ts";

/** What is counted of cases after they were opened, at the time it happens. */
export type CaseCount = "cases_escalated" | "verdicts_fraud" | "verdicts_legitimate";

/**
 * Counts one escalation or verdict, in the transaction that has just written it. It is counted in the minute that the
 * case itself says: a second look at the clock may be of the next one, or of the next day.
 */
export async function countOfCase(
  trx: Transaction<Database>,
  caseId: number,
  what: CaseCount,
): Promise<void> {
  const at = sql.ref(what === "cases_escalated" ? "escalated_at" : "decided_at");
  await sql`
    insert into counter_deltas (minute, risk_tier, currency, ${sql.ref(what)})
    select date_trunc('minute', ${at}), risk_tier, currency, 1 from review_cases where case_id = ${caseId}`.execute(
    trx,
  );
}
