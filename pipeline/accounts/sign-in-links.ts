import type { Kysely, Transaction } from "kysely";
import { type Actor, SYSTEM, userActor } from "../../domain/actors.ts";
import type { Role } from "../../domain/rights.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { appendAudit } from "../audit/append.ts";
import type { Database } from "../store/schema.ts";
import { accountSubject, lockAccount, refuseTaken } from "./account.ts";
import { setPassword } from "./password.ts";
import { hashToken, newToken } from "./tokens.ts";

/** What a link is good for right now. */
export type LinkState =
  | {
      readonly state: "valid";
      readonly userId: number;
      readonly userName: string;
      readonly role: Role;
      /** Without one, its person chooses it now. */
      readonly hasPassword: boolean;
    }
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
    .select(["users.user_id", "users.name", "users.role", "password_hash", "disabled_at"])
    .select(["sign_in_tokens.expires_at", "sign_in_tokens.used_at"])
    .where("token_hash", "=", hashToken(token))
    .executeTakeFirst();
  if (!row || row.disabled_at) return { state: "unknown" };
  if (row.used_at) return { state: "used" };
  if (row.expires_at.getTime() <= Date.now()) return { state: "expired" };
  return {
    state: "valid",
    userId: row.user_id,
    userName: row.name,
    role: row.role,
    hasPassword: row.password_hash !== null,
  };
}

/**
 * Uses a link up, in the transaction of what it entitles to: of two calls at the same moment one wins.
 *
 * @throws DomainError `conflict` when it is used, expired or unknown, or the account is disabled
 */
export async function spendSignInToken(trx: Transaction<Database>, token: string): Promise<number> {
  const now = new Date();
  const used = await trx
    .updateTable("sign_in_tokens")
    .from("users")
    .whereRef("users.user_id", "=", "sign_in_tokens.user_id")
    .set({ used_at: now })
    .where("token_hash", "=", hashToken(token))
    .where("used_at", "is", null)
    .where("expires_at", ">", now)
    .where("users.disabled_at", "is", null)
    .returning("users.user_id")
    .executeTakeFirst();
  if (!used) throw new DomainError("conflict", "this link was used, or has expired");
  return used.user_id;
}

/** What the person behind an account without a password chooses at their first link. */
export interface FirstChoice {
  readonly name: string;
  readonly email: string | null;
  readonly passwordHash: string;
}

/**
 * Uses a link up and makes its account somebody's own: name, e-mail address and password, all or nothing.
 *
 * @throws DomainError `conflict` when the link is spent, or the name or address taken
 */
export async function takeAccount(
  db: Kysely<Database>,
  token: string,
  { name, email, passwordHash }: FirstChoice,
  address: string,
): Promise<number> {
  return await db.transaction().execute(async (trx) => {
    const userId = await spendSignInToken(trx, token);
    const before = await lockAccount(trx, userId);
    await refuseTaken(trx, name, email, userId);
    await trx
      .updateTable("users")
      .set({ name, ...(email === null ? {} : { email }) })
      .where("user_id", "=", userId)
      .execute();
    const actor = userActor(userId, name);
    if (before.name !== name) {
      await appendAudit(trx, {
        actor,
        act: "account.renamed",
        subject: accountSubject(userId),
        detail: { before: before.name, after: name, address },
      });
    }
    await setPassword(trx, userId, passwordHash, { actor, address });
    return userId;
  });
}

/**
 * Whose link the machine's operator is given: the first admin who may sign in, a new one where there is none.
 *
 * @returns the account's name, and whether its person has chosen a password
 */
export async function firstAdmin(db: Kysely<Database>): Promise<{ name: string; hasPassword: boolean }> {
  const admin = await db
    .selectFrom("users")
    .select(["name", "password_hash"])
    .where("role", "=", "admin")
    .where("disabled_at", "is", null)
    .orderBy((order) => order.eb("password_hash", "is not", null), "desc")
    .orderBy("user_id")
    .executeTakeFirst();
  return { name: admin?.name ?? "admin", hasPassword: admin?.password_hash != null };
}

/** Whether anybody can sign in by password yet. */
export async function hasAnyPassword(db: Kysely<Database>): Promise<boolean> {
  const one = await db
    .selectFrom("users")
    .select("user_id")
    .where("password_hash", "is not", null)
    .where("disabled_at", "is", null)
    .limit(1)
    .executeTakeFirst();
  return one !== undefined;
}
