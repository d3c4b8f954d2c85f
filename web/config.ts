import { z } from "zod";
import {
  databaseUrl,
  flag,
  logLevel,
  parseEnv,
  port,
  redisPrefix,
  redisUrl,
} from "../platform/process/env.ts";

const schema = z.object({
  /** Where the console and the HTTP API listen; 0 lets the system choose. */
  PORT: port(8000),
  /** Loopback unless said otherwise: what is reachable from outside is a choice, not an accident. */
  HOST: z.string().default("127.0.0.1"),
  /** How people reach the console: sign-in links, the Secure cookie flag and the allowed form origin come from it. */
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** Take the caller's address from the last X-Forwarded-For entry: only behind a proxy that sets it. */
  TRUST_PROXY: flag(false),
  REDIS_URL: redisUrl.default("redis://127.0.0.1:6379"),
  REDIS_PREFIX: redisPrefix,
  DATABASE_URL: databaseUrl.default("postgres://postgres@127.0.0.1:5432/postgres"),
  SCORER_ADDRESS: z.string().default("127.0.0.1:50051"),
  /** Shown to a scorer that asks for keys (SCORER_API_KEYS_FILE there). */
  SCORER_API_KEY: z.string().optional(),
  /** An API key with every right (`Authorization: Bearer …`); none when unset. A short one is warned about. */
  ADMIN_API_KEY: z.string().optional(),
  /** `POST /predict/` without a key, as the original service answered. */
  PREDICT_OPEN: flag(true),
  /** Calls of `/predict/` and `/api/v1/stats` a second and address without a key; 0 is no limit. */
  OPEN_RATE_LIMIT: z.coerce.number().min(0).default(1_000),
  /** Requests a second of one API key; 0 is no limit. A batch is one. */
  KEY_RATE_LIMIT: z.coerce.number().min(0).default(1_000),
  /** Requests a second of one signed-in person; 0 is no limit. */
  PERSON_RATE_LIMIT: z.coerce.number().min(0).default(100),
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
  return parseEnv(schema, env);
}

/** The address people type, without a trailing slash. */
export function publicUrl(config: Pick<WebConfig, "PUBLIC_URL" | "PORT">): string {
  return (config.PUBLIC_URL ?? `http://localhost:${config.PORT}`).replace(/(?<!\/)\/+$/, "");
}
