import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FeatureEngine } from "../../features/engine/engine.ts";
import { parseSchema } from "../../features/schema/read.ts";
import { EVERY_AGGREGATE } from "../../features/testing/payments.ts";
import { startTestRedis, type TestRedis } from "../../platform/embedded/testing/redis.ts";
import { freePort } from "../../platform/process/free-port.ts";
import { createFixtureRegistry, plainCard } from "../../scorer/testing/onnx-fixture.ts";
import { Kept } from "../chaos/house.ts";
import { hasPostgres, startBenchPostgres, startEmbeddedPostgres } from "../servers/postgres.ts";
import { prepareSchema } from "../servers/schema.ts";

export const PREFIX = "{parity}";

/** The product as far as aggregates go, on real servers: a scorer whose champion has a schema, and a worker. */
export interface ParityHouse {
  readonly redis: TestRedis;
  readonly databaseUrl: string;
  readonly scorer: Kept;
  /** One: it takes every job and delivers every message, so it passes every named point. */
  readonly worker: Kept;
  readonly engine: FeatureEngine;
  /** What the champion says of a row. */
  probability(row: ArrayLike<number>): number;
  /** The environment of commands. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** @param embedded takes PGlite also where there is a PostgreSQL */
export async function openParityHouse(embedded: boolean): Promise<ParityHouse> {
  const folder = mkdtempSync(join(tmpdir(), "paysecure-parity-"));
  const [redis, postgres, scorerPort, registry] = await Promise.all([
    startTestRedis(),
    hasPostgres() && !embedded ? startBenchPostgres() : startEmbeddedPostgres(folder),
    freePort(),
    createFixtureRegistry(),
  ]);
  const engine = new FeatureEngine(parseSchema(EVERY_AGGREGATE));
  // Every column moves the score a little, each its own way.
  const weights = engine.columns.map((_, i) => ((i % 2 === 0 ? 1 : -1) * (1 + i / 7)) / 1_000);
  const champion = await registry.add(
    ...(["parity", "1", { weights, bias: -2 }, plainCard(engine.columns), EVERY_AGGREGATE] as const),
  );
  await registry.setAliases({ champion });
  await prepareSchema(postgres.url);
  const env = {
    ...{ DATA_DIR: folder, MODEL_DIR: registry.root, REDIS_PREFIX: PREFIX, LOG_LEVEL: "info" },
    ...{ REDIS_URL: redis.url, DATABASE_URL: postgres.url, SCORER_ADDRESS: `127.0.0.1:${scorerPort}` },
  };
  const scorer = new Kept("scorer", "scorer/main.ts", {
    ...env,
    ...{ SCORER_PORT: String(scorerPort), SCORER_FEATURES_MS: "1000" },
  });
  const worker = new Kept("worker", "pipeline/workers/main.ts", {
    ...env,
    ...{ WORKER_LOCK_SECONDS: "2", RECONCILE_SECONDS: "2" },
  });
  await scorer.start();
  await worker.start();
  return {
    ...{ redis, databaseUrl: postgres.url, scorer, worker, engine, env },
    probability: (row) => {
      let sum = -2;
      for (const [i, weight] of weights.entries()) sum += weight * (row[i] as number);
      return 1 / (1 + Math.exp(-sum));
    },
    stop: async () => {
      await Promise.all([scorer.stop(), worker.stop()]);
      await postgres.stop();
      await redis.stop();
      await registry.remove();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
