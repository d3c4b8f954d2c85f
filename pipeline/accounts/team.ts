import type { Kysely, Transaction } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import type { Role } from "../../domain/rights.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { appendAudit } from "../audit/append.ts";
import type { Database } from "../store/schema.ts";
import { accountSubject, lockAccount, refuseTaken } from "./account.ts";
import { keepAnAdmin, lockActiveAdmins } from "./admins.ts";
import { propose, type RoleProposal, settle } from "./approvals.ts";
import { createInvitation, type LinkPurpose } from "./invitations.ts";
import { displayName, emailAddress, signInName } from "./names.ts";

/** A person as the team's list shows them. */
export interface Member {
  readonly userId: number;
  readonly name: string;
  readonly displayName: string | null;
  readonly email: string | null;
  readonly role: Role;
  readonly disabledAt: Date | null;
  readonly hasPassword: boolean;
  readonly hasSecondFactor: boolean;
  /** Whether they come in by a passkey or by single sign-on. */
  readonly hasOtherWay: boolean;
  readonly sessions: number;
  readonly lastSeenAt: Date | null;
}

/** Whether something was done, or waits for a second person. */
export type Outcome = "done" | "waits";

/** Who does it, and from where. */
export interface By {
  readonly actor: Actor;
  readonly address?: string;
}

const from = ({ address }: By) => (address === undefined ? {} : { address });

/** Everybody with an account, by name. */
export async function listTeam(db: Kysely<Database>, now = new Date()): Promise<Member[]> {
  const rows = await db
    .selectFrom("users")
    .leftJoin("sessions", (join) =>
      join.onRef("sessions.user_id", "=", "users.user_id").on("sessions.expires_at", ">", now),
    )
    .select(["users.user_id", "name", "display_name", "email", "role", "disabled_at"])
    .select(["password_hash", "totp_confirmed_at"])
    .select((each) => [
      each.fn.count("session_id").as("sessions"),
      each.fn.max("last_seen_at").as("last_seen_at"),
      each
        .or(
          (["passkeys", "sso_identities"] as const).map((way) =>
            each.exists(
              each.selectFrom(way).select(`${way}.user_id`).whereRef(`${way}.user_id`, "=", "users.user_id"),
            ),
          ),
        )
        .as("has_other_way"),
    ])
    .groupBy("users.user_id")
    .orderBy("name")
    .execute();
  return rows.map((row) => ({
    userId: row.user_id,
    name: row.name,
    displayName: row.display_name,
    email: row.email,
    role: row.role,
    disabledAt: row.disabled_at,
    hasPassword: row.password_hash !== null,
    hasSecondFactor: row.totp_confirmed_at !== null,
    hasOtherWay: Boolean(row.has_other_way),
    sessions: Number(row.sessions),
    lastSeenAt: row.last_seen_at,
  }));
}

/** Somebody who is to join. */
export interface NewMember {
  readonly name: string;
  readonly displayName?: string | undefined;
  readonly email?: string | undefined;
  readonly role: Role;
}

/**
 * Makes an account and the link by which its person chooses a password. One that is to be an admin is a viewer until a
 * second admin agrees, where there is one.
 *
 * @returns the link's token, to be shown once, and whether the role waits
 * @throws DomainError `invalid_argument`; `conflict` when the name or address is taken
 */
export async function invite(
  db: Kysely<Database>,
  member: NewMember,
  by: By,
): Promise<{ userId: number; token: string; role: Outcome }> {
  const name = signInName(member.name);
  const email = emailAddress(member.email);
  const shown = displayName(member.displayName);
  return await db.transaction().execute(async (trx) => {
    const waits = member.role === "admin" && needsSecond(await lockActiveAdmins(trx), by);
    await refuseTaken(trx, name, email);
    const role = waits ? "viewer" : member.role;
    const { user_id: userId } = await trx
      .insertInto("users")
      .values({ name, email, display_name: shown, role })
      .returning("user_id")
      .executeTakeFirstOrThrow();
    const token = await createInvitation(trx, userId, "invite", by.actor);
    await appendAudit(trx, {
      actor: by.actor,
      act: "account.invited",
      subject: accountSubject(userId),
      detail: { name, role, ...(email === null ? {} : { email }), ...from(by) },
    });
    if (waits) await proposeAdmin(trx, { user_id: userId, name, before: role, after: "admin" }, by);
    return { userId, token, role: waits ? "waits" : "done" };
  });
}

/** Whether making an admin needs a second one: where another can give their word. The machine's operator is alone. */
function needsSecond(admins: readonly number[], { actor }: By): boolean {
  return actor.kind !== "operator" && admins.length > 1 && admins.some((id) => String(id) !== actor.id);
}

function proposeAdmin(trx: Transaction<Database>, detail: RoleProposal, by: By): Promise<void> {
  return propose(
    trx,
    {
      right: "accounts.make_admin",
      act: "account.role",
      subject: accountSubject(detail.user_id),
      detail: { ...detail },
    },
    by.actor,
  );
}

/**
 * Changes what somebody may do, from their next request on.
 *
 * @returns `waits` when it makes an admin and there is a second one to agree
 * @throws DomainError `not_found`; `conflict` for the last admin, or when it waits already
 */
export async function changeRole(db: Kysely<Database>, userId: number, role: Role, by: By): Promise<Outcome> {
  return await db.transaction().execute(async (trx) => {
    const admins = await lockActiveAdmins(trx);
    const account = await lockAccount(trx, userId);
    if (account.role === role) return "done";
    if (role === "admin" && needsSecond(admins, by)) {
      await proposeAdmin(trx, { user_id: userId, name: account.name, before: account.role, after: role }, by);
      return "waits";
    }
    if (account.role === "admin") keepAnAdmin(admins, userId);
    await setRole(trx, userId, role, by);
    return "done";
  });
}

