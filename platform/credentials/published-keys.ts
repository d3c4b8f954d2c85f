import { createHash } from "node:crypto";
import { z } from "zod";
import { type Right, SCOPES } from "../../domain/rights.ts";
import { type PublicationPlace, publish, publishedText } from "../process/published.ts";
import type { RedisConnection } from "../process/redis.ts";
import type { KnownKey } from "./api-key.ts";

/** A right that this version does not know was given by a newer one: it opens nothing here. */
const rights = z
  .array(z.string())
  .transform((names) => names.filter((name): name is Right => (SCOPES as readonly string[]).includes(name)));

const publishedSchema = z.object({
  version: z.number().int().nonnegative(),
  keys: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      rights,
      expiresAt: z.number(),
      ratePerSecond: z.number().positive().optional(),
    }),
  ),
});

/**
 * The keys of the store as Redis carries them to whoever has no database. `version` is larger after each change; secrets
 * are not in it.
 */
export interface PublishedKeys {
  readonly version: number;
  readonly keys: readonly KnownKey[];
}

/** @throws SyntaxError or ZodError for what is no such text */
export function parsePublished(text: string): PublishedKeys {
  return publishedSchema.parse(JSON.parse(text));
}

const placeOf = (prefix: string): PublicationPlace => ({ key: `${prefix}:api-keys`, field: "keys" });
const usesOf = (prefix: string): string => `${prefix}:api-keys-used`;

/**
 * Hands the keys of the store over, unless Redis has a later version. The same keys again change nothing.
 *
 * @param force also over a later version, when that comes from a store that is no more (a restored backup)
 * @returns the later version that Redis has; undefined when what was given is there now
 * @throws Redis' error when it is away
 */
export async function publishKeys(
  redis: RedisConnection,
  prefix: string,
  published: PublishedKeys,
  force = false,
): Promise<number | undefined> {
  const text = JSON.stringify(published);
  const digest = createHash("sha256").update(JSON.stringify(published.keys)).digest("hex");
  return await publish(redis, placeOf(prefix), { version: published.version, digest, text }, force);
}

/**
 * What was handed over last, as text; null when Redis has nothing (it may have been emptied).
 *
 * @throws Redis' error when it is away
 */
export async function readPublished(redis: RedisConnection, prefix: string): Promise<string | null> {
  return await publishedText(redis, placeOf(prefix));
}

/**
 * Notes that keys were used just now, for the list that people see.
 *
 * @throws Redis' error when it is away
 */
export async function noteUses(
  redis: RedisConnection,
  prefix: string,
  ids: readonly string[],
): Promise<void> {
  const now = String(Date.now());
  if (ids.length > 0) await redis.hset(usesOf(prefix), Object.fromEntries(ids.map((id) => [id, now])));
}

/**
 * Takes what was noted: when each key was used last.
 *
 * @throws Redis' error when it is away
 */
export async function takeUses(redis: RedisConnection, prefix: string): Promise<Map<string, Date>> {
  const [[, uses] = []] = (await redis.multi().hgetall(usesOf(prefix)).del(usesOf(prefix)).exec()) ?? [];
  const at = Object.entries((uses ?? {}) as Record<string, string>);
  return new Map(at.map(([id, ms]) => [id, new Date(Number(ms))]));
}
