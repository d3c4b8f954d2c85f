import type { Kysely } from "kysely";
import { type Actor, SYSTEM } from "../../domain/actors.ts";
import type { Role } from "../../domain/rights.ts";
import { appendAudit } from "../audit/append.ts";
import type { Database } from "../store/schema.ts";
import { startSession } from "./sessions.ts";
import { hashToken, newToken } from "./tokens.ts";

/** What a link is good for right now. */
export type LinkState =
  | { readonly state: "valid"; readonly userName: string; readonly role: Role }
  | { readonly state: "used" | "expired" | "unknown" };

/**
 * Makes a one-time link token for a user, who is created with `role` when missing.
 *
 * @param madeBy who asked for it
 * @returns the token; the database keeps its hash only
 */
export async function createSignInToken(
  db: Kysely<Database>,
  name: string,
  role: Role,
  validMinutes: number,
  madeBy: Actor = SYSTEM,
): Promise<string> {
  const token = newToken();
  await db.transaction().execute(async (trx) => {
    const created = await trx
      .insertInto("users")
      .values({ name, role })
      .onConflict((conflict) => conflict.column("name").doNothing())
      .returning("user_id")
      .executeTakeFirst();
    const { user_id } = await trx
      .selectFrom("users")
      .select("user_id")
      .where("name", "=", name)
      .executeTakeFirstOrThrow();
    await trx
      .insertInto("sign_in_tokens")
      .values({
        token_hash: hashToken(token),
        user_id,
        expires_at: new Date(Date.now() + validMinutes * 60_000),
        used_at: null,
      })
      .execute();
    const of = { actor: madeBy, subject: `user:${user_id}` };
    if (created) await appendAudit(trx, { ...of, act: "account.created", detail: { name, role } });
    await appendAudit(trx, { ...of, act: "account.sign_in_link", detail: { valid_minutes: validMinutes } });
  });
  return token;
}

/** Looks at a link without using it up: what a link preview or a prefetch may do. */
export async function peekSignInToken(db: Kysely<Database>, token: string): Promise<LinkState> {
  const row = await db
    .selectFrom("sign_in_tokens")
    .innerJoin("users", "users.user_id", "sign_in_tokens.user_id")
    .select(["users.name", "users.role", "sign_in_tokens.expires_at", "sign_in_tokens.used_at"])
    .where("token_hash", "=", hashToken(token))
    .executeTakeFirst();
  if (!row) return { state: "unknown" };
  if (row.used_at) return { state: "used" };
  if (row.expires_at.getTime() <= Date.now()) return { state: "expired" };
  return { state: "valid", userName: row.name, role: row.role };
}

/**
 * Uses a link up and starts a session: of two calls at the same moment one wins.
 *
 * @returns the session's token for the cookie, or null when the link is used, expired or unknown
 */
export async function signIn(db: Kysely<Database>, token: string, idleHours: number): Promise<string | null> {
  const now = new Date();
  return await db.transaction().execute(async (trx) => {
    const used = await trx
      .updateTable("sign_in_tokens")
      .set({ used_at: now })
      .where("token_hash", "=", hashToken(token))
      .where("used_at", "is", null)
      .where("expires_at", ">", now)
      .returning("user_id")
      .executeTakeFirst();
    return used ? await startSession(trx, used.user_id, idleHours) : null;
  });
}
