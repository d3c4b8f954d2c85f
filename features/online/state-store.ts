import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import type { RedisConnection } from "../../platform/process/redis.ts";
import { primaryOf } from "../../platform/process/replicated.ts";
import { SEPARATOR } from "../engine/engine.ts";
import { SEQUENCE_RANGE } from "./blob.ts";

/** A state to be written, if it is still what was read. */
export interface StateWrite {
  readonly key: string;
  /** `sequenceOf` the blob that was read. */
  readonly expected: Buffer;
  readonly blob: Buffer;
  /** When it goes by itself, milliseconds from now. */
  readonly expiresMs: number;
}

/** Keys of one command: Redis answers others in between. */
const KEYS_AT_ONCE = 256;
const SCANNED_AT_ONCE = 5_000;

/** One key: it runs on a cluster too. Sent by its hash, and in full where a server has not seen it yet. */
const COMPARE_AND_SET = `
if redis.call('GETRANGE', KEYS[1], ${SEQUENCE_RANGE.first}, ${SEQUENCE_RANGE.last}) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`;
const SHA = createHash("sha1").update(COMPARE_AND_SET).digest("hex");

/**
 * The blobs of entities in Redis, one key each: `<prefix>:features:<identity of the stream>:<key of the entity>`; and, without the entity, a mark for each stream
 * that says how complete its states are (marks.ts). With
 * a prefix in braces, as BullMQ wants it on a cluster, all lie in one slot, and many are read by one command.
 */
export class StateStore {
  readonly #redis: RedisConnection;
  readonly #prefix: string;

  /** @param prefix `REDIS_PREFIX` */
  constructor(redis: RedisConnection, prefix: string) {
    this.#redis = redis;
    this.#prefix = `${prefix}:features`;
  }

  /** Whether Redis can be asked now. */
  get reachable(): boolean {
    return this.#redis.status === "ready";
  }

  stateKey(identity: string, entity: string): string {
    return `${this.#prefix}:${identity}:${entity}`;
  }

  /** In one round trip. @returns the blobs in the keys' order; null where there is none */
  async read(keys: readonly string[]): Promise<(Buffer | null)[]> {
    if (keys.length <= KEYS_AT_ONCE) return keys.length === 0 ? [] : await this.#redis.mgetBuffer([...keys]);
    const parts: Promise<(Buffer | null)[]>[] = [];
    for (let from = 0; from < keys.length; from += KEYS_AT_ONCE) {
      parts.push(this.#redis.mgetBuffer(keys.slice(from, from + KEYS_AT_ONCE)));
    }
    return (await Promise.all(parts)).flat();
  }

  /**
   * Writes each that is still what was read, in one round trip.
   *
   * @returns for each whether it was written; the others were written by somebody else meanwhile
   * @throws Redis' error; some may be written then
   */
  async write(writes: readonly StateWrite[]): Promise<boolean[]> {
    if (writes.length === 0) return [];
    const done = await this.#send(writes);
    if (!done.some(isScriptMissing)) return done.map(written);
    // Redis began anew: it has no scripts, and wrote nothing of those.
    const again = await this.#send(
      writes.filter((_, i) => isScriptMissing(done[i])),
      true,
    );
    let next = 0;
    return done.map((one) => written(isScriptMissing(one) ? again[next++] : one));
  }

  /** What is known of each stream's states as a whole; undefined where nobody has said anything. */
  async marks(identities: readonly string[]): Promise<(string | undefined)[]> {
    if (identities.length === 0) return [];
    const marks = await this.#redis.mget(identities.map((identity) => this.#markKey(identity)));
    return marks.map((mark) => mark ?? undefined);
  }

