import { type Kysely, sql } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import { unitsOf } from "../../domain/money.ts";
import { type Shared, sharing } from "../store/payments-around.ts";
import type { Database } from "../store/schema.ts";
import { MOST_TOGETHER } from "./together.ts";

/** An open case that has something in common with another. */
export interface LinkedCase {
  readonly caseId: number;
  readonly transactionId: string;
  readonly fraudProbability: number;
  /** In units of the currency. */
  readonly amount: number;
  /** ISO 4217. */
  readonly currency: string;
  readonly eventTime: Date;
  /** Who works on it now. */
  readonly claimedBy: Actor | null;
}

/** Open cases of payments with the same card, merchant or entity, the oldest first, at most {@link MOST_TOGETHER}. */
export async function listLinkedCases(db: Kysely<Database>, shared: Shared): Promise<LinkedCase[]> {
  const rows = await db
    .selectFrom("review_cases as c")
    .innerJoin("decisions as d", (join) =>
      join.onRef("d.decided_at", "=", "c.decision_at").onRef("d.seq", "=", "c.decision_seq"),
    )
    .select([
      "c.case_id as caseId",
      "c.transaction_id as transactionId",
      "c.fraud_probability as fraudProbability",
      "c.amount_minor as amountMinor",
      "c.currency",
      "d.event_time as eventTime",
      sql<Actor | null>`case when c.claimed_until > now() then c.claimed_by end`.as("claimedBy"),
    ])
    .where("c.status", "=", "open")
    .where(sharing(shared))
    .orderBy("c.case_id")
    .limit(MOST_TOGETHER)
    .execute();
  return rows.map(({ amountMinor, ...row }) => ({ ...row, amount: unitsOf(amountMinor, row.currency) }));
}
