import { z } from "zod";
import { type GroupRole, parseGroupRoles } from "../pipeline/accounts/group-roles.ts";
import type { SessionLimits } from "../pipeline/accounts/sessions.ts";
import { redactAfterDays, retentionDays } from "../pipeline/store/config.ts";
import { type JwtSettings, jwtEnv, jwtSettings } from "../platform/credentials/jwt-config.ts";
import { outgoingAllow } from "../platform/outgoing/outgoing-allow.ts";
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
  publicAddress,
  queueShards,
  redisPrefix,
  redisUrl,
  secretKey,
  smtpUrl,
  strongKey,
} from "../platform/process/env.ts";
import { isLoopback } from "../platform/process/loopback.ts";
import { openDoor } from "../platform/process/open-door.ts";
import { checkRedisLink, redisLink } from "../platform/process/redis-link.ts";
import { scorerClientOptions, scorerLink } from "../scorer/client/link.ts";

/** Over http anybody on the way could be the provider, but for one on this machine. */
const issuer = z.url({ protocol: /^https?$/ }).refine((text) => {
  if (!URL.canParse(text)) return true; // said already
  const { protocol, hostname } = new URL(text);
  return protocol === "https:" || isLoopback(hostname.replace(/^\[|\]$/g, ""));
}, "must be https: over http anybody on the way could sign people in");

const groupRoles = z.string().transform((text, context): readonly GroupRole[] => {
  const pairs = parseGroupRoles(text);
  if (!("wrong" in pairs)) return pairs;
  context.addIssue({ code: "custom", message: pairs.wrong });
  return z.NEVER;
});

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
  ...queueShards,
  DATABASE_URL: databaseUrl.default("postgres://postgres@127.0.0.1:5432/postgres"),
  ...scorerLink,
  /** An API key with every right (`Authorization: Bearer …`); none when unset. */
  ADMIN_API_KEY: strongKey.optional(),
  /** `POST /predict/` without a key, as the original service answered. */
  PREDICT_OPEN: flag(true),
  ...jwtEnv,
  /** Calls of `/predict/` and `/api/v1/stats` a second and address without a key; 0 is no limit. */
  OPEN_RATE_LIMIT: z.coerce.number().min(0).default(1_000),
  /** Requests a second of one API key; 0 is no limit. A batch is one. */
  KEY_RATE_LIMIT: z.coerce.number().min(0).default(1_000),
  /** Requests a second of one signed-in person; 0 is no limit. */
  PERSON_RATE_LIMIT: z.coerce.number().min(0).default(100),
  /** Jobs that may wait in the queue of transactions before the API takes no more (503, Retry-After); 0 is no limit. */
  QUEUE_LIMIT: z.coerce.number().int().min(0).default(100_000),
  /** As the workers have them: what the page on retention says, and does when it is told to. */
  RETENTION_DAYS: retentionDays,
  REDACT_AFTER_DAYS: redactAfterDays,
  /** The answer to an Idempotency-Key is kept so long in Redis. */
  IDEMPOTENCY_HOURS: z.coerce.number().positive().max(720).default(24),
  /** A session ends after so many idle hours. */
  SESSION_IDLE_HOURS: z.coerce.number().positive().max(720).default(12),
  /** … and so many hours after it began however busy it was: a week. */
  SESSION_LONGEST_HOURS: z.coerce.number().positive().max(8_760).default(168),
  /** Dangerous acts ask who it is again when that was last proved longer ago. */
  STEP_UP_MINUTES: z.coerce.number().positive().max(1_440).default(15),
  SECRET_KEY: secretKey,
  /** Where inside one's own network webhooks may be addressed to; as the worker's, which sends them. */
  OUTGOING_ALLOW: outgoingAllow,
  /** Who must show a second factor, and sets one up at the next sign-in where there is none. */
  REQUIRE_SECOND_FACTOR: z.enum(["off", "admins", "all"]).default("off"),
  /** Passwords that were stolen elsewhere: a file of Have I Been Pwned, SHA-1, ordered by hash. */
  BREACHED_PASSWORDS_FILE: z.string().optional(),
  /** The mail server for invitations and password resets; without one, links are copied by hand. */
  SMTP_URL: smtpUrl,
  /** Who letters are from. */
  MAIL_FROM: z.string().max(320).optional(),
  /** Single sign-on (OpenID Connect): the provider by its issuer, the rest by discovery. None when unset. */
  OIDC_ISSUER: issuer.optional(),
  OIDC_CLIENT_ID: z.string().optional(),
  OIDC_CLIENT_SECRET: z.string().optional(),
  /** How the secret is shown at the token endpoint, where the provider wants a certain way. */
  OIDC_CLIENT_AUTH: z.enum(["basic", "post"]).default("basic"),
  OIDC_SCOPES: z
    .string()
    .default("openid profile email")
    .refine((text) => text.split(" ").includes("openid"), 'must have "openid" among them'),
  /** The claim with a person's groups: its name, or the way to it (`realm_access.roles`). */
  OIDC_GROUPS_CLAIM: z.string().default("groups"),
  /** What groups are here, `GROUP=ROLE,…`: the first whose group somebody has counts. */
  OIDC_ROLES: groupRoles.optional(),
  /** What people call the provider: "Sign in with …". */
  OIDC_NAME: z.string().max(40).default("single sign-on"),
  /** Off, people come in by single sign-on, passkeys and links of an admin alone. */
  PASSWORD_SIGN_IN: flag(true),
  /** How long a one-time sign-in link works. */
  SIGN_IN_LINK_MINUTES: z.coerce.number().positive().max(1_440).default(60),
  LOG_LEVEL: logLevel,
});

