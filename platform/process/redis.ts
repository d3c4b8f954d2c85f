import { Redis } from "ioredis";
import { type Backoff, backoffMs } from "./backoff.ts";
import type { Logger } from "./logger.ts";
import { type RedisLink, redisTls } from "./redis-link.ts";

/**
 * What the connection is for. `producer` fails a command quickly when Redis is away so the caller can say so;
 * `worker` and `subscriber` wait for it to come back (BullMQ needs `maxRetriesPerRequest: null`).
 */
export type RedisRole = "producer" | "worker" | "subscriber";

/**
 * What a server says that is no longer the one to write to: a master turned replica (a fail-over that left the
 * connection standing), one that lost its master, one whose blocked clients were sent away by such a turn.
 */
const NOT_THE_MASTER = /READONLY|MASTERDOWN|^UNBLOCKED/;
/** For ioredis: reconnect and send the command again. */
const RECONNECT_AND_RESEND = 2;

/** ioredis counts tries from 1. */
const RECONNECTING: Backoff = { firstMs: 100, mostMs: 2_000 };

/** A URL, or the variables that say how to reach Redis. */
export type RedisAddress = string | (RedisLink & { readonly REDIS_URL: string });

/** A connection that reconnects for ever, 100 ms to 2 s apart, and logs each loss once. */
export function connectRedis(to: RedisAddress, role: RedisRole, logger: Logger): Redis {
  const link = typeof to === "string" ? { REDIS_URL: to } : to;
  const redis = new Redis(link.REDIS_URL, {
    ...redisTls(link),
    maxRetriesPerRequest: role === "producer" ? 3 : null,
    enableReadyCheck: role !== "worker",
    retryStrategy: (attempt: number) => backoffMs(RECONNECTING, attempt - 1),
    reconnectOnError: (error: Error) => (NOT_THE_MASTER.test(error.message) ? RECONNECT_AND_RESEND : false),
    connectTimeout: 5_000,
  });
  let lost = false;
  redis.on("error", (error: Error) => {
    if (!lost) logger.warn({ role, err: error.message }, "redis unreachable, retrying");
    lost = true;
  });
  redis.on("ready", () => {
    if (lost) logger.info({ role }, "redis is back");
    lost = false;
  });
  return redis;
}
