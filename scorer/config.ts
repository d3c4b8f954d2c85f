import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type JwtSettings, jwtEnv, jwtSettings } from "../platform/credentials/jwt-config.ts";
import { dataDir } from "../platform/process/config.ts";
import {
  ConfigError,
  flag,
  insecure,
  logLevel,
  opsHost,
  opsPort,
  parseEnv,
  port,
  redisPrefix,
} from "../platform/process/env.ts";
import { openDoor } from "../platform/process/open-door.ts";
import { checkRedisLink, redisLink } from "../platform/process/redis-link.ts";
import { DEMO_CHAMPIONS, type Demo } from "./serving/seed.ts";

const count = (fallback: number, min = 1) => z.coerce.number().int().min(min).default(fallback);

const schema = z.object({
  SCORER_HOST: z.string().default("127.0.0.1"),
  SCORER_PORT: port(50_051),
  /** Processes behind the port; each has its own two inference threads. */
  SCORER_WORKERS: count(1),
  /** The registry of models; `registry` in the data folder, filled from {@link SEED_DIR}, unless another is given. */
  MODEL_DIR: z.string().optional(),
  /** `npm start -- --demo NAME`: whose champion serves as long as nobody has chosen one. */
  DEMO: z.enum(Object.keys(DEMO_CHAMPIONS) as [Demo, ...Demo[]]).optional(),
  /** How often the registry, keys and certificates are looked at, milliseconds. */
  SCORER_REFRESH_MS: count(2_000, 50),
  OPS_PORT: opsPort,
  OPS_HOST: opsHost,
  /** The name of the first releases, which goes before OPS_PORT. */
  SCORER_METRICS_PORT: opsPort,

  /** Transactions of single calls that may wait or be computed at once; as many of batches. */
  SCORER_QUEUE_ROWS: count(50_000),
  /** A request that would wait longer is turned away, milliseconds. */
  SCORER_QUEUE_MS: count(1_000),
  /** A batch is turned away when giving reasons to all batches inside would take longer, milliseconds. */
  SCORER_EXPLAIN_QUEUE_MS: count(10_000),
  /** Rows of one run of a model for single requests, at most. */
  SCORER_BATCH_ROWS: z.coerce.number().int().min(1).max(1_024).default(512),
  /** ONNX Runtime's threads within one run. */
  SCORER_ONNX_THREADS: count(1),
  /** Versions kept loaded beside those with traffic. */
  SCORER_EXTRA_MODELS: count(4),

  /** The largest message taken, bytes. */
  SCORER_MAX_MESSAGE_BYTES: count(4 * 1024 * 1024),
  /** The largest message sent, bytes. gRPC's clients take 4 MB unless they are told to take more. */
  SCORER_MAX_ANSWER_BYTES: count(4 * 1024 * 1024),
  /** Calls at once on one connection. */
  SCORER_MAX_STREAMS: count(1_000),
  /** A connection is asked to go after so long, so that clients spread over new servers, milliseconds; 0: never. */
  SCORER_CONNECTION_AGE_MS: count(0, 0),
  /**
   * How long a drain waits for calls in flight, milliseconds. Records may take five seconds after that, and a process
   * that has not ended after fourteen is ended.
   */
  SCORER_DRAIN_MS: count(7_000),

  /** PEM files. With a client CA, clients must show a certificate too. */
  SCORER_TLS_CERT: z.string().optional(),
  SCORER_TLS_KEY: z.string().optional(),
  SCORER_TLS_CLIENT_CA: z.string().optional(),
  /** Plain text beyond this machine, e.g. behind a service mesh that encrypts. */
  SCORER_ALLOW_PLAINTEXT: flag(false),
  /** Listen where other machines reach us in plain text, or without keys, all the same. */
  INSECURE: insecure,
  /** Ask every caller for a key; those of the console come by REDIS_URL. */
  SCORER_REQUIRE_KEYS: flag(false),
  /** JSON file of API keys (`npm run api-keys -- NAME --file` writes it), beside those of the console. Asks for keys too. */
  SCORER_API_KEYS_FILE: z.string().optional(),
  /** SHA-256 of the key that `npm start` gives its own web and worker. */
  SCORER_HOUSE_KEY_SHA256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "must be 64 digits of lower-case hex")
    .optional(),
  ...jwtEnv,
  /** For `record = true`; without it decisions are answered with `recorded: false`. */
  ...redisLink,
  REDIS_URL: redisLink.REDIS_URL.optional(),
  REDIS_PREFIX: redisPrefix,
  /**
   * How long a batch waits for what is known of its entities, milliseconds; then they are taken for unknown. Only for
   * models whose schema has aggregates, which are in Redis.
   */
  SCORER_FEATURES_MS: count(50),
  /** Decisions that may wait for Redis. */
  SCORER_RECORD_WAITING: count(20_000),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().optional(),
  LOG_LEVEL: logLevel,
});

