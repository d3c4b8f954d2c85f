import { type Kysely, sql } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import { containsPan } from "../../domain/pan.ts";
import { MAX_NOTE } from "../../domain/review-cases.ts";
import type { Verdict } from "../../domain/verdicts.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { isStorableText } from "../../platform/process/storable.ts";
import { appendOutbox } from "../outbox/append.ts";
import { countOfCase } from "../store/count-cases.ts";
import type { Database } from "../store/schema.ts";
import { decidedBefore, isActor, leaveTraces, lockCase, refuseOthersLease } from "./case-lock.ts";

export interface CaseVerdict {
  readonly caseId: number;
  readonly actor: Actor;
  readonly verdict: Verdict;
  /** May be empty. */
  readonly note: string;
}

export interface GivenVerdict {
  readonly caseId: number;
  readonly transactionId: string;
  readonly verdict: Verdict;
  readonly decidedAt: Date;
  /** Whether the very same verdict had been recorded before: the answer to the first try was lost on its way. */
  readonly repeated: boolean;
}

/**
 * The note as it is recorded: line ends as LF, no space around it.
 *
 * @throws DomainError `invalid_argument` for one that is too long, holds a card number, or cannot be stored
 */
function recordedNote(note: string): string {
  const text = note.replaceAll("\r\n", "\n").trim();
  const refuse = (description: string): DomainError => DomainError.invalid([{ field: "note", description }]);
  if (text.length > MAX_NOTE) {
    throw refuse(`has ${text.length} characters; at most ${MAX_NOTE} are recorded`);
  }
  if (!isStorableText(text))
    throw refuse("holds a character that cannot be stored (NUL or half a surrogate)");
  if (containsPan(text)) throw refuse("looks as if it holds a card number; leave the number out");
  return text;
}

/**
 * Closes a case with a verdict: status, label, counter, timeline, audit log and news in one SQL transaction. Of two people who decide at once
 * exactly one wins; one person who sends the same verdict again, because the answer did not arrive, is told of the one
 * that is recorded. No claim is needed, but another's live claim is respected.
 *
 * @throws DomainError `not_found`; `conflict` saying who decided it or who holds it; `invalid_argument` for the note
 */
export async function giveVerdict(db: Kysely<Database>, given: CaseVerdict): Promise<GivenVerdict> {
  const { caseId, actor, verdict } = given;
  const note = recordedNote(given.note);
  return db.transaction().execute(async (trx) => {
    const locked = await lockCase(trx, caseId);
    const { row } = locked;
    if (row.decided_at !== null) {
      if (!isActor(row.decided_by, actor) || row.verdict !== verdict || (row.note ?? "") !== note) {
        throw decidedBefore(locked, actor);
      }
      return {
        caseId,
        transactionId: row.transaction_id,
        verdict,
        decidedAt: row.decided_at,
        repeated: true,
      };
    }
    refuseOthersLease(locked, actor);
    const updated = await trx
      .updateTable("review_cases")
      .set({
        status: "decided",
        verdict,
        note: note === "" ? null : note,
        decided_by: JSON.stringify(actor),
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
        labelled_by: JSON.stringify(actor),
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
    await appendOutbox(trx, [{ kind: "label.given", transactionId: updated.transaction_id }]);
    await countOfCase(trx, row, verdict === "fraud" ? "verdicts_fraud" : "verdicts_legitimate", decidedAt);
    await leaveTraces(trx, caseId, actor, "decided", note === "" ? { verdict } : { verdict, note });
    return { caseId, transactionId: updated.transaction_id, verdict, decidedAt, repeated: false };
  });
}
