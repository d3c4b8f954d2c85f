import { fileURLToPath } from "node:url";
import { z } from "zod";
import { logLevel, parseEnv, port } from "../platform/env.ts";

const count = (fallback: number, min = 1) => z.coerce.number().int().min(min).default(fallback);

const schema = z.object({
  SCORER_HOST: z.string().default("127.0.0.1"),
  SCORER_PORT: port(50_051),
  MODEL_DIR: z.string().default(fileURLToPath(new URL("../models/registry", import.meta.url))),
  /** /healthz, /readyz and /metrics; not served when unset. */
  SCORER_METRICS_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  /** Transactions that may wait or be computed at once. */
  SCORER_QUEUE_ROWS: count(50_000),
  /** A request that would wait longer is turned away, milliseconds. */
  SCORER_QUEUE_MS: count(1_000),
  /** A micro-batch that has grown to so many rows runs at once. */
  SCORER_BATCH_ROWS: count(512),
  /** The largest message taken, bytes. */
  SCORER_MAX_MESSAGE_BYTES: count(4 * 1024 * 1024),
  /** ONNX Runtime's threads within one run. */
  SCORER_ONNX_THREADS: count(1),
  /** Versions kept loaded beside the champion. */
  SCORER_EXTRA_MODELS: count(4, 0),
  LOG_LEVEL: logLevel,
});

export type ScorerConfig = Readonly<z.output<typeof schema>>;

/** @throws ConfigError that lists every wrong variable */
export function readScorerConfig(
  env: Readonly<Record<string, string | undefined>> = process.env,
): ScorerConfig {
  return parseEnv(schema, env);
}
