import type { Kysely, Selectable, Transaction } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import { containsPan } from "../../domain/pan.ts";
import { type Right, SCOPES } from "../../domain/rights.ts";
import { newApiKey } from "../../platform/credentials/api-key.ts";
import { DomainError, type FieldViolation } from "../../platform/process/errors.ts";
import { appendAudit } from "../audit/append.ts";
import type { ApiKeysTable, Database } from "../store/schema.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How long a key lives when nothing else is said, and at most, days. */
export const DEFAULT_DAYS = 90;
export const MOST_DAYS = 365;
/** How long the earlier key goes on beside its successor, hours. */
export const DEFAULT_OVERLAP_HOURS = 24;
export const MOST_OVERLAP_HOURS = 30 * 24;
/** All of them are in the memory of every web and scorer. */
const MOST_ACTIVE = 1_000;
const HIGHEST_RATE = 1_000_000;

const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._:/-]{0,63}$/u;

/** A key as people see it in lists. */
export interface ApiKey {
  readonly keyId: string;
  readonly name: string;
  readonly scopes: readonly Right[];
  readonly owner: Actor;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly revokedAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly rotatedFrom: string | null;
  /** Transactions a second over gRPC; null is unlimited. */
  readonly ratePerSecond: number | null;
}

/** A key that was just made. `key` is shown once and kept nowhere. */
export interface MadeApiKey {
  readonly key: string;
  readonly apiKey: ApiKey;
}

/** What a new key is to be. */
export interface KeyWish {
  readonly name: string;
  readonly scopes: readonly string[];
  /** {@link DEFAULT_DAYS} when left out. */
  readonly days?: number | undefined;
  readonly ratePerSecond?: number | undefined;
}

/**
 * Makes a key.
 *
 * @param by its owner
 * @param own what the maker may do: nobody hands on what they have not got
 * @throws DomainError `invalid_argument` naming each wrong field; `permission_denied`; `conflict` when there are too many
 */
export async function makeApiKey(
  db: Kysely<Database>,
  by: Actor,
  wish: KeyWish,
  own: ReadonlySet<Right> = new Set(SCOPES),
): Promise<MadeApiKey> {
  const { name, scopes, days, ratePerSecond } = checked(wish);
  const lacking = scopes.find((scope) => !own.has(scope));
  if (lacking !== undefined) {
    throw new DomainError("permission_denied", `you have not got the right ${lacking} and cannot hand it on`);
  }
  return await db.transaction().execute(async (trx) => {
    const { active } = await trx
      .selectFrom("api_keys")
      .select((eb) => eb.fn.countAll<number>().as("active"))
      .where("revoked_at", "is", null)
      .where("expires_at", ">", new Date())
      .executeTakeFirstOrThrow();
    if (Number(active) >= MOST_ACTIVE) {
      throw new DomainError("conflict", `there are ${MOST_ACTIVE} active keys already: revoke some first`);
    }
    const made = await insert(trx, {
      name,
      scopes,
      owner: by,
      expires_at: new Date(Date.now() + days * DAY_MS),
      rate_per_second: ratePerSecond ?? null,
      rotated_from: null,
    });
    await audit(trx, by, "api_key.made", null, made.apiKey);
    return made;
  });
}

/**
 * Makes a key's successor: same name, scopes and rate, and as long a life. The earlier one goes on for a while, so that
 * programs change over one by one.
 *
 * @param overlapHours 0 ends the earlier one now
 * @throws DomainError `not_found`, `invalid_argument`; `conflict` when it is over or has a successor already
 */
export async function rotateApiKey(
  db: Kysely<Database>,
  by: Actor,
  keyId: string,
  overlapHours: number = DEFAULT_OVERLAP_HOURS,
): Promise<MadeApiKey> {
  if (!(overlapHours >= 0 && overlapHours <= MOST_OVERLAP_HOURS)) {
    throw DomainError.invalid([
      { field: "overlap", description: `must be 0 to ${MOST_OVERLAP_HOURS} hours` },
    ]);
  }
  return await db.transaction().execute(async (trx) => {
    const before = await lockActive(trx, keyId);
    const successor = await trx
      .selectFrom("api_keys")
      .select("key_id")
      .where("rotated_from", "=", keyId)
      .executeTakeFirst();
    if (successor) {
      throw new DomainError(
        "conflict",
        `the key ${keyId} has a successor: rotate ${successor.key_id} instead`,
      );
    }
    const now = Date.now();
    const made = await insert(trx, {
      name: before.name,
      scopes: before.scopes,
      owner: before.owner,
      expires_at: new Date(now + before.expires_at.getTime() - before.created_at.getTime()),
      rate_per_second: before.rate_per_second,
      rotated_from: keyId,
    });
    const ends = new Date(Math.min(before.expires_at.getTime(), now + overlapHours * HOUR_MS));
    await trx.updateTable("api_keys").set({ expires_at: ends }).where("key_id", "=", keyId).execute();
    const earlier = toApiKey(before);
    await audit(trx, by, "api_key.rotated", earlier, { ...earlier, expiresAt: ends }, made.apiKey.keyId);
    return made;
  });
}

/**
 * Ends a key: web and scorers refuse it within five seconds. One that is revoked already stays as it is.
 *
 * @throws DomainError `not_found`
 */
