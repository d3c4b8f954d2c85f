import { type Kysely, sql } from "kysely";
import type { KnownKey } from "../../platform/credentials/api-key.ts";
import { type PublishedKeys, publishKeys, takeUses } from "../../platform/credentials/published-keys.ts";
import { inTime } from "../../platform/process/in-time.ts";
import type { RedisConnection } from "../../platform/process/redis.ts";
import type { Database } from "../store/schema.ts";

/** Whoever made or ended a key does not wait for Redis longer; the worker tells it within seconds. */
const TELL_LIMIT_MS = 1_000;

/**
 * The keys that open something now. One statement: the version is the audit log's length, which every change of a key
 * makes grow in its own transaction.
 */
export async function readActiveKeys(db: Kysely<Database>): Promise<PublishedKeys> {
  const { rows } = await sql<{ version: number; keys: KnownKey[] }>`
    select
      (select audit_id from audit_head) as version,
      coalesce((
        select json_agg(json_strip_nulls(json_build_object(
          'id', key_id, 'name', name, 'sha256', sha256, 'rights', scopes,
          'expiresAt', floor(extract(epoch from expires_at) * 1000), 'ratePerSecond', rate_per_second
        )) order by key_id)
        from api_keys where revoked_at is null and expires_at > now()
      ), '[]'::json) as keys`.execute(db);
  const { version = 0, keys = [] } = rows[0] ?? {};
  return { version: Number(version), keys };
}

/** After a change, so that scorers know at once. That Redis is away is no harm: the worker tells it later. */
export async function tellOfKeys(
  db: Kysely<Database>,
  redis: RedisConnection,
  prefix: string,
): Promise<void> {
  try {
    await inTime(
      readActiveKeys(db).then((keys) => publishKeys(redis, prefix, keys)),
      TELL_LIMIT_MS,
    );
  } catch {
    // What was committed holds.
  }
}

/**
 * The worker's part, done again and again: tells Redis the keys (it may have lost them), and writes down when keys were
 * used at scorers.
 */
export function keyCourier(
  db: Kysely<Database>,
  redis: RedisConnection,
  prefix: string,
): () => Promise<void> {
  let laterBefore: number | undefined;
  return async () => {
    const active = await readActiveKeys(db);
    const later = await publishKeys(redis, prefix, active);
    // A later version that stays is from a store that is no more: this one was restored from a backup.
    if (later !== undefined && later === laterBefore) await publishKeys(redis, prefix, active, true);
    laterBefore = later;
    for (const [keyId, at] of await takeUses(redis, prefix)) await noteKeyUse(db, keyId, at);
  };
}

/** Writes forward when a key was used last, once a minute at most. */
export async function noteKeyUse(db: Kysely<Database>, keyId: string, at: Date): Promise<void> {
  await db
    .updateTable("api_keys")
    .set({ last_used_at: at })
    .where("key_id", "=", keyId)
    .where((eb) =>
      eb.or([eb("last_used_at", "is", null), eb("last_used_at", "<", new Date(at.getTime() - 60_000))]),
    )
    .execute();
}
