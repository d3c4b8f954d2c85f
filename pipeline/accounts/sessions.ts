import type { Kysely, Transaction } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import { type Right, type Role, rightsOf } from "../../domain/rights.ts";
import { appendAudit } from "../audit/append.ts";
import type { Database } from "../store/schema.ts";
import { hashToken, newToken } from "./tokens.ts";

const HOUR_MS = 3_600_000;

/** A session ends this long after it began however busy it was. */
const LONGEST_MS = 7 * 24 * HOUR_MS;

/** The idle limit is written forward at most this often, so that reading a page rarely writes. */
const EXTEND_EVERY_MS = 5 * 60_000;

/** Who is behind a request. */
export interface SignedIn {
  readonly name: string;
  /** Null for a program with an API key. */
  readonly role: Role | null;
  readonly rights: ReadonlySet<Right>;
  /** As whom their acts are recorded. */
  readonly actor: Actor;
}

/**
 * Starts a session, in the transaction of what entitles to it.
 *
 * @returns the token for the cookie; the database keeps its hash only
 */
export async function startSession(
  trx: Transaction<Database>,
  userId: number,
  idleHours: number,
): Promise<string> {
  const token = newToken();
  await trx
    .insertInto("sessions")
    .values({
      token_hash: hashToken(token),
      user_id: userId,
      expires_at: new Date(Date.now() + idleHours * HOUR_MS),
    })
    .execute();
  await trx.deleteFrom("sessions").where("expires_at", "<", new Date()).execute();
  const { name } = await trx
    .selectFrom("users")
    .select("name")
    .where("user_id", "=", userId)
    .executeTakeFirstOrThrow();
  await appendAudit(trx, {
    actor: userActor(userId, name),
    act: "account.signed_in",
    subject: `user:${userId}`,
  });
  return token;
}

function userActor(userId: number, name: string): Actor {
  return { kind: "user", id: String(userId), name };
}

/** The session's user, its idle limit moved forward; null when it is unknown or over. */
export async function readSession(
  db: Kysely<Database>,
  token: string,
  idleHours: number,
): Promise<SignedIn | null> {
  const hash = hashToken(token);
  const row = await db
    .selectFrom("sessions")
    .innerJoin("users", "users.user_id", "sessions.user_id")
    .select(["users.user_id", "users.name", "users.role", "sessions.created_at", "sessions.expires_at"])
    .where("token_hash", "=", hash)
    .executeTakeFirst();
  const now = Date.now();
  if (!row || row.expires_at.getTime() <= now) return null;
  const until = Math.min(now + idleHours * HOUR_MS, row.created_at.getTime() + LONGEST_MS);
  if (until <= now) return null;
  if (until - row.expires_at.getTime() > EXTEND_EVERY_MS) {
    await db
      .updateTable("sessions")
      .set({ expires_at: new Date(until) })
      .where("token_hash", "=", hash)
      .execute();
  }
  return {
    name: row.name,
    role: row.role,
    rights: new Set(rightsOf(row.role)),
    actor: userActor(row.user_id, row.name),
  };
}

/** Ends a session; one that is not there is fine. */
export async function endSession(db: Kysely<Database>, token: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const ended = await trx
      .deleteFrom("sessions")
      .using("users")
      .whereRef("users.user_id", "=", "sessions.user_id")
      .where("token_hash", "=", hashToken(token))
      .returning(["users.user_id", "users.name"])
      .executeTakeFirst();
    if (!ended) return;
    const { user_id, name } = ended;
    await appendAudit(trx, {
      actor: userActor(user_id, name),
      act: "account.signed_out",
      subject: `user:${user_id}`,
    });
  });
}
