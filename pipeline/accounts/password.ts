import type { Kysely, Transaction } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { appendAudit } from "../audit/append.ts";
import type { Database } from "../store/schema.ts";
import { type Account, accountSubject, findAccount, lockAccount } from "./account.ts";
import type { SignInAttempts } from "./attempts.ts";
import type { FailedSignIns } from "./failed-sign-ins.ts";
import type { PasswordHasher } from "./password-hash.ts";
import { LONGEST_PASSWORD } from "./password-rules.ts";

/** What checking a password needs. */
export interface PasswordCheck {
  readonly db: Kysely<Database>;
  readonly passwords: PasswordHasher;
  readonly attempts: SignInAttempts;
  readonly failedSignIns: FailedSignIns;
}

/** A password as somebody typed it, and where. */
export interface TypedPassword {
  /** Name or e-mail address. */
  readonly typed: string;
  readonly password: string;
  readonly address: string;
  /** The browser's device number for an account, where it has one. */
  deviceFor(userId: number): string | undefined;
}

/**
 * Whose name and password these are. The answer and its time are the same for a name that is nobody's, a wrong password,
 * an account without one and a disabled account.
 *
 * @throws DomainError `unauthenticated`; `resource_exhausted` when too many were tried; `unavailable` when too many ask
 */
export async function checkPassword(
  { db, passwords, attempts, failedSignIns }: PasswordCheck,
  { typed, password, address, deviceFor }: TypedPassword,
): Promise<Account> {
  const account = await findAccount(db, typed);
  const device = account ? deviceFor(account.user_id) : undefined;
  const attempt = { account: account ? String(account.user_id) : `?${typed.toLowerCase()}`, address, device };
  try {
    await attempts.begin(attempt);
  } catch (error) {
    if (error instanceof DomainError) failedSignIns.note("slowed", account?.user_id ?? null, address);
    throw error;
  }
  const { matches, stale } =
    [...password].length > LONGEST_PASSWORD
      ? await passwords.verify(null, "")
      : await passwords.verify(account?.password_hash ?? null, password);
  if (!account || !matches || account.disabled_at !== null) {
    failedSignIns.note("password", account?.user_id ?? null, address);
    throw new DomainError("unauthenticated", "name or password is not right");
  }
  await attempts.succeeded(attempt);
  if (stale) await rehash(db, account, await passwords.hash(password));
  return account;
}

/** Keeps a hash of today's parameters, unless the password was changed meanwhile. */
async function rehash(db: Kysely<Database>, account: Account, password_hash: string): Promise<void> {
  await db
    .updateTable("users")
    .set({ password_hash })
    .where("user_id", "=", account.user_id)
    .where("password_hash", "=", account.password_hash)
    .execute();
}

/**
 * Gives an account a password and ends its sessions, but `keepSession`.
 *
 * @param passwordHash of a password that was checked ({@link checkNewPassword})
 */
export async function setPassword(
  trx: Transaction<Database>,
  userId: number,
  passwordHash: string,
  by: { readonly actor: Actor; readonly address?: string; readonly keepSession?: number | undefined },
): Promise<void> {
  const account = await lockAccount(trx, userId);
  await trx
    .updateTable("users")
    .set({ password_hash: passwordHash, password_set_at: new Date() })
    .where("user_id", "=", userId)
    .execute();
  let ended = trx.deleteFrom("sessions").where("user_id", "=", userId);
  if (by.keepSession !== undefined) ended = ended.where("session_id", "<>", by.keepSession);
  const { numDeletedRows } = await ended.executeTakeFirst();
  // Links that were sent before are of no use to whoever finds them.
  await trx.deleteFrom("invitations").where("user_id", "=", userId).where("used_at", "is", null).execute();
  await appendAudit(trx, {
    actor: by.actor,
    act: "account.password_set",
    subject: accountSubject(userId),
    detail: {
      before: account.password_set_at === null ? "none" : "set",
      after: "set",
      sessions_ended: Number(numDeletedRows),
      ...(by.address === undefined ? {} : { address: by.address }),
    },
  });
}
