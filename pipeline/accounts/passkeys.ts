import type { Kysely, Transaction } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { appendAudit } from "../audit/append.ts";
import type { Database } from "../store/schema.ts";

/** More than anybody has devices. */
const MOST_PASSKEYS = 20;

/** A passkey as its owner sees it. */
export interface Passkey {
  /** base64url, the authenticator's. */
  readonly credentialId: string;
  readonly name: string;
  /** It lives in a password manager and may be on other devices too. */
  readonly backedUp: boolean;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
}

/** A passkey as a signature is checked by it. */
export interface StoredPasskey {
  readonly credentialId: string;
  readonly userId: number;
  readonly publicKey: Uint8Array<ArrayBuffer>;
  readonly counter: number;
  readonly transports: readonly string[];
}

/** What an authenticator has just made. */
export interface NewPasskey extends Omit<StoredPasskey, "userId"> {
  readonly name: string;
  readonly backedUp: boolean;
}

/** A person's passkeys, the oldest first. */
export async function listPasskeys(db: Kysely<Database>, userId: number): Promise<Passkey[]> {
  return await db
    .selectFrom("passkeys")
    .select([
      "credential_id as credentialId",
      "name",
      "backed_up as backedUp",
      "created_at as createdAt",
      "last_used_at as lastUsedAt",
    ])
    .where("user_id", "=", userId)
    .orderBy("created_at")
    .execute();
}

/** The passkey of that id, whoever's it is; null when there is none or its owner's account is disabled. */
export async function findPasskey(db: Kysely<Database>, credentialId: string): Promise<StoredPasskey | null> {
  const row = await db
    .selectFrom("passkeys")
    .innerJoin("users", "users.user_id", "passkeys.user_id")
    .select(["credential_id", "passkeys.user_id", "public_key", "counter", "transports"])
    .where("credential_id", "=", credentialId)
    .where("users.disabled_at", "is", null)
    .executeTakeFirst();
  if (!row) return null;
  return {
    credentialId: row.credential_id,
    userId: row.user_id,
    publicKey: new Uint8Array(row.public_key),
    counter: row.counter,
    transports: row.transports ?? [],
  };
}

/**
 * Keeps a new passkey of `userId`.
 *
 * @throws DomainError `failed_precondition` when there are too many, `already_exists` when it is somebody's
 */
export async function addPasskey(
  db: Kysely<Database>,
  { userId, actor }: { readonly userId: number; readonly actor: Actor },
  { credentialId, publicKey, counter, transports, name, backedUp }: NewPasskey,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    // Two at once of one person wait here for each other, so that both are counted.
    await trx.selectFrom("users").select("user_id").where("user_id", "=", userId).forUpdate().execute();
    const mine = await trx.selectFrom("passkeys").select("name").where("user_id", "=", userId).execute();
    if (mine.length >= MOST_PASSKEYS) {
      throw new DomainError("conflict", `there are ${mine.length} passkeys: remove one first`);
    }
    const added = await trx
      .insertInto("passkeys")
      .values({
        credential_id: credentialId,
        user_id: userId,
        public_key: Buffer.from(publicKey),
        counter,
        transports: JSON.stringify(transports),
        name,
        last_used_at: null,
        backed_up: backedUp,
      })
      .onConflict((conflict) => conflict.column("credential_id").doNothing())
      .returning("credential_id")
      .executeTakeFirst();
    if (!added) throw new DomainError("conflict", "this passkey is registered already");
    await appendAudit(trx, {
      ...{ actor, subject: `user:${userId}`, act: "account.passkey_added" },
      detail: { name, backed_up: backedUp },
    });
  });
}

/**
 * Notes that a passkey signed, in the transaction of what that entitles to.
 *
 * @throws DomainError `unauthenticated` when it was removed meanwhile, or a signature with this counter was there before:
 *   a copy of the authenticator (Web Authentication level 2, 6.1.1). Authenticators without a counter always say 0.
 */
export async function usePasskey(
  trx: Transaction<Database>,
  credentialId: string,
  counter: number,
): Promise<void> {
  const row = await trx
    .updateTable("passkeys")
    .set({ counter, last_used_at: new Date() })
    .where("credential_id", "=", credentialId)
    .where((is) => (counter === 0 ? is("counter", "=", 0) : is("counter", "<", counter)))
    .returning("credential_id")
    .executeTakeFirst();
  if (!row) throw new DomainError("unauthenticated", "this passkey is not known here, or was copied");
}

/** Takes a passkey away; one that is not this person's stays. @throws DomainError `not_found` */
export async function removePasskey(
  db: Kysely<Database>,
  { userId, actor }: { readonly userId: number; readonly actor: Actor },
  credentialId: string,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const gone = await trx
      .deleteFrom("passkeys")
      .where("credential_id", "=", credentialId)
      .where("user_id", "=", userId)
      .returning("name")
      .executeTakeFirst();
    if (!gone) throw new DomainError("not_found", "you have no such passkey");
    const left = await trx
      .selectFrom("users")
      .leftJoin("passkeys", "passkeys.user_id", "users.user_id")
      .leftJoin("sso_identities", "sso_identities.user_id", "users.user_id")
      .select(["password_hash", "credential_id", "sso_identities.subject"])
      .where("users.user_id", "=", userId)
      .execute();
    const hasAnotherWay = left.some((way) => way.password_hash ?? way.credential_id ?? way.subject);
    if (!hasAnotherWay) {
      throw new DomainError("conflict", "this is your only way in: set a password first");
    }
    await appendAudit(trx, {
      ...{ actor, subject: `user:${userId}`, act: "account.passkey_removed" },
      detail: { name: gone.name },
    });
  });
}
