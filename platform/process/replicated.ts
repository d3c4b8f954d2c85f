import { Cluster, type Redis } from "ioredis";
import { DomainError } from "./errors.ts";
import { keySlot } from "./key-slot.ts";

/** Replicas are waited for so long, milliseconds; a healthy one needs less than one. */
const REPLICAS_MS = 1_000;
/** A write whose server went away meanwhile is done again this often. */
const TRIES = 5;

interface Watched {
  /** Replicas that must have what is written. */
  readonly replicas: number;
  /** Connections to one server that have ended. */
  ends: number;
}

const watched = new WeakMap<Redis | Cluster, Watched>();

/** Says how many replicas must have what {@link replicated} writes over a connection. */
export function watchConnection(redis: Redis | Cluster, replicas: number): void {
  const state: Watched = { replicas, ends: 0 };
  watched.set(redis, state);
  redis.on("close", () => {
    state.ends++;
  });
}

/** The server that holds a key, to ask it what names no key; undefined while nobody knows which of a cluster. */
export function primaryOf(redis: Redis | Cluster, key: string): Redis | undefined {
  if (!(redis instanceof Cluster)) return redis;
  const address = redis.slots[keySlot(key)]?.[0];
  return redis.nodes("all").find(({ options }) => `${options.host}:${options.port}` === address);
}

/**
 * Writes, and returns when as many replicas have it as the connection asks for (`REDIS_WAIT_REPLICAS`): what a fail-over
 * to one of them does not lose. WAIT speaks of the writes of its own connection alone: it counts only where that has
 * stayed the same from before the write until after, else the write is done again.
 *
 * @param key any key of the write, all of which lie in one slot
 * @param write may be done again, and must come to the same
 * @throws DomainError `unavailable` when too few replicas have it in time; Redis' error. It may be written all the same
 */
export async function replicated<T>(
  redis: Redis | Cluster,
  key: string,
  write: () => Promise<T>,
): Promise<T> {
  const state = watched.get(redis);
  if (!state || state.replicas === 0) return await write();
  for (let tries = 1; ; tries++) {
    const [server, ends] = [primaryOf(redis, key), state.ends];
    const same = (): boolean =>
      server !== undefined && primaryOf(redis, key) === server && state.ends === ends;
    const written = await write();
    try {
      const have = same() ? await server?.wait(state.replicas, REPLICAS_MS) : undefined;
      if (have !== undefined && same()) {
        if (have >= state.replicas) return written;
        throw new DomainError(
          "unavailable",
          `Redis keeps it on ${have} replicas, of ${state.replicas} that it must be on (REDIS_WAIT_REPLICAS); send it again, repeats count once`,
          { retryAfterMs: 2_000 },
        );
      }
    } catch (error) {
      // A server that is gone cannot say.
      if (same() || error instanceof DomainError) throw error;
    }
    if (tries >= TRIES) {
      throw new DomainError("unavailable", "Redis is failing over; send it again, repeats count once", {
        retryAfterMs: 2_000,
      });
    }
  }
}
