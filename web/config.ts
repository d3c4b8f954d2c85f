import { z } from "zod";
import {
  ConfigError,
  databaseUrl,
  flag,
  insecure,
  logLevel,
  opsHost,
  opsPort,
  parseEnv,
  port,
  redisPrefix,
  redisUrl,
  strongKey,
} from "../platform/process/env.ts";
import { openDoor } from "../platform/process/open-door.ts";
import { checkRedisLink, redisLink } from "../platform/process/redis-link.ts";
import { scorerClientOptions, scorerLink } from "../scorer/client/link.ts";

/** An origin alone: links, cookies (`__Host-` needs the path /) and redirects of the console begin at the root. */
const publicAddress = z.url({ protocol: /^https?$/ }).refine((text) => {
  if (!URL.canParse(text)) return true; // said already
  const { pathname, search, hash, username, password } = new URL(text);
  return pathname === "/" && search + hash + username + password === "";
}, "must be scheme, host and port alone: the console has no place below a path. Give it a host name of its own, " +
  "e.g. https://fraud.example.com");

const schema = z.object({
  /** Where the console and the HTTP API listen; 0 lets the system choose. */
  PORT: port(8000),
  /** Loopback unless said otherwise: what is reachable from outside is a choice, not an accident. */
  HOST: z.string().default("127.0.0.1"),
  /** PEM files: with them the web itself speaks HTTPS. They are read again when they change. */
  TLS_CERT: z.string().optional(),
  TLS_KEY: z.string().optional(),
  /** Listen where other machines reach us in plain text all the same. */
  INSECURE: insecure,
  OPS_PORT: opsPort,
  OPS_HOST: opsHost,
  /** How people reach the console: sign-in links, the Secure cookie flag and the allowed form origin come from it. */
  PUBLIC_URL: publicAddress.optional(),
  /** Take the caller's address from the last X-Forwarded-For entry: only behind a proxy that sets it. */
  TRUST_PROXY: flag(false),
  ...redisLink,
  REDIS_URL: redisUrl.default("redis://127.0.0.1:6379"),
  REDIS_PREFIX: redisPrefix,
  DATABASE_URL: databaseUrl.default("postgres://postgres@127.0.0.1:5432/postgres"),
  ...scorerLink,
  /** An API key with every right (`Authorization: Bearer …`); none when unset. */
  ADMIN_API_KEY: strongKey.optional(),
  /** `POST /predict/` without a key, as the original service answered. */
  PREDICT_OPEN: flag(true),
  /** Calls of `/predict/` and `/api/v1/stats` a second and address without a key; 0 is no limit. */
  OPEN_RATE_LIMIT: z.coerce.number().min(0).default(1_000),
  /** A session ends after so many idle hours. */
  SESSION_IDLE_HOURS: z.coerce.number().positive().max(720).default(12),
  /** How long a one-time sign-in link works. */
  SIGN_IN_LINK_MINUTES: z.coerce.number().positive().max(1_440).default(60),
  LOG_LEVEL: logLevel,
});

export type WebConfig = Readonly<z.output<typeof schema>>;

/**
 * The web process's configuration.
 *
 * @throws ConfigError naming every wrong variable
 */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env): WebConfig {
  const config = parseEnv(schema, env);
  if ((config.TLS_CERT === undefined) !== (config.TLS_KEY === undefined)) {
    throw new ConfigError("TLS_CERT and TLS_KEY belong together: set both, or neither");
  }
  checkRedisLink(config);
  scorerClientOptions(config);
  const trouble = openToOthers(config);
  if (trouble !== undefined && !config.INSECURE) throw new ConfigError(trouble);
  return config;
}

/** What is wrong with where the web listens, were it not for INSECURE; undefined when nothing is. */
export function openToOthers(
  config: Pick<WebConfig, "HOST" | "TLS_CERT" | "TRUST_PROXY">,
): string | undefined {
  const guarded = config.TLS_CERT !== undefined || config.TRUST_PROXY;
  return openDoor({
    variable: "HOST",
    host: config.HOST,
    missing: guarded ? undefined : "in plain text",
    remedy: "TLS_CERT and TLS_KEY, TRUST_PROXY=true behind a proxy that speaks HTTPS",
  });
}

/** The address people type, without a trailing slash. */
export function publicUrl(config: Pick<WebConfig, "PUBLIC_URL" | "PORT" | "TLS_CERT">): string {
  const scheme = config.TLS_CERT === undefined ? "http" : "https";
  return (config.PUBLIC_URL ?? `${scheme}://localhost:${config.PORT}`).replace(/(?<!\/)\/+$/, "");
}
