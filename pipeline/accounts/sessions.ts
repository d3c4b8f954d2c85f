import type { Kysely } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import type { Database, Role } from "../store/schema.ts";
import { hashToken, newToken } from "./tokens.ts";

const HOUR_MS = 3_600_000;

/** A session ends this long after it began however busy it was. */
const LONGEST_MS = 7 * 24 * HOUR_MS;

/** The idle limit is written forward at most this often, so that reading a page rarely writes. */
const EXTEND_EVERY_MS = 5 * 60_000;

/** Who is behind a request. */
export interface SignedIn {
  readonly name: string;
  readonly role: Role;
  /** As whom their acts are recorded. */
  readonly actor: Actor;
}

/**
 * Starts a session.
 *
 * @returns the token for the cookie; the database keeps its hash only
 */
export async function startSession(db: Kysely<Database>, userId: number, idleHours: number): Promise<string> {
  const token = newToken();
  await db
    .insertInto("sessions")
    .values({
      token_hash: hashToken(token),
      user_id: userId,
      expires_at: new Date(Date.now() + idleHours * HOUR_MS),
    })
    .execute();
  await db.deleteFrom("sessions").where("expires_at", "<", new Date()).execute();
  return token;
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
  const actor = { kind: "user", id: String(row.user_id), name: row.name } as const;
  return { name: row.name, role: row.role, actor };
}

/** Ends a session; one that is not there is fine. */
export async function endSession(db: Kysely<Database>, token: string): Promise<void> {
  await db.deleteFrom("sessions").where("token_hash", "=", hashToken(token)).execute();
}
