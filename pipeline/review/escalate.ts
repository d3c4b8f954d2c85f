import { type Kysely, sql } from "kysely";
import type { Database, RiskTier } from "../store/schema.ts";
import { addEvent } from "./case-lock.ts";

/** A case whose SLA ran out just now. */
export interface EscalatedCase {
  readonly caseId: number;
  readonly transactionId: string;
  readonly riskTier: RiskTier;
  readonly fraudProbability: number;
  readonly amount: number;
  /** ISO 4217; null when the payment came without one. */
  readonly currency: string | null;
  readonly dueAt: Date;
}

/** An open case and when it is due. */
export interface DueCase {
  readonly caseId: number;
  readonly dueAt: Date;
}

/**
 * Marks a case as escalated when it is open and past its SLA; once, however often the timer fires.
 *
 * @returns the case, or null when there was nothing to do (decided, not due yet, escalated before, unknown)
 */
export async function escalateCase(db: Kysely<Database>, caseId: number): Promise<EscalatedCase | null> {
  return db.transaction().execute(async (trx) => {
    const row = await trx
      .updateTable("review_cases")
      .set({ escalated_at: sql`clock_timestamp()` })
      .where("case_id", "=", caseId)
      .where("status", "=", "open")
      .where("escalated_at", "is", null)
      .where("due_at", "<=", sql<Date>`clock_timestamp()`)
      .returning([
        "case_id as caseId",
        "transaction_id as transactionId",
        "risk_tier as riskTier",
        "fraud_probability as fraudProbability",
        "amount",
        "currency",
        "due_at as dueAt",
      ])
      .executeTakeFirst();
    if (!row) return null;
    await addEvent(trx, caseId, "system", "escalated", { due_at: row.dueAt.toISOString() });
    return row;
  });
}

/** Open cases that wait for their SLA timer, by case id, after `afterCaseId`, at most `limit`. */
export async function listAwaitingTimer(
  db: Kysely<Database>,
  afterCaseId: number,
  limit: number,
): Promise<DueCase[]> {
  return db
    .selectFrom("review_cases")
    .select(["case_id as caseId", "due_at as dueAt"])
    .where("status", "=", "open")
    .where("escalated_at", "is", null)
    .where("case_id", ">", afterCaseId)
    .orderBy("case_id")
    .limit(limit)
    .execute();
}
