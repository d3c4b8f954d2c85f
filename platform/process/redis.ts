import { Cluster, Redis } from "ioredis";
import { type Backoff, backoffMs } from "./backoff.ts";
import type { Logger } from "./logger.ts";
import { type RedisLink, redisTls } from "./redis-link.ts";
import { type RedisPlace, readRedisUrl } from "./redis-url.ts";
import { watchConnection } from "./replicated.ts";

/**
 * What the connection is for. `producer` fails a command quickly when Redis is away so the caller can say so;
 * `worker` and `subscriber` wait for it to come back (BullMQ needs `maxRetriesPerRequest: null`).
 */
export type RedisRole = "producer" | "worker" | "subscriber";

/** One server (the one sentinels name, where there are some), or a cluster of them. */
export type RedisConnection = Redis | Cluster;

/**
 * What a server says that is no longer the one to write to: a master turned replica (a fail-over that left the
 * connection standing), one that lost its master, one whose blocked clients were sent away by such a turn.
 */
const NOT_THE_MASTER = /READONLY|MASTERDOWN|^UNBLOCKED/;
/** For ioredis: reconnect and send the command again. */
const RECONNECT_AND_RESEND = 2;

/** ioredis counts tries from 1. */
const RECONNECTING: Backoff = { firstMs: 100, mostMs: 2_000 };
const reconnecting = (attempt: number): number => backoffMs(RECONNECTING, attempt - 1);

/** Of a cluster: a node that fails over is asked for again so often, and where it is looked for so often, milliseconds. */
const AGAIN_MS = 100;
const LOOK_MS = 5_000;
/** A producer gives a command up after so many tries: three seconds. */
const PRODUCER_TRIES = 30;
const MANY_TRIES = 1_000_000;

/** A URL, or the variables that say how to reach Redis. */
export type RedisAddress = string | (RedisLink & { readonly REDIS_URL: string });

/** A connection that reconnects for ever, 100 ms to 2 s apart, and logs each loss once. */
export function connectRedis(to: RedisAddress, role: RedisRole, logger: Logger): RedisConnection {
  const link = typeof to === "string" ? { REDIS_URL: to } : to;
  const place = readRedisUrl(link.REDIS_URL);
  if (!place) throw new Error("REDIS_URL cannot be read");
  const redis = place.kind === "cluster" ? openCluster(place, link, role) : openServer(place, link, role);
  watchConnection(redis, link.REDIS_WAIT_REPLICAS ?? (place.kind === "server" ? 0 : 1));
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

/** A second connection to the same place, for who waits on it for what others do. */
export function connectAgain(redis: RedisConnection): RedisConnection {
  return redis instanceof Cluster
    ? redis.duplicate([], { redisOptions: { maxRetriesPerRequest: null } })
    : redis.duplicate({ maxRetriesPerRequest: null });
}

/** Leaves a server that is not, or no longer, the one to talk to. One that is being looked for already is not disturbed. */
export function leaveServer(redis: RedisConnection): void {
  // In the middle of asking sentinels it would end the connection for good.
  if (redis.status === "ready") redis.disconnect(true);
}

function openServer(
  place: Exclude<RedisPlace, { readonly kind: "cluster" }>,
  link: RedisLink,
  role: RedisRole,
): Redis {
  const tls = redisTls(link);
  const options = {
    ...tls,
    maxRetriesPerRequest: role === "producer" ? 3 : null,
    enableReadyCheck: role !== "worker",
    retryStrategy: reconnecting,
    reconnectOnError: (error: Error) => (NOT_THE_MASTER.test(error.message) ? RECONNECT_AND_RESEND : false),
    connectTimeout: 5_000,
  };
  if (place.kind === "server") return new Redis(place.url, options);
  const { REDIS_SENTINEL_USERNAME: sentinelUsername, REDIS_SENTINEL_PASSWORD: sentinelPassword } = link;
  return new Redis({
    ...options,
    ...credentialsOf(place),
    sentinels: [...place.nodes],
    name: place.name,
    db: place.db,
    ...(sentinelUsername === undefined ? {} : { sentinelUsername }),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
    ...(tls.tls === undefined ? {} : { sentinelTLS: tls.tls, enableTLSForSentinelMode: true }),
    // Not failoverDetector: its word in the middle of connecting ends the connection for good.
    sentinelRetryStrategy: reconnecting,
  });
}

function openCluster(
  place: Extract<RedisPlace, { readonly kind: "cluster" }>,
  link: RedisLink,
  role: RedisRole,
): Cluster {
  return new Cluster([...place.nodes], {
    redisOptions: {
      ...redisTls(link),
      ...credentialsOf(place),
      maxRetriesPerRequest: role === "worker" ? null : 3,
      connectTimeout: 5_000,
    },
    clusterRetryStrategy: reconnecting,
    maxRedirections: role === "producer" ? PRODUCER_TRIES : MANY_TRIES,
    retryDelayOnFailover: AGAIN_MS,
    retryDelayOnClusterDown: AGAIN_MS,
    slotsRefreshTimeout: 2_000,
    slotsRefreshInterval: LOOK_MS,
    // Names are left to TLS, which compares them with certificates.
    dnsLookup: (address, callback) => callback(null, address),
  });
}

function credentialsOf({ username, password }: { readonly username?: string; readonly password?: string }): {
  readonly username?: string;
  readonly password?: string;
} {
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
}
