import { type Kysely, sql } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import { containsPan } from "../../domain/pan.ts";
import { MAX_NOTE } from "../../domain/review-cases.ts";
import { type FollowUp, isKindOf, type Verdict, type VerdictKind } from "../../domain/verdicts.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { isStorableText } from "../../platform/process/storable.ts";
import { countOfCase } from "../store/count-cases.ts";
import type { Database } from "../store/schema.ts";
import {
  decidedBefore,
  isActor,
  leaveTraces,
  lockCase,
  refuseOthersLease,
  refuseReferred,
  refuseStale,
} from "./case-lock.ts";
import { putLabel } from "./labels.ts";

/** Where a verdict is counted. */
export const COUNT_OF = { fraud: "verdicts_fraud", legitimate: "verdicts_legitimate" } as const;

/** What traces say of a verdict that is not learned from: a chargeback said before what the payment was. */
export const LABEL_STAYS = { label_stays: "chargeback" } as const;

export interface CaseVerdict {
  readonly caseId: number;
  readonly actor: Actor;
  readonly verdict: Verdict;
  /** May be empty. */
  readonly note: string;
  /** What the verdict is more closely; one of its own (`VERDICT_KINDS`). */
  readonly kind?: VerdictKind | undefined;
  readonly followUp?: readonly FollowUp[] | undefined;
  /** The case's token as the page showed it; checked where it is given. */
  readonly token?: number | undefined;
  /** Decides also what waits for a lead. */
  readonly leads?: boolean;
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
export function recordedNote(note: string): string {
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

/** @throws DomainError `invalid_argument` for a kind of another verdict */
export function refuseForeignKind(kind: VerdictKind | undefined, verdict: Verdict): void {
  if (kind !== undefined && !isKindOf(kind, verdict)) {
    throw DomainError.invalid([{ field: "kind", description: `${kind} is no kind of ${verdict}` }]);
  }
}

/**
 * Closes a case with a verdict: status, label, counter, timeline, audit log and news in one SQL transaction. Of two people who decide at once
 * exactly one wins; one person who sends the same verdict again, because the answer did not arrive, is told of the one
 * that is recorded. No claim is needed, but another's live claim is respected.
 *
 * @throws DomainError `not_found`; `conflict` saying who decided it or who holds it, that the page is out of date, or that
 *   the case waits for a lead; `invalid_argument` for the note or the kind
 */
export async function giveVerdict(db: Kysely<Database>, given: CaseVerdict): Promise<GivenVerdict> {
  const { caseId, actor, verdict, kind, followUp = [], token, leads = false } = given;
  const note = recordedNote(given.note);
  refuseForeignKind(kind, verdict);
  return db.transaction().execute(async (trx) => {
    const locked = await lockCase(trx, caseId);
    const { row } = locked;
    if (row.decided_at !== null) {
      if (
        !isActor(row.decided_by, actor) ||
        row.verdict !== verdict ||
        (row.note ?? "") !== note ||
        row.verdict_kind !== (kind ?? null)
      ) {
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
    refuseReferred(locked, leads);
    refuseStale(locked, token);
    const before = await trx
      .selectFrom("labels")
      .selectAll()
      .where("transaction_id", "=", row.transaction_id)
      .executeTakeFirst();
    const updated = await trx
      .updateTable("review_cases")
      .set({
        status: "decided",
        verdict,
        verdict_kind: kind ?? null,
        follow_up: JSON.stringify(followUp),
        label_before: before ? JSON.stringify(before) : null,
        snoozed_until: null,
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
    const put = await putLabel(trx, {
      transaction_id: updated.transaction_id,
      label: verdict,
      source: "analyst",
      labelled_by: actor,
      labelled_at: decidedAt,
    });
    await countOfCase(trx, row, COUNT_OF[verdict], decidedAt);
    await leaveTraces(trx, caseId, actor, "decided", {
      verdict,
      ...(kind ? { kind } : {}),
      ...(followUp.length > 0 ? { follow_up: followUp } : {}),
      ...(put ? {} : LABEL_STAYS),
      ...(note === "" ? {} : { note }),
    });
    return { caseId, transactionId: updated.transaction_id, verdict, decidedAt, repeated: false };
  });
}
