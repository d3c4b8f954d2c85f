import { type Kysely, sql } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { Database } from "../store/schema.ts";
import { leaveTraces, lockOpenCase, refuseOthersLease, refuseReferred, refuseStale } from "./case-lock.ts";
import { recordedNote } from "./verdict.ts";

/** A case that somebody does not decide now, and why. */
export interface SetAside {
  readonly caseId: number;
  readonly actor: Actor;
  /** May be empty where nothing else is said. */
  readonly reason: string;
  /** The case's token as the page showed it; checked where it is given. */
  readonly token?: number | undefined;
}

/**
 * Puts a case off: it is nobody's next case until the time is over, and comes back by itself. Its deadline stays. Whoever
 * claims it by hand ends the wait.
 *
 * @returns until when
 * @throws DomainError `not_found`; `conflict` saying who holds it or who decided it, or that the page is out of date
 */
export async function snoozeCase(
  db: Kysely<Database>,
  { caseId, actor, reason, token }: SetAside,
  minutes: number,
): Promise<Date> {
  const note = recordedNote(reason);
  return await db.transaction().execute(async (trx) => {
    const locked = await lockOpenCase(trx, caseId, actor);
    refuseOthersLease(locked, actor);
    refuseStale(locked, token);
    const { snoozed_until } = await trx
      .updateTable("review_cases")
      .set({
        snoozed_until: sql`clock_timestamp() + ${minutes}::float8 * interval '1 minute'`,
        claimed_by: null,
        claimed_until: null,
        token: locked.row.token + 1,
      })
      .where("case_id", "=", caseId)
      .returning("snoozed_until")
      .executeTakeFirstOrThrow();
    const until = snoozed_until!;
    await leaveTraces(trx, caseId, actor, "snoozed", {
      until: until.toISOString(),
      ...(note === "" ? {} : { note }),
    });
    return until;
  });
}

/**
 * Hands a case to whoever leads: from then on only they claim and decide it, and it is their next case.
 *
 * @throws DomainError `not_found`; `conflict` as {@link snoozeCase}, or when it waits for a lead already;
 *   `invalid_argument` without a reason
 */
export async function referCase(
  db: Kysely<Database>,
  { caseId, actor, reason, token }: SetAside,
): Promise<void> {
  const note = recordedNote(reason);
  if (note === "")
    throw DomainError.invalid([{ field: "reason", description: "say what a lead should look at" }]);
  await db.transaction().execute(async (trx) => {
    const locked = await lockOpenCase(trx, caseId, actor);
    refuseOthersLease(locked, actor);
    refuseReferred(locked, false);
    refuseStale(locked, token);
    await trx
      .updateTable("review_cases")
      .set({
        referred_at: sql`clock_timestamp()`,
        snoozed_until: null,
        claimed_by: null,
        claimed_until: null,
        token: locked.row.token + 1,
      })
      .where("case_id", "=", caseId)
      .execute();
    await leaveTraces(trx, caseId, actor, "referred", { note });
  });
}
