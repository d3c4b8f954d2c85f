import { type Kysely, sql } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import { unitsOf } from "../../domain/money.ts";
import type { CaseStatus } from "../../domain/review-cases.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { Database } from "../store/schema.ts";

/** So many cases are changed together at the most. */
export const MOST_TOGETHER = 100;

/** What became of cases that something was done to together. */
export interface Together<T> {
  readonly done: readonly T[];
  readonly refused: readonly { readonly caseId: number; readonly why: string }[];
}

/**
 * Does the same to several cases, each by itself: what somebody else decides or holds meanwhile is theirs, and the others
 * are done all the same.
 *
 * @throws DomainError `invalid_argument` for none or more than {@link MOST_TOGETHER}, and whatever else `act` refuses
 */
export async function actTogether<T>(
  caseIds: readonly number[],
  act: (caseId: number) => Promise<T>,
): Promise<Together<T>> {
  const different = new Set(caseIds);
  if (different.size === 0 || different.size > MOST_TOGETHER) {
    const description = `choose 1 to ${MOST_TOGETHER} cases`;
    throw DomainError.invalid([{ field: "cases", description }]);
  }
  const done: T[] = [];
  const refused: { caseId: number; why: string }[] = [];
  for (const caseId of different) {
    try {
      done.push(await act(caseId));
    } catch (error) {
      if (!(error instanceof DomainError) || !["conflict", "not_found"].includes(error.code)) throw error;
      refused.push({ caseId, why: error.message });
    }
  }
  return { done, refused };
}

/** A case that somebody chose, as it stands now. */
export interface ChosenCase {
  readonly caseId: number;
  readonly status: CaseStatus;
  /** In units of the currency. */
  readonly amount: number;
  /** ISO 4217. */
  readonly currency: string;
  readonly dueAt: Date;
  /** Who works on it now. */
  readonly claimedBy: Actor | null;
  readonly decidedBy: Actor | null;
  readonly assignedTo: Actor | null;
  readonly token: number;
}

/** The cases of these numbers that there are, by number, at most {@link MOST_TOGETHER}. */
export async function readChosen(db: Kysely<Database>, caseIds: readonly number[]): Promise<ChosenCase[]> {
  const rows = await db
    .selectFrom("review_cases")
    .select([
      "case_id as caseId",
      "status",
      "amount_minor as amountMinor",
      "currency",
      "due_at as dueAt",
      sql<Actor | null>`case when status = 'open' and claimed_until > now() then claimed_by end`.as(
        "claimedBy",
      ),
      "decided_by as decidedBy",
      "assigned_to as assignedTo",
      "token",
    ])
    .where(sql<boolean>`case_id = any(${[...caseIds]}::bigint[])`)
    .orderBy("case_id")
    .limit(MOST_TOGETHER)
    .execute();
  return rows.map(({ amountMinor, ...row }) => ({ ...row, amount: unitsOf(amountMinor, row.currency) }));
}