  /** @param forMs how long that holds; for ever when left out */
  async mark(identities: readonly string[], mark: string, forMs?: number): Promise<void> {
    const pipeline = this.#redis.pipeline();
    for (const identity of identities) {
      if (forMs === undefined) pipeline.set(this.#markKey(identity), mark);
      else pipeline.set(this.#markKey(identity), mark, "PX", forMs);
    }
    for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error;
  }

  /**
   * Takes a mark away wherever it stands, whatever the stream.
   *
   * @param length characters of a stream's identity
   */
  async unmark(mark: string, length: number): Promise<void> {
    // Of states' keys there are as many as entities; those of marks have one length.
    const pattern = this.#markKey("?".repeat(length));
    const server = this.#server();
    let cursor = "0";
    do {
      const [next, keys] = await server.scan(
        ...([cursor, "MATCH", pattern, "COUNT", SCANNED_AT_ONCE] as const),
      );
      const marks = keys.length > 0 ? await this.#redis.mgetBuffer([...keys]) : [];
      const found = keys.filter((_, i) => marks[i]?.toString("latin1") === mark);
      if (found.length > 0) await this.#redis.unlink(...found);
      cursor = next;
    } while (cursor !== "0");
  }

  /** Takes all states of a stream away. @returns how many there were */
  async drop(identity: string): Promise<number> {
    let dropped = 0;
    const server = this.#server();
    let cursor = "0";
    do {
      const [next, keys] = await server.scan(
        ...([cursor, "MATCH", `${this.#markKey(identity)}:*`, "COUNT", SCANNED_AT_ONCE] as const),
      );
      if (keys.length > 0) dropped += await this.#redis.unlink(...keys);
      cursor = next;
    } while (cursor !== "0");
    return dropped;
  }

  /**
   * Takes the states of one entity of a stream away: one key, or, where it is one of a pair, all that have it there.
   *
   * @param at where the entity stands among those that the stream's key is made of, and how many they are
   * @returns how many there were
   */
  async dropEntity(
    identity: string,
    id: string,
    at: { readonly place: number; readonly of: number },
  ): Promise<number> {
    if (at.of === 1) return await this.#redis.unlink(this.stateKey(identity, id));
    const literal = id.replaceAll(/[\\*?[\]]/g, "\\$&");
    const parts = Array.from({ length: at.of }, (_, i) => (i === at.place ? literal : "*"));
    const start = this.stateKey(identity, "").length;
    const server = this.#server();
    let dropped = 0;
    let cursor = "0";
    do {
      const [next, keys] = await server.scan(
        ...([
          cursor,
          "MATCH",
          this.stateKey(identity, parts.join(SEPARATOR)),
          "COUNT",
          SCANNED_AT_ONCE,
        ] as const),
      );
      const theirs = keys.filter((key) => key.slice(start).split(SEPARATOR)[at.place] === id);
      if (theirs.length > 0) dropped += await this.#redis.unlink(...theirs);
      cursor = next;
    } while (cursor !== "0");
    return dropped;
  }

  /** The one that has our slot: which keys there are is a question to a server, and not to a cluster. */
  #server(): Redis {
    const server = primaryOf(this.#redis, this.#prefix);
    if (!server) throw new Error("the cluster has not said yet who keeps our keys");
    return server;
  }

  #markKey(identity: string): string {
    return `${this.#prefix}:${identity}`;
  }

  async #send(writes: readonly StateWrite[], whole = false): Promise<readonly unknown[]> {
    const pipeline = this.#redis.pipeline();
    for (const { key, expected, blob, expiresMs } of writes) {
      const given = [key, expected, blob, Math.ceil(expiresMs)] as const;
      if (whole) pipeline.eval(COMPARE_AND_SET, 1, ...given);
      else pipeline.evalsha(SHA, 1, ...given);
    }
    const answers = (await pipeline.exec()) ?? [];
    return answers.map(([error, answer]) => error ?? answer);
  }
}

function isScriptMissing(answer: unknown): boolean {
  return answer instanceof Error && answer.message.startsWith("NOSCRIPT");
}

function written(answer: unknown): boolean {
  if (answer instanceof Error) throw answer;
  return answer === 1;
}
