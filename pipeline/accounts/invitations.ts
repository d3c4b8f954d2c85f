import type { Kysely, Transaction } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import { userActor } from "../../domain/actors.ts";
import type { Role } from "../../domain/rights.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { appendAudit } from "../audit/append.ts";
import type { Database } from "../store/schema.ts";
import { accountSubject } from "./account.ts";
import { setPassword } from "./password.ts";
import { hashToken, newToken } from "./tokens.ts";

/** How long a link to choose a password works: an invitation three days, a reset half an hour, minutes. */
export const LINK_MINUTES = { invite: 3 * 24 * 60, reset: 30 } as const;

/** A mailbox gets no more letters than this, however often somebody asks, milliseconds. */
const RESET_EVERY_MS = 2 * 60_000;

export type LinkPurpose = keyof typeof LINK_MINUTES;

/** Whose password a link is for. */
export interface Invited {
  readonly userId: number;
  readonly name: string;
  readonly displayName: string | null;
  readonly email: string | null;
  readonly role: Role;
  readonly purpose: LinkPurpose;
}

/**
 * Makes a link token for choosing a password. Earlier ones of the account are of no use any more.
 *
 * @returns the token; the database keeps its hash only
 */
export async function createInvitation(
  trx: Transaction<Database>,
  userId: number,
  purpose: LinkPurpose,
  by: Actor,
): Promise<string> {
  await trx.deleteFrom("invitations").where("user_id", "=", userId).where("used_at", "is", null).execute();
  return await addInvitation(trx, userId, purpose, by);
}

async function addInvitation(
  trx: Transaction<Database>,
  userId: number,
  purpose: LinkPurpose,
  by: Actor,
): Promise<string> {
  const token = newToken();
  await trx
    .insertInto("invitations")
    .values({
      token_hash: hashToken(token),
      user_id: userId,
      purpose,
      created_by: JSON.stringify(by),
      expires_at: new Date(Date.now() + LINK_MINUTES[purpose] * 60_000),
    })
    .execute();
  return token;
}

/** Looks at a link without using it up; null when it is used, expired, unknown, or of a disabled account. */
export async function readInvitation(db: Kysely<Database>, token: string): Promise<Invited | null> {
  const row = await db
    .selectFrom("invitations")
    .innerJoin("users", "users.user_id", "invitations.user_id")
    .select(["users.user_id", "users.name", "users.display_name", "users.email", "users.role", "purpose"])
    .where("token_hash", "=", hashToken(token))
    .where("used_at", "is", null)
    .where("expires_at", ">", new Date())
    .where("users.disabled_at", "is", null)
    .executeTakeFirst();
  if (!row) return null;
  const { user_id, name, display_name, email, role, purpose } = row;
  return { userId: user_id, name, displayName: display_name, email, role, purpose };
}

/**
 * Uses a link up and sets the password, both or neither: of two at the same moment one wins.
 *
 * @throws DomainError `conflict` when the link is used, expired or unknown
 */
export async function acceptInvitation(
  db: Kysely<Database>,
  token: string,
  passwordHash: string,
  address: string,
): Promise<number> {
  return await db.transaction().execute(async (trx) => {
    const used = await trx
      .updateTable("invitations")
      .from("users")
      .whereRef("users.user_id", "=", "invitations.user_id")
      .set({ used_at: new Date() })
      .where("token_hash", "=", hashToken(token))
      .where("used_at", "is", null)
      .where("expires_at", ">", new Date())
      .where("users.disabled_at", "is", null)
      .returning(["users.user_id", "users.name"])
      .executeTakeFirst();
    if (!used) throw new DomainError("conflict", "this link was used, or has expired");
    await setPassword(trx, used.user_id, passwordHash, {
      actor: userActor(used.user_id, used.name),
      address,
    });
    return used.user_id;
  });
}

/**
 * A link for somebody who forgot their password and asks for it by mail. Links of other making stay: anybody can ask.
 *
 * @returns null when no account that may sign in has the address, or it was sent one just now
 */
export async function createResetByMail(
  db: Kysely<Database>,
  email: string,
  address: string,
): Promise<{ token: string; name: string } | null> {
  return await db.transaction().execute(async (trx) => {
    const account = await trx
      .selectFrom("users")
      .select(["user_id", "name"])
      .where("email", "=", email.trim().toLowerCase())
      .where("disabled_at", "is", null)
      .executeTakeFirst();
    if (!account) return null;
    const lately = await trx
      .selectFrom("invitations")
      .select("created_at")
      .where("user_id", "=", account.user_id)
      .where("created_at", ">", new Date(Date.now() - RESET_EVERY_MS))
      .executeTakeFirst();
    if (lately) return null;
    const by = userActor(account.user_id, account.name);
    const token = await addInvitation(trx, account.user_id, "reset", by);
    await appendAudit(trx, {
      actor: by,
      act: "account.reset_asked",
      subject: accountSubject(account.user_id),
      detail: { by: "mail", address },
    });
    return { token, name: account.name };
  });
}
