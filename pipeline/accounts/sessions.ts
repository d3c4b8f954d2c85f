import type { Kysely, Transaction } from "kysely";
import { type Actor, userActor } from "../../domain/actors.ts";
import { type Right, type Role, rightsOf } from "../../domain/rights.ts";
import { appendAudit } from "../audit/append.ts";
import type { Database, SignInMethod } from "../store/schema.ts";
import { hashToken, newToken } from "./tokens.ts";

const HOUR_MS = 3_600_000;

/** The idle limit is written forward at most this often, so that reading a page rarely writes. */
const EXTEND_EVERY_MS = 5 * 60_000;

const AGENT_LENGTH = 300;

/** Who is behind a request. */
export interface SignedIn {
  readonly name: string;
  /** Null for a program with an API key. */
  readonly role: Role | null;
  readonly rights: ReadonlySet<Right>;
  /** As whom their acts are recorded. */
  readonly actor: Actor;
  /** Their session; absent for a program. */
  readonly session?: OpenSession;
}

/** The session of a request. */
export interface OpenSession {
  readonly id: number;
  readonly userId: number;
  readonly method: SignInMethod;
  /** When its person last proved who they are. */
  readonly provedAt: Date;
}

/** How long sessions live: without use, and however busy. */
export interface SessionLimits {
  readonly idleHours: number;
  readonly longestHours: number;
}

/** Where and how a session begins. */
export interface NewSession {
  readonly idleHours: number;
  readonly method: SignInMethod;
  readonly address?: string | undefined;
  readonly agent?: string | undefined;
}

/**
 * Starts a session, in the transaction of what entitles to it.
 *
 * @returns the token for the cookie; the database keeps its hash only
 */
export async function startSession(
  trx: Transaction<Database>,
  userId: number,
  { idleHours, method, address, agent }: NewSession,
): Promise<string> {
  const token = newToken();
  const now = new Date();
  const { session_id } = await trx
    .insertInto("sessions")
    .values({
      token_hash: hashToken(token),
      user_id: userId,
      expires_at: new Date(now.getTime() + idleHours * HOUR_MS),
      method,
      address: address ?? null,
      agent: agent?.slice(0, AGENT_LENGTH) ?? null,
      last_seen_at: now,
      proved_at: now,
    })
    .returning("session_id")
    .executeTakeFirstOrThrow();
  await trx.deleteFrom("sessions").where("expires_at", "<", now).execute();
  const { name } = await trx
    .selectFrom("users")
    .select("name")
    .where("user_id", "=", userId)
    .executeTakeFirstOrThrow();
  await appendAudit(trx, {
    actor: userActor(userId, name),
    act: "account.signed_in",
    subject: `user:${userId}`,
    detail: { method, session: session_id, ...(address === undefined ? {} : { address }) },
  });
  return token;
}

/** The session's user, its idle limit moved forward; null when it is unknown or over, or the account is disabled. */
export async function readSession(
  db: Kysely<Database>,
  token: string,
  { idleHours, longestHours }: SessionLimits,
): Promise<SignedIn | null> {
  const hash = hashToken(token);
  const row = await db
    .selectFrom("sessions")
    .innerJoin("users", "users.user_id", "sessions.user_id")
    .select(["users.user_id", "users.name", "users.role"])
    .select(["session_id", "method", "proved_at", "sessions.created_at", "sessions.expires_at"])
    .where("token_hash", "=", hash)
    .where("users.disabled_at", "is", null)
    .executeTakeFirst();
  const now = Date.now();
  if (!row || row.expires_at.getTime() <= now) return null;
  const until = Math.min(now + idleHours * HOUR_MS, row.created_at.getTime() + longestHours * HOUR_MS);
  if (until <= now) return null;
  if (until - row.expires_at.getTime() > EXTEND_EVERY_MS) {
    await db
      .updateTable("sessions")
      .set({ expires_at: new Date(until), last_seen_at: new Date(now) })
      .where("token_hash", "=", hash)
      .execute();
  }
  return {
    name: row.name,
    role: row.role,
    rights: new Set(rightsOf(row.role)),
    actor: userActor(row.user_id, row.name),
    session: { id: row.session_id, userId: row.user_id, method: row.method, provedAt: row.proved_at },
  };
}

/** Whether a session is there, not over, and its account not disabled. */
export async function isOpenSession(db: Kysely<Database>, token: string): Promise<boolean> {
  const open = await db
    .selectFrom("sessions")
    .innerJoin("users", "users.user_id", "sessions.user_id")
    .select("session_id")
    .where("token_hash", "=", hashToken(token))
    .where("sessions.expires_at", ">", new Date())
    .where("users.disabled_at", "is", null)
    .executeTakeFirst();
  return open !== undefined;
}

/**
 * Notes that the session's person has just proved again who they are.
 *
 * @returns the session's new token for the cookie: the one before is nobody's from now on; null when it has ended
 */
export async function proveAgain(trx: Transaction<Database>, session: OpenSession): Promise<string | null> {
  const token = newToken();
  const renewed = await trx
    .updateTable("sessions")
    .from("users")
    .whereRef("users.user_id", "=", "sessions.user_id")
    .set({ token_hash: hashToken(token), proved_at: new Date() })
    .where("session_id", "=", session.id)
    .returning("users.name")
    .executeTakeFirst();
  if (!renewed) return null;
  await appendAudit(trx, {
    actor: userActor(session.userId, renewed.name),
    act: "account.confirmed",
    subject: `user:${session.userId}`,
    detail: { session: session.id },
  });
  return token;
}

/** Ends a session; one that is not there is fine. */
export async function endSession(db: Kysely<Database>, token: string): Promise<void> {
  await db.transaction().execute((trx) => endSessionIn(trx, token));
}

/** … in a transaction of the caller's. */
export async function endSessionIn(trx: Transaction<Database>, token: string): Promise<void> {
  const ended = await trx
    .deleteFrom("sessions")
    .using("users")
    .whereRef("users.user_id", "=", "sessions.user_id")
    .where("token_hash", "=", hashToken(token))
    .returning(["users.user_id", "users.name", "session_id"])
    .executeTakeFirst();
  if (!ended) return;
  const { user_id, name, session_id } = ended;
  await appendAudit(trx, {
    actor: userActor(user_id, name),
    act: "account.signed_out",
    subject: `user:${user_id}`,
    detail: { session: session_id },
  });
}
