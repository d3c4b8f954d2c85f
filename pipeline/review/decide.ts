import { type Kysely, sql } from "kysely";
import { DomainError } from "../../platform/errors.ts";
import type { Database, Verdict } from "../store/schema.ts";
import { addEvent, lockOpenCase, refuseOthersLease } from "./case-lock.ts";

/** Longest note, characters. */
export const MAX_NOTE = 2_000;

export interface CaseVerdict {
  readonly caseId: number;
  /** The analyst's name. */
  readonly actor: string;
  readonly verdict: Verdict;
  /** May be empty. */
  readonly note: string;
}

export interface DecidedCase {
  readonly caseId: number;
  readonly transactionId: string;
  readonly verdict: Verdict;
  readonly decidedAt: Date;
}

/**
 * Closes a case with a verdict: status, label and event in one SQL transaction. Of two people who decide at once
 * exactly one wins. No claim is needed, but another's live claim is respected.
 *
 * @throws DomainError `not_found`; `conflict` saying who decided it or who holds it; `invalid_argument` for the note
 */
export async function decideCase(db: Kysely<Database>, decision: CaseVerdict): Promise<DecidedCase> {
  const { caseId, actor, verdict } = decision;
  const note = decision.note.replaceAll("\u0000", "").trim();
  if (note.length > MAX_NOTE) {
    throw DomainError.invalid([{ field: "note", description: `at most ${MAX_NOTE} characters` }]);
  }
  return db.transaction().execute(async (trx) => {
    const locked = await lockOpenCase(trx, caseId);
    refuseOthersLease(locked, actor);
    const updated = await trx
      .updateTable("review_cases")
      .set({
        status: "decided",
        verdict,
        note: note === "" ? null : note,
        decided_by: actor,
        decided_at: sql`clock_timestamp()`,
        claimed_by: null,
        claimed_until: null,
      })
      .where("case_id", "=", caseId)
      .returning(["transaction_id", "decided_at"])
      .executeTakeFirstOrThrow();
    const decidedAt = updated.decided_at!;
    await trx
      .insertInto("labels")
      .values({
        transaction_id: updated.transaction_id,
        label: verdict,
        source: "analyst",
        labelled_by: actor,
        labelled_at: decidedAt,
      })
      .onConflict((oc) =>
        oc.column("transaction_id").doUpdateSet((eb) => ({
          label: eb.ref("excluded.label"),
          source: eb.ref("excluded.source"),
          labelled_by: eb.ref("excluded.labelled_by"),
          labelled_at: eb.ref("excluded.labelled_at"),
        })),
      )
      .execute();
    await addEvent(trx, caseId, actor, "decided", note === "" ? { verdict } : { verdict, note });
    return { caseId, transactionId: updated.transaction_id, verdict, decidedAt };
  });
}