export type WebConfig = Readonly<
  z.output<typeof schema> & {
    /** Whose tokens are taken from machines beside API keys; undefined for nobody's. */
    readonly jwt: JwtSettings | undefined;
  }
>;

/**
 * The web process's configuration.
 *
 * @throws ConfigError naming every wrong variable
 */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env): WebConfig {
  const given = parseEnv(schema, env);
  const config = { ...given, jwt: jwtSettings(given) };
  if (config.SMTP_URL !== undefined && config.MAIL_FROM === undefined) {
    throw new ConfigError(
      "Configuration is wrong:\n  MAIL_FROM (not set): SMTP_URL needs an address that letters are from",
    );
  }
  const gap = ssoGap(config);
  if (gap !== undefined) throw new ConfigError(`Configuration is wrong:\n  ${gap}`);
  if ((config.TLS_CERT === undefined) !== (config.TLS_KEY === undefined)) {
    throw new ConfigError("TLS_CERT and TLS_KEY belong together: set both, or neither");
  }
  checkRedisLink(config);
  scorerClientOptions(config);
  const trouble = openToOthers(config);
  if (trouble !== undefined && !config.INSECURE) throw new ConfigError(trouble);
  return config;
}

/** What single sign-on lacks; undefined when nothing, or when there is none. */
function ssoGap(config: WebConfig): string | undefined {
  if (config.OIDC_ISSUER === undefined) {
    if (config.OIDC_CLIENT_ID ?? config.OIDC_CLIENT_SECRET ?? config.OIDC_ROLES)
      return "OIDC_ISSUER (not set): the other OIDC_ variables are of no use without the provider's address";
    if (!config.PASSWORD_SIGN_IN) return "PASSWORD_SIGN_IN (off): needs single sign-on, set OIDC_ISSUER";
    return undefined;
  }
  const needed = ["OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_ROLES"] as const;
  const missing = needed.find((name) => config[name] === undefined);
  if (missing !== undefined) return `${missing} (not set): OIDC_ISSUER needs it`;
  if (config.PUBLIC_URL === undefined)
    return `PUBLIC_URL (not set): the identity provider sends people back to PUBLIC_URL${SSO_CALLBACK}`;
  return undefined;
}

/** Where the identity provider sends people back to, below PUBLIC_URL; it is registered there. */
export const SSO_CALLBACK = "/sign-in/sso/callback";

/** How long sessions live. */
export function sessionLimits(
  config: Pick<WebConfig, "SESSION_IDLE_HOURS" | "SESSION_LONGEST_HOURS">,
): SessionLimits {
  return { idleHours: config.SESSION_IDLE_HOURS, longestHours: config.SESSION_LONGEST_HOURS };
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
