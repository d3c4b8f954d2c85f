import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type StartedProcess, startProcess } from "../../pipeline/testing/started-process.ts";
import { startTestRedis, type TestRedis } from "../../platform/embedded/testing/redis.ts";
import { startTcpProxy, type TcpProxy } from "../../platform/embedded/testing/tcp-proxy.ts";
import type { FailPoint } from "../../platform/process/fail-point.ts";
import { freePort } from "../../platform/process/free-port.ts";
import {
  type BenchPostgres,
  hasPostgres,
  startBenchPostgres,
  startEmbeddedPostgres,
} from "../servers/postgres.ts";
import { prepareSchema } from "../servers/schema.ts";

export const ADMIN_KEY = "chaos-admin-key-0123456789";
export const PREFIX = "{chaos}";

/** A process of the product that is started again whenever it dies. */
export class Kept {
  readonly name: string;
  readonly #script: string;
  readonly #env: Readonly<Record<string, string>>;
  #running: StartedProcess | undefined;
  #starting: Promise<void> = Promise.resolve();
  #stopped = false;
  /** Every line of every life. */
  readonly log: string[] = [];
  lives = 0;

  constructor(name: string, script: string, env: Readonly<Record<string, string>>) {
    this.name = name;
    this.#script = script;
    this.#env = env;
  }

  /** Starts it, to die at a named point when one is given. Resolves when it is ready, or was so unlucky as to die before. */
  start(point?: { readonly name: FailPoint; readonly times: number }): Promise<void> {
    this.#starting = this.#start(point ? { FAIL_POINTS: `${point.name}:${point.times}` } : {});
    return this.#starting;
  }

  async #start(extra: Record<string, string>): Promise<void> {
    try {
      const started = await startProcess(this.#script, { ...this.#env, ...extra });
      this.lives++;
      this.#running = started;
      void started.ended.then(async () => {
        this.log.push(...started.log);
        if (this.#running === started) this.#running = undefined;
        if (!this.#stopped) await this.start();
      });
    } catch {
      // It died on its way up, at a named point or because something else was away: again.
      if (!this.#stopped) await this.start();
    }
  }

  /** SIGKILL, and up again; with a named point to die at next when one is given. */
  async kill(point?: { readonly name: FailPoint; readonly times: number }): Promise<void> {
    await this.#starting;
    const running = this.#running;
    if (!running) return;
    this.#running = undefined;
    // The watcher above starts it without a point: this one is faster.
    const stopped = this.#stopped;
    this.#stopped = true;
    await running.kill();
    await new Promise((resolve) => setImmediate(resolve));
    this.#stopped = stopped;
    await this.start(point);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#starting;
    const running = this.#running;
    await running?.stop();
    if (running) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The whole product on real servers, with proxies on the worker's wires. */
export interface ChaosHouse {
  readonly redis: TestRedis;
  readonly postgres: BenchPostgres;
  readonly wires: Readonly<Record<"postgres" | "redis" | "scorer", TcpProxy>>;
  readonly scorer: Kept;
  readonly web: Kept;
  readonly workers: readonly Kept[];
  readonly webUrl: string;
  readonly scorerAddress: string;
  stop(): Promise<void>;
}

/** @param embedded takes PGlite also where there is a PostgreSQL */
export async function openChaosHouse(embedded = false): Promise<ChaosHouse> {
  const folder = mkdtempSync(join(tmpdir(), "paysecure-chaos-"));
  const [redis, postgres, scorerPort, webPort] = await Promise.all([
    startTestRedis(),
    hasPostgres() && !embedded ? startBenchPostgres() : startEmbeddedPostgres(folder),
    freePort(),
    freePort(),
  ]);
  const scorerAddress = `127.0.0.1:${scorerPort}`;
  const wires = {
    postgres: await startTcpProxy(postgres.url),
    redis: await startTcpProxy(redis.url),
    scorer: await startTcpProxy(`http://${scorerAddress}`),
  };
  const common = { DATA_DIR: folder, REDIS_PREFIX: PREFIX, LOG_LEVEL: "info" };
  const direct = {
    ...common,
    REDIS_URL: redis.url,
    DATABASE_URL: postgres.url,
    SCORER_ADDRESS: scorerAddress,
  };
  await prepareSchema(postgres.url);
  const scorer = new Kept("scorer", "scorer/main.ts", { ...direct, SCORER_PORT: String(scorerPort) });
  const web = new Kept("web", "web/main.ts", { ...direct, PORT: String(webPort), ADMIN_API_KEY: ADMIN_KEY });
  const behindWires = {
    ...common,
    REDIS_URL: wires.redis.url,
    DATABASE_URL: wires.postgres.url,
    SCORER_ADDRESS: new URL(wires.scorer.url).host,
    WORKER_LOCK_SECONDS: "2",
    RECONCILE_SECONDS: "2",
    // So short that many cases pass it.
    REVIEW_SLA_HIGH_MINUTES: "0.1",
    REVIEW_SLA_CRITICAL_MINUTES: "0.2",
  };
  const workers = ["worker-1", "worker-2"].map(
    (name) => new Kept(name, "pipeline/workers/main.ts", behindWires),
  );
  await scorer.start();
  await Promise.all([web.start(), ...workers.map((worker) => worker.start())]);
  return {
    redis,
    postgres,
    wires,
    scorer,
    web,
    workers,
    webUrl: `http://127.0.0.1:${webPort}`,
    scorerAddress,
    stop: async () => {
      await Promise.all([scorer, web, ...workers].map((process) => process.stop()));
      await Promise.all(Object.values(wires).map((wire) => wire.close()));
      await postgres.stop();
      await redis.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
