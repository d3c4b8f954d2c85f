import { type Kysely, sql, type Transaction } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import { containsPan } from "../../domain/pan.ts";
import {
  LIST_KINDS,
  LIST_NAME,
  type ListKind,
  MAX_LIST_ENTRIES,
  MAX_LIST_REASON,
  MAX_LIST_VALUE,
  MAX_LISTS,
} from "../../domain/policy/lists.ts";
import { RuleLanguage } from "../../features/policy/compile.ts";
import { DomainError, type FieldViolation } from "../../platform/process/errors.ts";
import { appendAudit } from "../audit/append.ts";
import type { Database } from "../store/schema.ts";
import { listNames } from "./check.ts";
import { markChanged } from "./state.ts";

/** Values that one act may bring, as a file of them does. */
export const MAX_ADDED = 50_000;
/** Values that the audit log names; more are counted. */
const NAMED_IN_AUDIT = 20;

/** A list as people see it. */
export interface PolicyList {
  readonly name: string;
  readonly kind: ListKind;
  readonly about: string;
  readonly createdAt: Date;
  /** Values that count now, and those that are over. */
  readonly entries: number;
  readonly expired: number;
}

export interface ListEntry {
  readonly value: string;
  readonly expiresAt: Date | null;
  readonly reason: string;
  readonly addedBy: Actor;
  readonly addedAt: Date;
}

/** Every list, by name. */
export async function listLists(db: Kysely<Database>): Promise<PolicyList[]> {
  const { rows } = await sql<PolicyList>`
    select name, kind, about, created_at as "createdAt",
      (select count(*) from policy_list_entries e
        where e.list = name and (expires_at is null or expires_at > now())) as entries,
      (select count(*) from policy_list_entries e where e.list = name and expires_at <= now()) as expired
    from policy_lists order by name`.execute(db);
  return rows;
}

/** The newest values of a list, or those that are searched. @throws DomainError `not_found` */
export async function readList(
  db: Kysely<Database>,
  name: string,
  { search = "", limit = 200 }: { readonly search?: string; readonly limit?: number } = {},
): Promise<{ readonly list: PolicyList; readonly entries: readonly ListEntry[] }> {
  const list = (await listLists(db)).find((one) => one.name === name);
  if (!list) throw new DomainError("not_found", `there is no list ${name.slice(0, 64)}`);
  const entries = await db
    .selectFrom("policy_list_entries")
    .select(["value", "expires_at as expiresAt", "reason", "added_by as addedBy", "added_at as addedAt"])
    .where("list", "=", name)
    .$if(search !== "", (query) => query.where(sql<boolean>`strpos(value, ${search}) > 0`))
    .orderBy("added_at", "desc")
    .orderBy("value")
    .limit(limit)
    .execute();
  return { list, entries };
}

/** @throws DomainError `invalid_argument`; `conflict` when there is one of the name, or too many */
export async function makeList(
  db: Kysely<Database>,
  by: Actor,
  { name, kind, about }: { readonly name: string; readonly kind: string; readonly about: string },
): Promise<void> {
  const violations: FieldViolation[] = [];
  if (!LIST_NAME.test(name)) {
    const description = "must be 1 to 40 lower-case letters, digits and _ and begin with a letter";
    violations.push({ field: "name", description });
  }
  const known = LIST_KINDS.find((one) => one === kind);
  if (!known) violations.push({ field: "kind", description: `must be one of ${LIST_KINDS.join(", ")}` });
  violations.push(...wrongReason("about", about));
  if (!known || violations.length > 0) throw DomainError.invalid(violations);
  await db.transaction().execute(async (trx) => {
    await markChanged(trx);
    const names = (await listNames(trx)).names;
    if (names.has(name)) throw new DomainError("conflict", `there is a list ${name} already`);
    if (names.size >= MAX_LISTS) throw new DomainError("conflict", `there are ${MAX_LISTS} lists already`);
    await trx
      .insertInto("policy_lists")
      .values({ name, kind: known, about: about.trim(), created_by: JSON.stringify(by) })
      .execute();
    await appendAudit(trx, {
      ...{ actor: by, act: "policy_list.made", subject: `policy_list:${name}` },
      detail: { kind, about: about.trim() },
    });
  });
}

/** Takes a list away with its values. @throws DomainError `not_found`; `conflict` while a rule that may decide asks it */
export async function dropList(db: Kysely<Database>, by: Actor, name: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await markChanged(trx);
    const { list } = await readList(trx, name, { limit: 1 });
    const user = await userOf(trx, name);
    if (user !== undefined) throw new DomainError("conflict", `the policy ${user} asks the list ${name}`);
    await trx.deleteFrom("policy_lists").where("name", "=", name).execute();
    await appendAudit(trx, {
      ...{ actor: by, act: "policy_list.dropped", subject: `policy_list:${name}` },
      detail: { kind: list.kind, about: list.about, entries: list.entries },
    });
  });
}

/** The version, active or proposed, one of whose rules asks the list. */
async function userOf(trx: Transaction<Database>, name: string): Promise<string | undefined> {
  const rows = await trx
    .selectFrom("policies")
    .select(["version", "document"])
    .where("state", "in", ["active", "proposed"])
    .execute();
  const language = new RuleLanguage({ lists: await listNames(trx) });
  const asks = (when: string): boolean => {
    try {
      return language.compile(when).calls.some((call) => call.name === "in_list" && call.text === name);
    } catch {
      return false;
    }
  };
  return rows.find(({ document }) => document.rules.some(({ when }) => asks(when)))?.version;
}

