import { type Kysely, sql } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import { unitsOf } from "../../domain/money.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { type Shared, sharing } from "../store/payments-around.ts";
import type { Database } from "../store/schema.ts";
import { type CaseVerdict, type GivenVerdict, giveVerdict } from "./verdict.ts";

/** So many cases are closed together at the most. */
export const MOST_LINKED = 100;

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

/** Open cases of payments with the same card, merchant or entity, the oldest first, at most {@link MOST_LINKED}. */
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
    .limit(MOST_LINKED)
    .execute();
  return rows.map(({ amountMinor, ...row }) => ({ ...row, amount: unitsOf(amountMinor, row.currency) }));
}

/** What became of cases that were closed together. */
export interface ClosedTogether {
  readonly closed: readonly GivenVerdict[];
  readonly refused: readonly { readonly caseId: number; readonly why: string }[];
}

/**
 * Gives the same verdict on several cases, each by itself: what somebody else decides or holds meanwhile is theirs, and
 * the others are closed all the same.
 *
 * @throws DomainError `invalid_argument` for more than {@link MOST_LINKED}, for the note or the kind
 */
export async function closeTogether(
  db: Kysely<Database>,
  caseIds: readonly number[],
  given: Omit<CaseVerdict, "caseId" | "token">,
): Promise<ClosedTogether> {
  if (caseIds.length === 0 || caseIds.length > MOST_LINKED) {
    const description = `choose 1 to ${MOST_LINKED} cases`;
    throw DomainError.invalid([{ field: "cases", description }]);
  }
  const closed: GivenVerdict[] = [];
  const refused: { caseId: number; why: string }[] = [];
  for (const caseId of new Set(caseIds)) {
    try {
      closed.push(await giveVerdict(db, { ...given, caseId }));
    } catch (error) {
      if (!(error instanceof DomainError) || !["conflict", "not_found"].includes(error.code)) throw error;
      refused.push({ caseId, why: error.message });
    }
  }
  return { closed, refused };
}
