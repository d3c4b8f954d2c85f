import { readFileSync } from "node:fs";
import { z } from "zod";
import { ConfigError, pemPath, redisUrl } from "./env.ts";
import { isEncrypted, readRedisUrl } from "./redis-url.ts";

/** The variables that say how to reach Redis, for a process's schema. */
export const redisLink = {
  /** One server, a cluster or sentinels (redis-url.ts). */
  REDIS_URL: redisUrl,
  /** What sentinels ask for; the user and password of REDIS_URL are those of the servers they watch. */
  REDIS_SENTINEL_USERNAME: z.string().optional(),
  REDIS_SENTINEL_PASSWORD: z.string().optional(),
  /**
   * Replicas that must have what a door or the scorer hands over before anybody is told that it is taken. When unset 1
   * with a cluster or sentinels, whose fail-over would lose it otherwise, and 0 with one server.
   */
  REDIS_WAIT_REPLICAS: z.coerce.number().int().min(0).max(16).optional(),
  /** PEM: the authorities that may have signed the server's certificate; Node's own when unset. */
  REDIS_TLS_CA: pemPath.optional(),
  /** PEM: what we show to a server that asks for certificates (`tls-auth-clients`). */
  REDIS_TLS_CERT: pemPath.optional(),
  REDIS_TLS_KEY: pemPath.optional(),
} as const;

const schema = z.object(redisLink).partial();

/** How to reach Redis: these variables' values. */
export type RedisLink = z.output<typeof schema>;

/** @throws ConfigError where the variables do not go together */
export function checkRedisLink(link: RedisLink): void {
  const { REDIS_URL: url, REDIS_TLS_CA: ca, REDIS_TLS_CERT: cert, REDIS_TLS_KEY: key } = link;
  if ((cert === undefined) !== (key === undefined)) {
    throw new ConfigError("REDIS_TLS_CERT and REDIS_TLS_KEY belong together: set both, or neither");
  }
  if ((ca ?? cert) !== undefined && url !== undefined && !isEncrypted(url)) {
    throw new ConfigError(
      "REDIS_TLS_CA, REDIS_TLS_CERT and REDIS_TLS_KEY are for a REDIS_URL with rediss://",
    );
  }
  const sentinel = link.REDIS_SENTINEL_USERNAME ?? link.REDIS_SENTINEL_PASSWORD;
  if (sentinel !== undefined && url !== undefined && readRedisUrl(url)?.kind !== "sentinel") {
    throw new ConfigError(
      "REDIS_SENTINEL_USERNAME and REDIS_SENTINEL_PASSWORD are for a REDIS_URL with redis+sentinel://",
    );
  }
}

/** What ioredis takes beside the URL: `tls` for `rediss`, read from the files. */
export function redisTls(link: RedisLink): {
  readonly tls?: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer };
} {
  if (link.REDIS_URL === undefined || !isEncrypted(link.REDIS_URL)) return {};
  const read = (name: "ca" | "cert" | "key", path: string | undefined): object =>
    path === undefined ? {} : { [name]: readFileSync(path) };
  return {
    tls: {
      ...read("ca", link.REDIS_TLS_CA),
      ...read("cert", link.REDIS_TLS_CERT),
      ...read("key", link.REDIS_TLS_KEY),
    },
  };
}
