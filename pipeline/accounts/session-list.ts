import type { Kysely } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { appendAudit } from "../audit/append.ts";
import type { Database, SignInMethod } from "../store/schema.ts";
import { accountSubject } from "./account.ts";

/** A session as its owner or an admin sees it. */
export interface ListedSession {
  readonly id: number;
  readonly method: SignInMethod;
  readonly address: string | null;
  readonly agent: string | null;
  readonly createdAt: Date;
  readonly lastSeenAt: Date | null;
}

/** The sessions of an account that are not over, the latest first. */
export async function listSessions(db: Kysely<Database>, userId: number): Promise<ListedSession[]> {
  const rows = await db
    .selectFrom("sessions")
    .select(["session_id", "method", "address", "agent", "created_at", "last_seen_at"])
    .where("user_id", "=", userId)
    .where("expires_at", ">", new Date())
    .orderBy("session_id", "desc")
    .limit(100)
    .execute();
  return rows.map((row) => ({
    id: row.session_id,
    method: row.method,
    address: row.address,
    agent: row.agent,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
  }));
}

/** Which sessions of an account are to end: one, or all but the caller's own. */
export type WhichSessions = { readonly only: number } | { readonly allBut: number | undefined };

/**
 * Ends sessions of an account; what they show and do ends with their next request.
 *
 * @returns how many there were
 * @throws DomainError `not_found` when it has no such session
 */
export async function revokeSessions(
  db: Kysely<Database>,
  userId: number,
  which: WhichSessions,
  by: { readonly actor: Actor; readonly address?: string },
): Promise<number> {
  return await db.transaction().execute(async (trx) => {
    let sessions = trx.deleteFrom("sessions").where("user_id", "=", userId);
    if ("only" in which) sessions = sessions.where("session_id", "=", which.only);
    else if (which.allBut !== undefined) sessions = sessions.where("session_id", "<>", which.allBut);
    const ended = await sessions.returning("session_id").execute();
    if ("only" in which && ended.length === 0) throw new DomainError("not_found", "there is no such session");
    if (ended.length > 0) {
      await appendAudit(trx, {
        actor: by.actor,
        act: "account.session_revoked",
        subject: accountSubject(userId),
        detail: {
          sessions: ended.map(({ session_id }) => session_id),
          ...(by.address === undefined ? {} : { address: by.address }),
        },
      });
    }
    return ended.length;
  });
}