/** The registry that comes with the product. */
export const SEED_DIR = fileURLToPath(new URL("../models/registry", import.meta.url));

export type ScorerConfig = Readonly<
  Omit<z.output<typeof schema>, "MODEL_DIR"> & {
    readonly MODEL_DIR: string;
    /** Whether the registry is the product's own, to be filled from {@link SEED_DIR}. */
    readonly seeded: boolean;
    /** Where the console's keys are kept as they were last known. */
    readonly lastKeys: string;
    /** … and the policy and its lists; without REDIS_URL this file is what is followed. */
    readonly lastPolicy: string;
    /** … and the rates by which amounts are converted. */
    readonly lastRates: string;
    /** Whose tokens are taken beside keys; undefined for nobody's. */
    readonly jwt: JwtSettings | undefined;
  }
>;

/** @throws ConfigError that lists every wrong variable */
export function readScorerConfig(
  env: Readonly<Record<string, string | undefined>> = process.env,
): ScorerConfig {
  const given = parseEnv(schema, env);
  const folder = env["DATA_DIR"] || dataDir();
  const config = {
    ...given,
    OPS_PORT: given.SCORER_METRICS_PORT ?? given.OPS_PORT,
    MODEL_DIR: given.MODEL_DIR ?? join(folder, "registry"),
    seeded: given.MODEL_DIR === undefined,
    lastKeys: join(folder, "security", "api-keys.json"),
    lastPolicy: join(folder, "policy", "active"),
    lastRates: join(folder, "rates", "last.json"),
    jwt: jwtSettings(given),
  };
  const { SCORER_TLS_CERT: cert, SCORER_TLS_KEY: key, SCORER_TLS_CLIENT_CA: clientCa } = config;
  if ((cert === undefined) !== (key === undefined) || (clientCa !== undefined && cert === undefined)) {
    throw new ConfigError(
      "SCORER_TLS_CERT and SCORER_TLS_KEY belong together (and SCORER_TLS_CLIENT_CA to both)",
    );
  }
  if (config.SCORER_REQUIRE_KEYS && !config.REDIS_URL && !config.SCORER_API_KEYS_FILE && !config.jwt) {
    throw new ConfigError(
      "SCORER_REQUIRE_KEYS knows no keys: set REDIS_URL for those of the console, SCORER_API_KEYS_FILE or JWT_ISSUER",
    );
  }
  checkRedisLink(config);
  const trouble = openToOthers(config);
  if (trouble !== undefined && !config.INSECURE) throw new ConfigError(trouble);
  return config;
}

/** What is wrong with where the scorer listens, were it not for INSECURE; undefined when nothing is. */
export function openToOthers(config: ScorerConfig): string | undefined {
  const door = { variable: "SCORER_HOST", host: config.SCORER_HOST };
  const encrypted = config.SCORER_TLS_CERT !== undefined || config.SCORER_ALLOW_PLAINTEXT;
  // A client's certificate, too, says who calls.
  const known = asksForKeys(config) || config.SCORER_TLS_CLIENT_CA !== undefined;
  return (
    openDoor({
      ...door,
      missing: encrypted ? undefined : "in plain text",
      remedy:
        "SCORER_TLS_CERT and SCORER_TLS_KEY (or SCORER_ALLOW_PLAINTEXT=true where something else encrypts)",
    }) ??
    openDoor({
      ...door,
      missing: known ? undefined : "and asks nobody for a key",
      remedy:
        "SCORER_REQUIRE_KEYS=true, SCORER_API_KEYS_FILE (npm run api-keys makes it) or SCORER_TLS_CLIENT_CA",
    })
  );
}

/** Whether callers have to show a key or a token. */
export function asksForKeys(
  config: Pick<ScorerConfig, "SCORER_REQUIRE_KEYS" | "SCORER_API_KEYS_FILE">,
): boolean {
  return config.SCORER_REQUIRE_KEYS || config.SCORER_API_KEYS_FILE !== undefined;
}
