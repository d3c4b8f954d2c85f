import { join } from "node:path";
import { z } from "zod";
import { LABEL_SOURCES } from "../../domain/verdicts.ts";
import { outgoingAllow } from "../../platform/outgoing/outgoing-allow.ts";
import { dataDir } from "../../platform/process/config.ts";
import {
  ConfigError,
  databaseUrl,
  logLevel,
  opsHost,
  opsPort,
  parseEnv,
  publicAddress,
  queueShards,
  redisPrefix,
  secretKey,
  smtpUrl,
} from "../../platform/process/env.ts";
import { checkRedisLink, redisLink } from "../../platform/process/redis-link.ts";
import { scorerClientOptions, scorerLink } from "../../scorer/client/link.ts";
import { reviewEnv } from "../record/config.ts";
import { redactAfterDays, retentionDays } from "../store/config.ts";
import { logDays } from "../webhooks/config.ts";

const schema = z.object({
  ...redisLink,
  REDIS_PREFIX: redisPrefix,
  ...queueShards,
  DATABASE_URL: databaseUrl,
  ...scorerLink,
  LOG_LEVEL: logLevel,
  /** Jobs in work at once, per queue. */
  WORKER_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(4),
  OPS_PORT: opsPort,
  OPS_HOST: opsHost,
  /** The names of the first releases, which go before the two above. */
  WORKER_METRICS_PORT: opsPort,
  WORKER_METRICS_HOST: z.string().optional(),
  /**
   * A job whose worker died is taken over by another after this long. It is renewed three times as often and
   * independently of the work, so a slow database or scorer does not lose it.
   */
  WORKER_LOCK_SECONDS: z.coerce.number().min(1).max(600).default(15),
  ...reviewEnv,
  /** How often timers, failed jobs and counters are reconciled. */
  RECONCILE_SECONDS: z.coerce.number().min(1).max(3_600).default(60),
  /** Decisions older than this are dropped, whole months at a time; what they counted stays counted. */
  RETENTION_DAYS: retentionDays,
  /** What identifies somebody is taken out of what is older than this; unset, it is kept as long as the decision. */
  REDACT_AFTER_DAYS: redactAfterDays,
  MODEL_DIR: z.string().optional(),
  /** When to train on the labels of the store, as cron in UTC, e.g. "0 3 * * 1"; never where it is left out. */
  RETRAIN_CRON: z
    .string()
    .regex(/^[\d*,/ -]+$/, 'must be five fields of cron, e.g. "0 3 * * 1"')
    .refine((text) => text.trim().split(/\s+/).length === 5, 'must be five fields of cron, e.g. "0 3 * * 1"')
    .optional(),
  RETRAIN_DAYS: z.coerce.number().int().min(1).max(3_650).default(90),
  /** Whose labels count, with commas between; all when left out. */
  RETRAIN_LABELS: z
    .string()
    .refine(
      (text) =>
        text.split(",").every((source) => (LABEL_SOURCES as readonly string[]).includes(source.trim())),
      {
        message: `must be of ${LABEL_SOURCES.join(", ")}`,
      },
    )
    .optional(),
  /** What was sent to endpoints of webhooks is remembered so long. */
  WEBHOOK_LOG_DAYS: logDays,
  /** Where inside one's own network messages may leave for. */
  OUTGOING_ALLOW: outgoingAllow,
  /** How often the conditions of alerts are looked at. */
  ALERT_SECONDS: z.coerce.number().min(1).max(300).default(10),
  /** A message of alerts whose worker died is sent by another after this long; longer than a server has to answer. */
  ALERT_CLAIM_SECONDS: z.coerce.number().min(10).max(600).default(30),
  /** As the web's: what alerts link to, how they are mailed, what their channels' secrets are sealed with. */
  PUBLIC_URL: publicAddress.optional(),
  SMTP_URL: smtpUrl,
  MAIL_FROM: z.string().max(320).optional(),
  SECRET_KEY: secretKey,
  /** The web's certificate, where it is of the same environment: its end is looked at. */
  TLS_CERT: z.string().optional(),
});

export type WorkerConfig = z.output<typeof schema> & {
  /** The registry of models, where this machine has it: its history goes into the audit log. */
  readonly registry: string;
};

/** @throws ConfigError naming every wrong variable */
export function loadWorkerConfig(
  env: Readonly<Record<string, string | undefined>> = process.env,
): WorkerConfig {
  const config = parseEnv(schema, env);
  if (config.SMTP_URL !== undefined && config.MAIL_FROM === undefined) {
    throw new ConfigError(
      "Configuration is wrong:\n  MAIL_FROM (not set): SMTP_URL needs an address that letters are from",
    );
  }
  checkRedisLink(config);
  scorerClientOptions(config);
  return {
    ...config,
    OPS_PORT: config.WORKER_METRICS_PORT ?? config.OPS_PORT,
    OPS_HOST: config.WORKER_METRICS_HOST ?? config.OPS_HOST,
    registry: config.MODEL_DIR ?? join(dataDir(), "registry"),
  };
}
