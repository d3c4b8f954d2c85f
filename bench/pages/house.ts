import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type StartedProcess, startProcess } from "../../pipeline/testing/started-process.ts";
import { startTestRedis } from "../../platform/embedded/testing/redis.ts";
import { freePort } from "../../platform/process/free-port.ts";
import { createScorerClient } from "../../scorer/client.ts";

/** What the bench shows to be let in. */
export const ADMIN_KEY = "bench-admin-key-0123456789";

/** A scorer and a Redis, which the webs of several stores share. */
export interface Neighbours {
  readonly env: Readonly<Record<string, string>>;
  /** What the scorer serves. */
  readonly champion: { readonly name: string; readonly version: string };
  stop(): Promise<void>;
}

export async function startNeighbours(): Promise<Neighbours> {
  const folder = mkdtempSync(join(tmpdir(), "paysecure-pages-"));
  const [redis, scorerPort] = await Promise.all([startTestRedis(), freePort()]);
  const env = {
    REDIS_URL: redis.url,
    DATA_DIR: folder,
    SCORER_PORT: String(scorerPort),
    SCORER_ADDRESS: `127.0.0.1:${scorerPort}`,
    ADMIN_API_KEY: ADMIN_KEY,
    OPEN_RATE_LIMIT: "0",
    KEY_RATE_LIMIT: "0",
    PERSON_RATE_LIMIT: "0",
    LOG_LEVEL: "info",
  };
  const scorer = await startProcess("scorer/main.ts", env);
  const client = createScorerClient({ address: env.SCORER_ADDRESS });
  const { model } = await client.getModel("champion").finally(() => client.close());
  return {
    env,
    champion: { name: model.name, version: model.version },
    stop: async () => {
      await scorer.stop();
      await redis.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The processes of one store: web and worker. */
export interface Store {
  readonly origin: string;
  /** From spawn to "ready", seconds. */
  readonly workerStart: number;
  readonly webStart: number;
  /** Starts the writing beside which pages are read. */
  startWriter(): Promise<StartedProcess>;
  stop(): Promise<void>;
}

export async function startStore(neighbours: Neighbours, databaseUrl: string, name: string): Promise<Store> {
  const port = await freePort();
  const env = {
    ...neighbours.env,
    DATABASE_URL: databaseUrl,
    REDIS_PREFIX: `{${name}}`,
    PORT: String(port),
  };
  const timed = async (script: string): Promise<[StartedProcess, number]> => {
    const started = performance.now();
    const process = await startProcess(script, env);
    return [process, (performance.now() - started) / 1_000];
  };
  const [worker, workerStart] = await timed("pipeline/workers/main.ts");
  const [web, webStart] = await timed("web/main.ts");
  return {
    origin: `http://127.0.0.1:${port}`,
    workerStart,
    webStart,
    startWriter: () => startProcess("bench/pages/writer.ts", env),
    stop: async () => {
      await web.stop();
      await worker.stop();
    },
  };
}
