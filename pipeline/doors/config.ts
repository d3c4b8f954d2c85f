import { z } from "zod";
import {
  ConfigError,
  databaseUrl,
  flag,
  logLevel,
  opsHost,
  opsPort,
  parseEnv,
  pemPath,
} from "../../platform/process/env.ts";
import { scorerClientOptions, scorerLink } from "../../scorer/client/link.ts";
import type { KafkaSettings } from "./kafka.ts";
import type { NatsSettings } from "./nats.ts";

const list = z.string().transform((text) =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== ""),
);

import { reviewEnv } from "../record/config.ts";

const schema = z.object({
  DATABASE_URL: databaseUrl,
  ...scorerLink,
  LOG_LEVEL: logLevel,
  OPS_PORT: opsPort,
  OPS_HOST: opsHost,
  ...reviewEnv,
  /** `nats://…` or `tls://…`, several with commas between. */
  NATS_URL: list.optional(),
  NATS_STREAM: z.string().min(1).optional(),
  NATS_CONSUMER: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, "must be 1 to 64 of A-Z a-z 0-9 _ -")
    .default("paysecure"),
  NATS_SUBJECT: z.string().min(1).optional(),
  NATS_CREDS_FILE: z.string().optional(),
  NATS_USER: z.string().optional(),
  NATS_PASSWORD: z.string().optional(),
  NATS_TOKEN: z.string().optional(),
  NATS_TLS_CA: pemPath.optional(),
  NATS_TLS_CERT: pemPath.optional(),
  NATS_TLS_KEY: pemPath.optional(),
  /** `host:port`, several with commas between. */
  KAFKA_BROKERS: list.optional(),
  KAFKA_TOPIC: z.string().min(1).optional(),
  KAFKA_GROUP: z.string().min(1).default("paysecure"),
  /** TLS with the authorities that Node trusts; said by itself when any of the files below is given. */
  KAFKA_TLS: flag(false),
  KAFKA_TLS_CA: pemPath.optional(),
  KAFKA_TLS_CERT: pemPath.optional(),
  KAFKA_TLS_KEY: pemPath.optional(),
  KAFKA_SASL: z.enum(["plain", "scram-sha-256", "scram-sha-512"]).optional(),
  KAFKA_USER: z.string().optional(),
  KAFKA_PASSWORD: z.string().optional(),
});

export type DoorsConfig = z.output<typeof schema> & {
  readonly nats: NatsSettings | undefined;
  readonly kafka: KafkaSettings | undefined;
};

/** What the doors of streams read. @throws ConfigError naming every wrong variable */
export function loadDoorsConfig(
  env: Readonly<Record<string, string | undefined>> = process.env,
): DoorsConfig {
  const config = parseEnv(schema, env);
  scorerClientOptions(config);
  return { ...config, nats: natsOf(config), kafka: kafkaOf(config) };
}

const wrong = (words: string): ConfigError => new ConfigError(`Configuration is wrong:\n  ${words}`);

function natsOf(config: z.output<typeof schema>): NatsSettings | undefined {
  const { NATS_URL: servers, NATS_STREAM: stream } = config;
  if (servers === undefined) return undefined;
  if (stream === undefined) throw wrong("NATS_STREAM (not set): NATS_URL needs the stream to read");
  const { NATS_TLS_CA: ca, NATS_TLS_CERT: cert, NATS_TLS_KEY: key } = config;
  if ((cert === undefined) !== (key === undefined))
    throw wrong("NATS_TLS_CERT and NATS_TLS_KEY belong together: set both, or neither");
  return {
    ...{ servers, stream, consumer: config.NATS_CONSUMER, subject: config.NATS_SUBJECT },
    ...{ credentials: config.NATS_CREDS_FILE, user: config.NATS_USER, password: config.NATS_PASSWORD },
    token: config.NATS_TOKEN,
    tls: (ca ?? cert) === undefined ? undefined : { ca, cert, key },
  };
}

function kafkaOf(config: z.output<typeof schema>): KafkaSettings | undefined {
  const { KAFKA_BROKERS: brokers, KAFKA_TOPIC: topic, KAFKA_GROUP: group, KAFKA_SASL: mechanism } = config;
  if (brokers === undefined) return undefined;
  if (topic === undefined) throw wrong("KAFKA_TOPIC (not set): KAFKA_BROKERS needs the topic to read");
  const { KAFKA_TLS_CA: ca, KAFKA_TLS_CERT: cert, KAFKA_TLS_KEY: key } = config;
  if ((cert === undefined) !== (key === undefined))
    throw wrong("KAFKA_TLS_CERT and KAFKA_TLS_KEY belong together: set both, or neither");
  const { KAFKA_USER: username, KAFKA_PASSWORD: password } = config;
  if (mechanism !== undefined && (username === undefined || password === undefined))
    throw wrong("KAFKA_USER and KAFKA_PASSWORD (not set): KAFKA_SASL needs both");
  return {
    ...{ brokers, topic, group },
    tls: config.KAFKA_TLS || (ca ?? cert) !== undefined ? { ca, cert, key } : undefined,
    sasl:
      mechanism === undefined ? undefined : { mechanism, username: username ?? "", password: password ?? "" },
  };
}