export async function revokeApiKey(db: Kysely<Database>, by: Actor, keyId: string): Promise<ApiKey> {
  return await db.transaction().execute(async (trx) => {
    const before = toApiKey(await lock(trx, keyId));
    if (before.revokedAt) return before;
    const after = { ...before, revokedAt: new Date() };
    await trx
      .updateTable("api_keys")
      .set({ revoked_at: after.revokedAt })
      .where("key_id", "=", keyId)
      .execute();
    await audit(trx, by, "api_key.revoked", before, after);
    return after;
  });
}

/** Every key, those that are over too, the newest first. */
export async function listApiKeys(db: Kysely<Database>): Promise<ApiKey[]> {
  const rows = await db
    .selectFrom("api_keys")
    .selectAll()
    .orderBy("created_at", "desc")
    .orderBy("key_id")
    .limit(2 * MOST_ACTIVE)
    .execute();
  return rows.map(toApiKey);
}

/** What a key is worth now. */
export function stateOf(
  { revokedAt, expiresAt }: Pick<ApiKey, "revokedAt" | "expiresAt">,
  now = new Date(),
): "active" | "revoked" | "expired" {
  if (revokedAt) return "revoked";
  return expiresAt <= now ? "expired" : "active";
}

function checked({ name, scopes, days = DEFAULT_DAYS, ratePerSecond }: KeyWish) {
  const violations: FieldViolation[] = [];
  const wrong = (field: string, description: string): void => void violations.push({ field, description });
  const trimmed = name.trim();
  if (!NAME.test(trimmed)) {
    wrong("name", "must be 1 to 64 letters, digits, spaces or . _ : / - and begin with a letter or digit");
  } else if (containsPan(trimmed)) wrong("name", "must not hold a card number");
  const known = SCOPES.filter((scope) => scopes.includes(scope));
  const unknown = scopes.find((scope) => !(SCOPES as readonly string[]).includes(scope));
  if (unknown !== undefined) {
    wrong("scopes", `"${unknown.slice(0, 64)}" is not one of ${SCOPES.join(", ")}`);
  } else if (known.length === 0) wrong("scopes", "choose at least one");
  if (!(Number.isInteger(days) && days >= 1 && days <= MOST_DAYS)) {
    wrong("days", `must be a whole number from 1 to ${MOST_DAYS}`);
  }
  const rate = ratePerSecond ?? 1;
  if (!(Number.isInteger(rate) && rate >= 1 && rate <= HIGHEST_RATE)) {
    wrong("rate", `must be a whole number from 1 to ${HIGHEST_RATE}`);
  }
  if (violations.length > 0) throw DomainError.invalid(violations);
  return { name: trimmed, scopes: known, days, ratePerSecond };
}

type Row = Selectable<ApiKeysTable>;
type NewRow = Pick<Row, "name" | "scopes" | "owner" | "expires_at" | "rate_per_second" | "rotated_from">;

async function insert(trx: Transaction<Database>, row: NewRow): Promise<MadeApiKey> {
  const { id, key, sha256 } = newApiKey();
  const made = await trx
    .insertInto("api_keys")
    .values({
      ...row,
      key_id: id,
      sha256,
      scopes: JSON.stringify(row.scopes),
      owner: JSON.stringify(row.owner),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return { key, apiKey: toApiKey(made) };
}

async function lock(trx: Transaction<Database>, keyId: string): Promise<Row> {
  const row = await trx
    .selectFrom("api_keys")
    .selectAll()
    .where("key_id", "=", keyId)
    .forUpdate()
    .executeTakeFirst();
  if (!row) throw new DomainError("not_found", `there is no API key ${keyId.slice(0, 64)}`);
  return row;
}

async function lockActive(trx: Transaction<Database>, keyId: string): Promise<Row> {
  const row = await lock(trx, keyId);
  const state = stateOf(toApiKey(row));
  if (state !== "active") throw new DomainError("conflict", `the key ${keyId} is ${state}: make a new one`);
  return row;
}

function toApiKey(row: Row): ApiKey {
  return {
    keyId: row.key_id,
    name: row.name,
    scopes: row.scopes,
    owner: row.owner,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
    rotatedFrom: row.rotated_from,
    ratePerSecond: row.rate_per_second,
  };
}

/** As the audit log keeps it: what it may and until when, without what changes by itself. */
function inAudit({ name, scopes, expiresAt, revokedAt, ratePerSecond }: ApiKey): object {
  return {
    name,
    scopes,
    expires_at: expiresAt.toISOString(),
    ...(revokedAt ? { revoked_at: revokedAt.toISOString() } : {}),
    ...(ratePerSecond === null ? {} : { rate_per_second: ratePerSecond }),
  };
}

async function audit(
  trx: Transaction<Database>,
  actor: Actor,
  act: string,
  before: ApiKey | null,
  after: ApiKey,
  successor?: string,
): Promise<void> {
  await appendAudit(trx, {
    actor,
    act,
    subject: `api_key:${after.keyId}`,
    detail: {
      before: before && inAudit(before),
      after: inAudit(after),
      ...(successor === undefined ? {} : { successor }),
    },
  });
}
