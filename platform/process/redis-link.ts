import { readFileSync } from "node:fs";
import { z } from "zod";
import { ConfigError, pemPath, redisUrl } from "./env.ts";

/** The variables that say how to reach Redis, for a process's schema. */
export const redisLink = {
  /** `redis://` or, encrypted, `rediss://`; user and password percent-encoded. */
  REDIS_URL: redisUrl,
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
  if ((ca ?? cert) !== undefined && url !== undefined && !url.startsWith("rediss://")) {
    throw new ConfigError(
      "REDIS_TLS_CA, REDIS_TLS_CERT and REDIS_TLS_KEY are for a REDIS_URL with rediss://",
    );
  }
}

/** What ioredis takes beside the URL: `tls` for `rediss://`, read from the files. */
export function redisTls(link: RedisLink): {
  readonly tls?: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer };
} {
  if (!link.REDIS_URL?.startsWith("rediss://")) return {};
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
