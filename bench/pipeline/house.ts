import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type StartedProcess, startProcess } from "../../pipeline/testing/started-process.ts";
import { startTestRedis, type TestRedis } from "../../platform/embedded/testing/redis.ts";
import { freePort } from "../../platform/process/free-port.ts";
import {
  type BenchPostgres,
  hasPostgres,
  startBenchPostgres,
  startEmbeddedPostgres,
} from "../servers/postgres.ts";
import { prepareSchema } from "../servers/schema.ts";

/** Real Redis, PostgreSQL and scorer, and workers as many as are asked for; no simulator. */
export interface House {
  readonly redis: TestRedis;
  readonly postgres: BenchPostgres;
  readonly scorer: StartedProcess;
  readonly env: Readonly<Record<string, string>>;
  startWorker(): Promise<StartedProcess>;
  stop(): Promise<void>;
}

/** @param embedded takes PGlite also where there is a PostgreSQL, and where there is none */
export async function openHouse(embedded = false): Promise<House> {
  const folder = mkdtempSync(join(tmpdir(), "paysecure-bench-"));
  const [redis, postgres, scorerPort] = await Promise.all([
    startTestRedis(),
    embedded || !hasPostgres() ? startEmbeddedPostgres(folder) : startBenchPostgres(),
    freePort(),
  ]);
  const env = {
    REDIS_URL: redis.url,
    REDIS_PREFIX: "{bench}",
    DATABASE_URL: postgres.url,
    DATA_DIR: folder,
    SCORER_PORT: String(scorerPort),
    SCORER_ADDRESS: `127.0.0.1:${scorerPort}`,
    LOG_LEVEL: "info",
  };
  const scorer = await startProcess("scorer/main.ts", env);
  await prepareSchema(postgres.url);
  return {
    redis,
    postgres,
    scorer,
    env,
    startWorker: () => startProcess("pipeline/workers/main.ts", env),
    stop: async () => {
      await scorer.stop();
      await postgres.stop();
      await redis.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
