import type { Kysely, Transaction } from "kysely";
import { type Actor, SYSTEM } from "../../domain/actors.ts";
import { codeOf, DomainError } from "../../platform/process/errors.ts";
import { appendAudit } from "../audit/append.ts";
import type { Database } from "../store/schema.ts";
import { type Account, accountSubject, lockAccount } from "./account.ts";
import type { GroupRole } from "./group-roles.ts";
import { displayName, emailAddress, signInName } from "./names.ts";
import type { By } from "./team.ts";

/** Who somebody is at the identity provider: issuer and subject, and nothing else (OpenID Connect Core, 5.7). */
export interface SsoIdentity {
  readonly issuer: string;
  readonly subject: string;
}

/** Somebody whom the provider has just signed in. */
export interface SsoPerson extends SsoIdentity {
  /** What to call them, the best first; the first that can be a name here is taken when an account is made. */
  readonly names: readonly string[];
  readonly displayName?: string | undefined;
  /** Only one that the provider has verified: a letter to it can open the account. */
  readonly verifiedEmail?: string | undefined;
  /** What their groups make of them; null when none of them is one of ours. */
  readonly granted: GroupRole | null;
}

/** What came of it. A refusal has consequences that stay, so it is no error. */
export type SsoOutcome =
  | { readonly outcome: "in"; readonly userId: number }
  | { readonly outcome: "refused"; readonly why: SsoRefusal; readonly userId: number | null };

/** No group has a role here; the account is disabled; another account has the name. */
export type SsoRefusal = "no_role" | "disabled" | "name_taken";

/**
 * Finds or makes the account of somebody whom the provider signed in, and gives it the role of their groups. Who has no
 * group of ours any more is refused, and whatever sessions the account has end.
 *
 * @throws the database's error
 */
export async function enterBySso(
  db: Kysely<Database>,
  person: SsoPerson,
  address: string,
): Promise<SsoOutcome> {
  const enter = (): Promise<SsoOutcome> =>
    db.transaction().execute(async (trx) => {
      const known = await findIdentity(trx, person);
      return known === null
        ? await firstSignIn(trx, person, address)
        : await signInAgain(trx, await lockAccount(trx, known), person, address);
    });
  // Two first sign-ins at once: the other one has made the account, which is there now.
  try {
    const outcome = await enter();
    const theirs = outcome.outcome === "refused" && outcome.why === "name_taken";
    // The name may be this person's own, taken between two looks.
    return theirs && (await findIdentity(db, person)) !== null ? await enter() : outcome;
  } catch (error) {
    if (codeOf(error) !== UNIQUE_VIOLATION) throw error;
    return await enter();
  }
}

/** PostgreSQL's SQLSTATE. */
const UNIQUE_VIOLATION = "23505";

async function findIdentity(db: Kysely<Database>, { issuer, subject }: SsoIdentity): Promise<number | null> {
  const row = await db
    .selectFrom("sso_identities")
    .select("user_id")
    .where("issuer", "=", issuer)
    .where("subject", "=", subject)
    .executeTakeFirst();
  return row?.user_id ?? null;
}

async function firstSignIn(
  trx: Transaction<Database>,
  person: SsoPerson,
  address: string,
): Promise<SsoOutcome> {
  const refused = (why: SsoRefusal): SsoOutcome => ({ outcome: "refused", why, userId: null });
  if (!person.granted) return refused("no_role");
  const name = nameFor(person);
  // Not theirs by its name alone: its person connects it on the account page.
  if (await isTaken(trx, "name", name)) return refused("name_taken");
  const { role, group } = person.granted;
  const { user_id: userId } = await trx
    .insertInto("users")
    .values({
      name,
      role,
      display_name: orNull(() => displayName(person.displayName)),
      email: await freeEmail(trx, person.verifiedEmail),
    })
    .returning("user_id")
    .executeTakeFirstOrThrow();
  const { issuer, subject } = person;
  await trx.insertInto("sso_identities").values(usedNow(userId, person)).execute();
  await appendAudit(trx, {
    actor: SYSTEM,
    act: "account.created",
    subject: accountSubject(userId),
    detail: { name, role, by: "single sign-on", group, issuer, identity: subject, address },
  });
  return { outcome: "in", userId };
}

const usedNow = (userId: number, { issuer, subject }: SsoIdentity) => ({
  ...{ issuer, subject, user_id: userId },
  last_used_at: new Date(),
});

