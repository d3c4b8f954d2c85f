import type { Kysely, Selectable, Transaction } from "kysely";
import { DomainError } from "../../platform/process/errors.ts";
import type { Database, UsersTable } from "../store/schema.ts";

export type Account = Selectable<UsersTable>;

/** What an act is recorded about. */
export const accountSubject = (userId: number): string => `user:${userId}`;

/**
 * Whose account a name or e-mail address that was typed means; the exact name first, then without regard to case where
 * that is one account only.
 */
export async function findAccount(db: Kysely<Database>, typed: string): Promise<Account | null> {
  const wanted = typed.normalize("NFC").trim();
  // PostgreSQL has no text with a NUL.
  if (wanted === "" || wanted.length > 254 || wanted.includes("\0")) return null;
  const lower = wanted.toLowerCase();
  const found = await db
    .selectFrom("users")
    .selectAll()
    .where((where) =>
      where.or([
        where("name", "=", wanted),
        where(where.fn("lower", ["name"]), "=", lower),
        where("email", "=", lower),
      ]),
    )
    .limit(3)
    .execute();
  const exact = found.find(({ name }) => name === wanted) ?? found.find(({ email }) => email === lower);
  return exact ?? (found.length === 1 ? found[0]! : null);
}

/** An account by its number. */
export async function findById(db: Kysely<Database>, userId: number): Promise<Account | null> {
  const found = await db.selectFrom("users").selectAll().where("user_id", "=", userId).executeTakeFirst();
  return found ?? null;
}

/** … that is there. @throws DomainError `not_found` */
export async function readAccount(db: Kysely<Database>, userId: number): Promise<Account> {
  const account = await findById(db, userId);
  if (!account) throw new DomainError("not_found", "there is no such account");
  return account;
}

/** … and nobody else changes it until the transaction ends. @throws DomainError `not_found` */
export async function lockAccount(trx: Transaction<Database>, userId: number): Promise<Account> {
  const account = await trx
    .selectFrom("users")
    .selectAll()
    .where("user_id", "=", userId)
    .forUpdate()
    .executeTakeFirst();
  if (!account) throw new DomainError("not_found", "there is no such account");
  return account;
}

/** Whether the second factor is set up and asked for. */
export function hasSecondFactor(account: Pick<Account, "totp_confirmed_at">): boolean {
  return account.totp_confirmed_at !== null;
}

/**
 * @param but the account that may have them
 * @throws DomainError `conflict` when another account has the name, whatever its case, or the e-mail address
 */
export async function refuseTaken(
  trx: Transaction<Database>,
  name: string,
  email: string | null,
  but?: number,
): Promise<void> {
  let taken = trx
    .selectFrom("users")
    .select("name")
    .where((where) =>
      where.or([
        where(where.fn("lower", ["name"]), "=", name.toLowerCase()),
        ...(email === null ? [] : [where("email", "=", email)]),
      ]),
    );
  if (but !== undefined) taken = taken.where("user_id", "<>", but);
  const other = await taken.executeTakeFirst();
  if (!other) return;
  const what = other.name.toLowerCase() === name.toLowerCase() ? "name" : "e-mail address";
  throw new DomainError("conflict", `another account has this ${what}`);
}
