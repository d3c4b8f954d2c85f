import type { RedisConnection } from "./redis.ts";

/** What the store hands over through Redis to whoever has no database. */
export interface Publication {
  /** Larger after each change. */
  readonly version: number;
  /** Differs where the content does. */
  readonly digest: string;
  readonly text: string;
}

/** Where a publication lies: a hash, and the field of it that has the text. */
export interface PublicationPlace {
  readonly key: string;
  readonly field: string;
}

/** One that read the store before a change, and writes after it, must not undo it. */
const WRITE_UNLESS_NEWER = `
  local version = tonumber(redis.call("hget", KEYS[1], "version") or "-1")
  if version > tonumber(ARGV[1]) and ARGV[5] ~= "1" then return version end
  if redis.call("hget", KEYS[1], "digest") == ARGV[2] then return -1 end
  redis.call("hset", KEYS[1], "version", ARGV[1], "digest", ARGV[2], ARGV[3], ARGV[4])
  return -1`;

/**
 * Hands a state of the store over, unless Redis has a later version. The same content again changes nothing.
 *
 * @param force also over a later version, when that comes from a store that is no more (a restored backup)
 * @returns the later version that Redis has; undefined when what was given is there now
 * @throws Redis' error when it is away
 */
export async function publish(
  redis: RedisConnection,
  { key, field }: PublicationPlace,
  { version, digest, text }: Publication,
  force = false,
): Promise<number | undefined> {
  const later = await redis.eval(
    WRITE_UNLESS_NEWER,
    1,
    key,
    String(version),
    digest,
    field,
    text,
    force ? "1" : "0",
  );
  return Number(later) === -1 ? undefined : Number(later);
}

/**
 * Version and digest of what was handed over last; null when Redis has nothing (it may have been emptied).
 *
 * @throws Redis' error when it is away
 */
export async function publishedMark(
  redis: RedisConnection,
  { key }: PublicationPlace,
): Promise<Pick<Publication, "version" | "digest"> | null> {
  const [version, digest] = await redis.hmget(key, "version", "digest");
  return version == null || digest == null ? null : { version: Number(version), digest };
}

/**
 * The text that was handed over last; null when Redis has nothing.
 *
 * @throws Redis' error when it is away
 */
export async function publishedText(
  redis: RedisConnection,
  { key, field }: PublicationPlace,
): Promise<string | null> {
  return await redis.hget(key, field);
}