async function setRole(trx: Transaction<Database>, userId: number, role: Role, by: By): Promise<void> {
  const account = await lockAccount(trx, userId);
  await trx.updateTable("users").set({ role }).where("user_id", "=", userId).execute();
  await appendAudit(trx, {
    actor: by.actor,
    act: "account.role",
    subject: accountSubject(userId),
    detail: { name: account.name, before: account.role, after: role, ...from(by) },
  });
}

/**
 * A second admin's word on a proposed admin; the proposer may take it back.
 *
 * @throws DomainError as {@link settle}
 */
export async function decideProposal(
  db: Kysely<Database>,
  id: number,
  approve: boolean,
  by: By,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const { detail } = await settle(trx, id, "accounts.make_admin", { actor: by.actor, approve });
    if (!approve) return;
    const { user_id, before, after } = detail as unknown as RoleProposal;
    if (before === "disabled") await setEnabled(trx, user_id, by);
    else await setRole(trx, user_id, after, by);
  });
}

/**
 * Ends an account's sessions and lets nobody in by it.
 *
 * @throws DomainError `not_found`; `conflict` for the last admin
 */
export async function disableAccount(db: Kysely<Database>, userId: number, by: By): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const admins = await lockActiveAdmins(trx);
    const account = await lockAccount(trx, userId);
    if (account.disabled_at !== null) return;
    if (account.role === "admin") keepAnAdmin(admins, userId);
    await trx.updateTable("users").set({ disabled_at: new Date() }).where("user_id", "=", userId).execute();
    const { numDeletedRows } = await trx
      .deleteFrom("sessions")
      .where("user_id", "=", userId)
      .executeTakeFirst();
    await trx.deleteFrom("invitations").where("user_id", "=", userId).where("used_at", "is", null).execute();
    await trx
      .deleteFrom("sign_in_tokens")
      .where("user_id", "=", userId)
      .where("used_at", "is", null)
      .execute();
    await appendAudit(trx, {
      actor: by.actor,
      act: "account.disabled",
      subject: accountSubject(userId),
      detail: { name: account.name, sessions_ended: Number(numDeletedRows), ...from(by) },
    });
  });
}

/**
 * Lets somebody in again, as what they were.
 *
 * @returns `waits` for an admin where there is a second one to agree
 * @throws DomainError `not_found`; `conflict` when it waits already
 */
export async function enableAccount(db: Kysely<Database>, userId: number, by: By): Promise<Outcome> {
  return await db.transaction().execute(async (trx) => {
    const admins = await lockActiveAdmins(trx);
    const { name, role, disabled_at } = await lockAccount(trx, userId);
    if (disabled_at === null) return "done";
    if (role === "admin" && needsSecond(admins, by)) {
      await proposeAdmin(trx, { user_id: userId, name, before: "disabled", after: role }, by);
      return "waits";
    }
    await setEnabled(trx, userId, by);
    return "done";
  });
}

async function setEnabled(trx: Transaction<Database>, userId: number, by: By): Promise<void> {
  const { name, role } = await lockAccount(trx, userId);
  await trx.updateTable("users").set({ disabled_at: null }).where("user_id", "=", userId).execute();
  await appendAudit(trx, {
    actor: by.actor,
    act: "account.enabled",
    subject: accountSubject(userId),
    detail: { name, role, ...from(by) },
  });
}

/**
 * A link by which somebody chooses a password anew; the one they have works until then.
 *
 * @returns the token, to be shown once
 * @throws DomainError `not_found`; `conflict` for a disabled account
 */
export async function resetByLink(
  db: Kysely<Database>,
  userId: number,
  by: By,
): Promise<{ token: string; purpose: LinkPurpose }> {
  return await db.transaction().execute(async (trx) => {
    const account = await lockAccount(trx, userId);
    if (account.disabled_at !== null)
      throw new DomainError("conflict", "the account is disabled; enable it first");
    const purpose = account.password_hash === null ? "invite" : "reset";
    const token = await createInvitation(trx, userId, purpose, by.actor);
    await appendAudit(trx, {
      actor: by.actor,
      act: purpose === "invite" ? "account.invited" : "account.reset_asked",
      subject: accountSubject(userId),
      detail: { name: account.name, by: "link", ...from(by) },
    });
    return { token, purpose };
  });
}

/**
 * Takes the second factor and its recovery codes away, and ends the account's sessions: for somebody who lost both.
 *
 * @param keepSession one's own, which stays
 * @throws DomainError `not_found`
 */
export async function removeSecondFactor(
  db: Kysely<Database>,
  userId: number,
  by: By & { readonly keepSession?: number | undefined },
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const account = await lockAccount(trx, userId);
    if (account.totp_secret === null) return;
    await trx
      .updateTable("users")
      .set({ totp_secret: null, totp_confirmed_at: null, totp_last_step: null, recovery_code_hashes: null })
      .where("user_id", "=", userId)
      .execute();
    let ended = trx.deleteFrom("sessions").where("user_id", "=", userId);
    if (by.keepSession !== undefined) ended = ended.where("session_id", "<>", by.keepSession);
    await ended.execute();
    await appendAudit(trx, {
      actor: by.actor,
      act: "account.second_factor_removed",
      subject: accountSubject(userId),
      detail: { name: account.name, before: account.totp_confirmed_at !== null, after: false, ...from(by) },
    });
  });
}
