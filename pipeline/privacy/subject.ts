import { createHmac } from "node:crypto";
import { type Kysely, type RawBuilder, sql } from "kysely";
import { ENTITY_NAME } from "../../domain/entities.ts";
import { CONTEXT_ENTITIES } from "../../domain/features/contract-fields.ts";
import { containsPan } from "../../domain/pan.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { isStorableText } from "../../platform/process/storable.ts";
import type { Database } from "../store/schema.ts";

/** Whose data: an entity of payments, e.g. customer c-17, or a card by its token. */
export interface Subject {
  readonly entity: string;
  readonly id: string;
}

/** Longest id of an entity. */
const MAX_ID = 256;

/**
 * What somebody typed as an entity and its id.
 *
 * @throws DomainError `invalid_argument` naming `entity` or `id`
 */
export function givenSubject(entity: string, id: string): Subject {
  const wrong = (field: string, description: string) => DomainError.invalid([{ field, description }]);
  if (!ENTITY_NAME.test(entity)) throw wrong("entity", "must be an entity's name, e.g. customer or card");
  if (id === "" || id.length > MAX_ID) throw wrong("id", `must have 1 to ${MAX_ID} characters`);
  if (!isStorableText(id)) throw wrong("id", "holds a character that cannot be stored");
  if (containsPan(id)) throw wrong("id", "looks like a card number: cards are known here by their token");
  return { entity, id };
}

/** `customer=c-17` of a command line. @throws DomainError `invalid_argument` */
export function parseSubject(text: string): Subject {
  const at = text.indexOf("=");
  if (at < 1) throw new DomainError("invalid_argument", "say whose data: --entity customer=ID");
  return givenSubject(text.slice(0, at), text.slice(at + 1));
}

/** The contract's column that names the entity; undefined for a team's own. */
export function contextColumn(entity: string): string | undefined {
  return Object.hasOwn(CONTEXT_ENTITIES, entity) ? CONTEXT_ENTITIES[entity] : undefined;
}

/** Decisions of the subject, as SQL over decisions as `alias`, in the words of their indexes. */
export function decisionsOf({ entity, id }: Subject, alias = "d"): RawBuilder<boolean> {
  const entities = sql.ref(`${alias}.entities`);
  const own = sql`${entities} is not null and ${entities} @> ${JSON.stringify({ [entity]: id })}::jsonb`;
  const column = contextColumn(entity);
  return column === undefined
    ? sql<boolean>`(${own})`
    : sql<boolean>`(${sql.ref(`${alias}.${column}`)} = ${id} or (${own}))`;
}

/** … imported payments, over imported_transactions as `alias`. */
export function importsOf({ entity, id }: Subject, alias = "i"): RawBuilder<boolean> {
  const entities = sql.ref(`${alias}.entities`);
  const own = sql`${entities} is not null and ${entities} @> ${JSON.stringify({ [entity]: id })}::jsonb`;
  const column = contextColumn(entity);
  return column === undefined
    ? sql<boolean>`(${own})`
    : sql<boolean>`(${sql.ref(`${alias}.fields`)} ->> ${sql.lit(column)} = ${id} or (${own}))`;
}

/** … dead letters that name the id anywhere, over dead_letters as `alias`. They are few: no index is for it. */
export function lettersOf({ id }: Pick<Subject, "id">, alias = "l"): RawBuilder<boolean> {
  const named = (column: string) =>
    sql`jsonb_path_exists(${sql.ref(`${alias}.${column}`)}, '$.** ? (@ == $id)',
      jsonb_build_object('id', ${id}::text))`;
  return sql<boolean>`(${named("payload")} or (${sql.ref(`${alias}.mended`)} is not null and ${named("mended")}))`;
}

/**
 * What stands for the subject in the audit log, which is never changed: a keyed hash. Who has the store can tell whether
 * it is of somebody they know; who has the log alone cannot.
 */
export async function subjectHash(db: Kysely<Database>, { entity, id }: Subject): Promise<string> {
  const { key } = await db.selectFrom("privacy_key").select("key").executeTakeFirstOrThrow();
  return createHmac("sha256", key).update(`${entity}\0${id}`).digest("hex").slice(0, 32);
}

/**
 * Why something is done, as it is kept for good.
 *
 * @throws DomainError `invalid_argument` when there is none, or it names whom it is about
 */
export function givenReason(text: string, subject?: Subject): string {
  const reason = text.trim();
  const wrong = (description: string) => DomainError.invalid([{ field: "reason", description }]);
  if (reason === "" || reason.length > 500) throw wrong("must have 1 to 500 characters");
  if (!isStorableText(reason)) throw wrong("holds a character that cannot be stored");
  if (containsPan(reason)) throw wrong("looks as if it holds a card number");
  if (subject && reason.includes(subject.id)) {
    throw wrong("names the id itself: it stays in the audit log for good; give the request's number instead");
  }
  return reason;
}