async function signInAgain(
  trx: Transaction<Database>,
  account: Account,
  person: SsoPerson,
  address: string,
): Promise<SsoOutcome> {
  const userId = account.user_id;
  if (account.disabled_at !== null) return { outcome: "refused", why: "disabled", userId };
  if (!person.granted) {
    const { numDeletedRows } = await trx
      .deleteFrom("sessions")
      .where("user_id", "=", userId)
      .executeTakeFirst();
    const ended = Number(numDeletedRows);
    if (ended > 0) {
      await appendAudit(trx, {
        actor: SYSTEM,
        act: "account.sessions_ended",
        subject: accountSubject(userId),
        detail: { name: account.name, why: "no group with a role", sessions_ended: ended, address },
      });
    }
    return { outcome: "refused", why: "no_role", userId };
  }
  await trx
    .updateTable("sso_identities")
    .set({ last_used_at: new Date() })
    .where("issuer", "=", person.issuer)
    .where("subject", "=", person.subject)
    .execute();
  const { role, group } = person.granted;
  if (account.role !== role) {
    await trx.updateTable("users").set({ role }).where("user_id", "=", userId).execute();
    await appendAudit(trx, {
      actor: SYSTEM,
      act: "account.role",
      subject: accountSubject(userId),
      detail: { name: account.name, before: account.role, after: role, by: "single sign-on", group, address },
    });
  }
  return { outcome: "in", userId };
}

/** The first of the names that can be one here; what may not be in one becomes a dot. */
function nameFor({ names, subject }: SsoPerson): string {
  for (const given of [...names, subject]) {
    const [bare = ""] = given.slice(0, 254).normalize("NFC").split("@", 1);
    const name = orNull(() => signInName(bare.replaceAll(/[^\p{L}\p{N}._' -]+/gu, ".").slice(0, 64)));
    if (name !== null) return name;
  }
  return "somebody";
}

/** What cannot be kept is left out: nobody is turned away for how a provider spells them. */
function orNull(read: () => string | null): string | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof DomainError) return null;
    throw error;
  }
}

async function freeEmail(trx: Transaction<Database>, given: string | undefined): Promise<string | null> {
  const email = orNull(() => emailAddress(given));
  return email === null || (await isTaken(trx, "email", email)) ? null : email;
}

async function isTaken(trx: Transaction<Database>, what: "name" | "email", value: string): Promise<boolean> {
  const other = await trx
    .selectFrom("users")
    .select("user_id")
    .where((where) => where(where.fn("lower", [what]), "=", value.toLowerCase()))
    .executeTakeFirst();
  return other !== undefined;
}

/** A way in by the provider, as the account page shows it. */
export interface ConnectedIdentity extends SsoIdentity {
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
}

/** An account's ways in by a provider, the oldest first. */
export async function listIdentities(db: Kysely<Database>, userId: number): Promise<ConnectedIdentity[]> {
  return await db
    .selectFrom("sso_identities")
    .select(["issuer", "subject", "created_at as createdAt", "last_used_at as lastUsedAt"])
    .where("user_id", "=", userId)
    .orderBy("created_at")
    .execute();
}

/**
 * Makes an identity a way into an account that is there already.
 *
 * @throws DomainError `conflict` when it is another account's
 */
export async function connectIdentity(
  db: Kysely<Database>,
  userId: number,
  identity: SsoIdentity,
  by: By,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await lockAccount(trx, userId);
    const added = await trx
      .insertInto("sso_identities")
      .values(usedNow(userId, identity))
      .onConflict((conflict) => conflict.columns(["issuer", "subject"]).doNothing())
      .returning("user_id")
      .executeTakeFirst();
    if (!added) {
      if ((await findIdentity(trx, identity)) === userId) return;
      throw new DomainError("conflict", "this sign-in belongs to another account");
    }
    await appendAudit(trx, {
      actor: by.actor,
      act: "account.sso_connected",
      subject: accountSubject(userId),
      detail: { ...auditOf(identity), ...from(by) },
    });
  });
}

/**
 * Takes a way in by a provider away.
 *
 * @throws DomainError `not_found`; `conflict` when it is the only way in
 */
export async function disconnectIdentity(
  db: Kysely<Database>,
  userId: number,
  identity: SsoIdentity,
  by: By & { readonly actor: Actor },
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const account = await lockAccount(trx, userId);
    const gone = await trx
      .deleteFrom("sso_identities")
      .where("user_id", "=", userId)
      .where("issuer", "=", identity.issuer)
      .where("subject", "=", identity.subject)
      .returning("issuer")
      .executeTakeFirst();
    if (!gone) throw new DomainError("not_found", "your account is not connected with it");
    const [passkey, other] = await Promise.all([
      trx.selectFrom("passkeys").select("user_id").where("user_id", "=", userId).executeTakeFirst(),
      trx.selectFrom("sso_identities").select("user_id").where("user_id", "=", userId).executeTakeFirst(),
    ]);
    if (account.password_hash === null && !passkey && !other) {
      throw new DomainError("conflict", "this is your only way in: set a password or add a passkey first");
    }
    await appendAudit(trx, {
      actor: by.actor,
      act: "account.sso_disconnected",
      subject: accountSubject(userId),
      detail: { ...auditOf(identity), ...from(by) },
    });
  });
}

const auditOf = ({ issuer, subject }: SsoIdentity) => ({ issuer, identity: subject });
const from = ({ address }: By) => (address === undefined ? {} : { address });
