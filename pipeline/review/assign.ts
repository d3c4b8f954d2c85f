import type { Kysely } from "kysely";
import { type Actor, userActor } from "../../domain/actors.ts";
import { type Right, rightRow } from "../../domain/rights.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { Database } from "../store/schema.ts";
import { isActor, leaveTraces, lockOpenCase, refuseStale } from "./case-lock.ts";

/** Somebody whom cases can be given to. */
export interface Assignee {
  /** What they sign in as. */
  readonly name: string;
  readonly displayName: string | null;
}

/** Everybody with an account in use who may decide cases, by name. */
export async function listAssignees(db: Kysely<Database>): Promise<Assignee[]> {
  return await inUse(db, "reviews.decide")
    .select(["name", "display_name as displayName"])
    .orderBy("name")
    .execute();
}

function inUse(db: Kysely<Database>, right: Right) {
  return db
    .selectFrom("users")
    .where("disabled_at", "is", null)
    .where("role", "in", [...rightRow(right).roles]);
}

/** A case that is given to a person. */
export interface Assignment {
  readonly caseId: number;
  /** Who gives it. */
  readonly actor: Actor;
  /** What the person signs in as; null takes the case from whoever has it. */
  readonly to: string | null;
  /** The case's token as the page showed it; checked where it is given. */
  readonly token?: number | undefined;
}

/**
 * Gives an open case to a person: it is their next case before all that are nobody's, and nobody else's until its
 * deadline has passed. Others may still claim it by hand. Nothing happens when they have it already.
 *
 * @throws DomainError `not_found`; `conflict` saying who decided it, who else works on it, or that it waits for a lead and
 *   they are none; `invalid_argument` when nobody of that name may decide cases
 */
export async function assignCase(
  db: Kysely<Database>,
  { caseId, actor, to, token }: Assignment,
): Promise<Actor | null> {
  return await db.transaction().execute(async (trx) => {
    const locked = await lockOpenCase(trx, caseId, actor);
    const { row, holder } = locked;
    refuseStale(locked, token);
    const needs: Right = row.referred_at === null ? "reviews.decide" : "reviews.supervise";
    const assignee = to === null ? null : await findAssignee(trx, to, needs);
    if (assignee === row.assigned_to || (assignee !== null && isActor(row.assigned_to, assignee))) {
      return assignee;
    }
    if (assignee !== null && holder !== null && !isActor(holder, assignee)) {
      throw new DomainError(
        "conflict",
        `case ${caseId} is claimed by ${holder.name}: release it or take it over first`,
      );
    }
    await trx
      .updateTable("review_cases")
      // Whoever works on it goes on as before; a page on which it was nobody's is out of date.
      .set({
        assigned_to: assignee && JSON.stringify(assignee),
        ...(holder === null ? { token: row.token + 1 } : {}),
      })
      .where("case_id", "=", caseId)
      .execute();
    await leaveTraces(trx, caseId, actor, "assigned", {
      ...(assignee ? { to: assignee.name } : {}),
      ...(row.assigned_to ? { from: row.assigned_to.name } : {}),
    });
    return assignee;
  });
}

/** @throws DomainError `invalid_argument`, `conflict` for somebody who may decide cases, but not this one */
async function findAssignee(db: Kysely<Database>, name: string, needs: Right): Promise<Actor> {
  const found = await inUse(db, "reviews.decide")
    .select(["user_id", "name", "role"])
    .where("name", "=", name)
    .executeTakeFirst();
  if (!found) {
    throw DomainError.invalid([{ field: "to", description: `nobody called "${name}" may decide cases` }]);
  }
  if (!rightRow(needs).roles.includes(found.role)) {
    throw new DomainError("conflict", `the case waits for a lead, and ${name} is none`);
  }
  return userActor(found.user_id, found.name);
}
