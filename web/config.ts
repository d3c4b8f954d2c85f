import { z } from "zod";
import type { SessionLimits } from "../pipeline/accounts/sessions.ts";
import {
  ConfigError,
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
  /** A session ends after so many idle hours. */
  SESSION_IDLE_HOURS: z.coerce.number().positive().max(720).default(12),
  /** … and so many hours after it began however busy it was: a week. */
  SESSION_LONGEST_HOURS: z.coerce.number().positive().max(8_760).default(168),
  /** Dangerous acts ask who it is again when that was last proved longer ago. */
  STEP_UP_MINUTES: z.coerce.number().positive().max(1_440).default(15),
  /** Seals what lies in the database and in cookies: 32 bytes, base64. Unset, it is a file in DATA_DIR of this machine. */
  SECRET_KEY: z
    .string()
    .transform((text) => Buffer.from(text, "base64"))
    .refine((key) => key.length === 32, "must be 32 bytes in base64: openssl rand -base64 32")
    .optional(),
  /** Who must show a second factor, and sets one up at the next sign-in where there is none. */
  REQUIRE_SECOND_FACTOR: z.enum(["off", "admins", "all"]).default("off"),
  /** Passwords that were stolen elsewhere: a file of Have I Been Pwned, SHA-1, ordered by hash. */
  BREACHED_PASSWORDS_FILE: z.string().optional(),
  /** The mail server for invitations and password resets; without one, links are copied by hand. */
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\/.+/, "must be an smtp:// or smtps:// URL")
    .optional(),
  /** Who letters are from. */
  MAIL_FROM: z.string().max(320).optional(),
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
  if (config.SMTP_URL !== undefined && config.MAIL_FROM === undefined) {
    throw new ConfigError(
      "Configuration is wrong:\n  MAIL_FROM (not set): SMTP_URL needs an address that letters are from",
    );
  }
  return config;
}

/** How long sessions live. */
export function sessionLimits(
  config: Pick<WebConfig, "SESSION_IDLE_HOURS" | "SESSION_LONGEST_HOURS">,
): SessionLimits {
  return { idleHours: config.SESSION_IDLE_HOURS, longestHours: config.SESSION_LONGEST_HOURS };
}

/** The address people type, without a trailing slash. */
export function publicUrl(config: Pick<WebConfig, "PUBLIC_URL" | "PORT">): string {
  return (config.PUBLIC_URL ?? `http://localhost:${config.PORT}`).replace(/(?<!\/)\/+$/, "");
}
