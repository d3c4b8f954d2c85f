import { type Kysely, sql } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import { UNDO_MS } from "../../domain/review-cases.ts";
import type { Verdict, VerdictKind } from "../../domain/verdicts.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { countOfCase } from "../store/count-cases.ts";
import type { Database } from "../store/schema.ts";
import { isActor, leaveTraces, lockCase } from "./case-lock.ts";
import { CLAIM_LEASE_MS } from "./claim.ts";
import { putLabel, takeLabelBack } from "./labels.ts";
import { COUNT_OF, type GivenVerdict, LABEL_STAYS, recordedNote, refuseForeignKind } from "./verdict.ts";

/** Whoever pressed in time is not late because the network was. */
const ON_THE_WAY_MS = 5_000;

/**
 * Takes one's own verdict back within {@link UNDO_MS}: the case is open again and in one's hands, its note is kept for the
 * next verdict, the label is what it was before, and the verdict counts nowhere.
 *
 * @throws DomainError `not_found`; `conflict` when it is open, somebody else's, or too late
 */
export async function undoVerdict(db: Kysely<Database>, caseId: number, actor: Actor): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const { row } = await lockCase(trx, caseId);
    const { verdict, decided_at } = row;
    if (verdict === null || decided_at === null) {
      throw new DomainError("conflict", `case ${caseId} is open: there is no verdict to take back`);
    }
    if (!isActor(row.decided_by, actor)) {
      throw new DomainError("conflict", `case ${caseId} was decided by ${row.decided_by?.name}, not by you`);
    }
    const { rows } = await sql<{ age: number }>`
      select extract(epoch from clock_timestamp() - ${decided_at}::timestamptz)::float8 * 1000 as age`.execute(
      trx,
    );
    if (rows[0]!.age > UNDO_MS + ON_THE_WAY_MS) {
      throw new DomainError(
        "conflict",
        `the verdict on case ${caseId} is more than ${UNDO_MS / 1000} seconds old: correct it, with a reason`,
      );
    }
    await trx
      .updateTable("review_cases")
      .set({
        status: "open",
        verdict: null,
        verdict_kind: null,
        follow_up: "[]",
        label_before: null,
        decided_by: null,
        decided_at: null,
        claimed_by: JSON.stringify(actor),
        claimed_until: sql`clock_timestamp() + ${CLAIM_LEASE_MS}::float8 * interval '1 millisecond'`,
        token: row.token + 1,
      })
      .where("case_id", "=", caseId)
      .execute();
    await takeLabelBack(trx, row.transaction_id, row.label_before);
    await countOfCase(trx, row, COUNT_OF[verdict], decided_at, -1);
    await leaveTraces(trx, caseId, actor, "reopened", { verdict });
  });
}

export interface Correction {
  readonly caseId: number;
  readonly actor: Actor;
  readonly verdict: Verdict;
  readonly kind?: VerdictKind | undefined;
  /** Why; must not be empty. */
  readonly reason: string;
  /** Corrects also what somebody else decided. */
  readonly others?: boolean;
}

/**
 * Puts another verdict, or another kind of the same, in the place of one that was wrong. The first stays in the timeline;
 * label and figures follow, but for a label that a chargeback gave.
 *
 * @throws DomainError `not_found`; `conflict` when it is open, says so already, or is another's; `invalid_argument` for the
 *   reason or the kind
 */
export async function correctVerdict(db: Kysely<Database>, correction: Correction): Promise<GivenVerdict> {
  const { caseId, actor, verdict, kind, others = false } = correction;
  const reason = recordedNote(correction.reason);
  if (reason === "") {
    throw DomainError.invalid([{ field: "reason", description: "say why the verdict is corrected" }]);
  }
  refuseForeignKind(kind, verdict);
  return db.transaction().execute(async (trx) => {
    const { row } = await lockCase(trx, caseId);
    if (row.verdict === null || row.decided_at === null) {
      throw new DomainError("conflict", `case ${caseId} is open: decide it`);
    }
    if (!others && !isActor(row.decided_by, actor)) {
      throw new DomainError(
        "conflict",
        `case ${caseId} was decided by ${row.decided_by?.name}: they or a lead may correct it`,
      );
    }
    if (row.verdict === verdict && row.verdict_kind === (kind ?? null)) {
      throw new DomainError("conflict", `case ${caseId} says so already`);
    }
    const updated = await trx
      .updateTable("review_cases")
      .set({
        verdict,
        verdict_kind: kind ?? null,
        decided_by: JSON.stringify(actor),
        decided_at: sql`clock_timestamp()`,
      })
      .where("case_id", "=", caseId)
      .returning("decided_at")
      .executeTakeFirstOrThrow();
    const decidedAt = updated.decided_at!;
    await countOfCase(trx, row, COUNT_OF[row.verdict], row.decided_at, -1);
    await countOfCase(trx, row, COUNT_OF[verdict], decidedAt);
    const put = await putLabel(trx, {
      transaction_id: row.transaction_id,
      label: verdict,
      source: "analyst",
      labelled_by: actor,
      labelled_at: decidedAt,
    });
    await leaveTraces(trx, caseId, actor, "corrected", {
      from: row.verdict,
      ...(row.verdict_kind ? { from_kind: row.verdict_kind } : {}),
      verdict,
      ...(kind ? { kind } : {}),
      ...(put ? {} : LABEL_STAYS),
      note: reason,
    });
    return { caseId, transactionId: row.transaction_id, verdict, decidedAt, repeated: false };
  });
}
