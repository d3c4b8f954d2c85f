import { type Kysely, sql } from "kysely";
import { SYSTEM } from "../../domain/actors.ts";
import { unitsOf } from "../../domain/money.ts";
import type { RiskTier } from "../../domain/tiers.ts";
import { raiseAlert } from "../alerts/raise.ts";
import { appendOutbox } from "../outbox/append.ts";
import { countOfCase } from "../store/count-cases.ts";
import type { Database } from "../store/schema.ts";
import { addEvent } from "./case-lock.ts";

/** A case whose SLA ran out just now. */
export interface EscalatedCase {
  readonly caseId: number;
  readonly transactionId: string;
  readonly riskTier: RiskTier;
  readonly fraudProbability: number;
  readonly amountMinor: number;
  /** ISO 4217. */
  readonly currency: string;
  readonly dueAt: Date;
}

/** An open case and when it is due. */
export interface DueCase {
  readonly caseId: number;
  readonly dueAt: Date;
}

/**
 * Marks a case as escalated when it is open and past its SLA; once, however often the timer fires. The alert is raised in
 * the same transaction.
 *
 * @returns the case, or null when there was nothing to do (decided, not due yet, escalated before, unknown)
 */
export async function escalateCase(db: Kysely<Database>, caseId: number): Promise<EscalatedCase | null> {
  return db.transaction().execute(async (trx) => {
    const found = await trx
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
        "amount_minor as amountMinor",
        "currency",
        "due_at as dueAt",
        sql<Date>`escalated_at`.as("at"),
      ])
      .executeTakeFirst();
    if (!found) return null;
    const { at, ...row } = found;
    const dueAt = row.dueAt.toISOString();
    await addEvent(trx, caseId, SYSTEM, "escalated", { due_at: dueAt });
    await countOfCase(trx, { risk_tier: row.riskTier, currency: row.currency }, "cases_escalated", at);
    await appendOutbox(trx, [{ kind: "case.escalated", at: at.toISOString(), ...row, dueAt }]);
    await raiseAlert(trx, {
      kind: "case_escalated",
      subject: `case:${caseId}`,
      title: `Case ${caseId} passed its review deadline undecided`,
      body: `${row.riskTier}, ${unitsOf(row.amountMinor, row.currency)} ${row.currency}, due ${dueAt}, transaction ${row.transactionId}`,
      link: `/reviews/${caseId}`,
      value: row.fraudProbability,
      once: true,
    });
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

/** Open cases past their SLA that no timer has escalated, the longest overdue first, at most `limit`. */
export async function listMissedEscalations(db: Kysely<Database>, limit: number): Promise<number[]> {
  const rows = await db
    .selectFrom("review_cases")
    .select("case_id")
    .where("status", "=", "open")
    .where("escalated_at", "is", null)
    .where("due_at", "<", sql<Date>`now() - interval '5 seconds'`)
    .orderBy("due_at")
    .limit(limit)
    .execute();
  return rows.map((row) => row.case_id);
}