/** What is to be put on a list. */
export interface NewEntry {
  readonly value: string;
  /** Null for ever. */
  readonly expiresAt: Date | null;
  readonly reason: string;
}

/**
 * Puts values on a list; what is there already gets the new end and reason. Scorers know within seconds.
 *
 * @returns how many are new
 * @throws DomainError `not_found`; `invalid_argument` naming the first wrong ones, and then none is taken; `conflict` when
 *   the lists would become too long
 */
export async function addEntries(
  db: Kysely<Database>,
  by: Actor,
  name: string,
  entries: readonly NewEntry[],
): Promise<{ readonly added: number; readonly changed: number }> {
  const violations = entries.flatMap((entry, i) => wrongIn(entry, entries.length > 1 ? `[${i + 1}].` : ""));
  if (entries.length === 0) violations.push({ field: "value", description: "is missing" });
  if (entries.length > MAX_ADDED) {
    violations.unshift({ field: "file", description: `has more than ${MAX_ADDED} values` });
  }
  if (violations.length > 0) throw DomainError.invalid(violations.slice(0, NAMED_IN_AUDIT));
  const firsts = new Map(entries.map((entry) => [entry.value.trim(), entry]));
  return await db.transaction().execute(async (trx) => {
    await markChanged(trx);
    await readList(trx, name, { limit: 1 });
    const rows = [...firsts].map(([value, { expiresAt, reason }]) => ({
      ...{ value, expires_at: expiresAt?.toISOString() ?? null, reason: reason.trim() },
    }));
    const { rows: done } = await sql<{ is_new: boolean }>`
      insert into policy_list_entries (list, value, expires_at, reason, added_by)
      select ${name}, value, expires_at, reason, ${JSON.stringify(by)}::jsonb
      from json_to_recordset(${JSON.stringify(rows)}::json) as row (value text, expires_at timestamptz, reason text)
      on conflict (list, value) do update set
        expires_at = excluded.expires_at, reason = excluded.reason, added_by = excluded.added_by, added_at = now()
      returning xmax = 0 as is_new`.execute(trx);
    await trx
      .deleteFrom("policy_list_entries")
      .where("expires_at", "<", new Date(Date.now() - 30 * 86_400_000))
      .execute();
    const { count } = await trx
      .selectFrom("policy_list_entries")
      .select((eb) => eb.fn.countAll<number>().as("count"))
      .executeTakeFirstOrThrow();
    if (Number(count) > MAX_LIST_ENTRIES) {
      const most = MAX_LIST_ENTRIES.toLocaleString("en");
      throw new DomainError("conflict", `all lists together would have more than ${most} values`);
    }
    const added = done.filter(({ is_new }) => is_new).length;
    await appendAudit(trx, {
      ...{ actor: by, act: "policy_list.added", subject: `policy_list:${name}` },
      detail: { added, changed: done.length - added, values: rows.slice(0, NAMED_IN_AUDIT) },
    });
    return { added, changed: done.length - added };
  });
}

/** Takes a value off a list. @throws DomainError `not_found` */
export async function removeEntry(
  db: Kysely<Database>,
  by: Actor,
  name: string,
  value: string,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await markChanged(trx);
    const gone = await trx
      .deleteFrom("policy_list_entries")
      .where("list", "=", name)
      .where("value", "=", value)
      .returning(["expires_at", "reason"])
      .executeTakeFirst();
    if (!gone) throw new DomainError("not_found", "this value is not on the list any more");
    await appendAudit(trx, {
      ...{ actor: by, act: "policy_list.removed", subject: `policy_list:${name}` },
      detail: { value, reason: gone.reason, expires_at: gone.expires_at?.toISOString() ?? null },
    });
  });
}

function wrongIn({ value, expiresAt, reason }: NewEntry, path: string): FieldViolation[] {
  const violations: FieldViolation[] = [];
  const text = value.trim();
  const wrong = (field: string, description: string): void => void violations.push({ field, description });
  if (text === "" || text.length > MAX_LIST_VALUE)
    wrong(`${path}value`, `must be 1 to ${MAX_LIST_VALUE} characters`);
  else if (/\p{Cc}/u.test(text)) wrong(`${path}value`, "must be one line without control characters");
  else if (containsPan(text)) wrong(`${path}value`, "looks like a card number: lists hold card tokens");
  if (expiresAt && Number.isNaN(expiresAt.getTime()))
    wrong(`${path}expires`, "must be a date such as 2027-01-31");
  violations.push(...wrongReason(`${path}reason`, reason));
  return violations;
}

function wrongReason(field: string, reason: string): FieldViolation[] {
  const text = reason.trim();
  if (text === "") return [{ field, description: "say why, in a few words" }];
  if (text.length > MAX_LIST_REASON)
    return [{ field, description: `must be at most ${MAX_LIST_REASON} characters` }];
  if (/\p{Cc}/u.test(text)) return [{ field, description: "must be one line without control characters" }];
  return containsPan(text) ? [{ field, description: "looks as if it holds a card number" }] : [];
}
