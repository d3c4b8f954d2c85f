import cluster, { type Worker } from "node:cluster";
import { AggregatorRegistry, type Registry } from "prom-client";
import { type Backoff, backoffMs } from "../platform/process/backoff.ts";
import { messageOf } from "../platform/process/errors.ts";
import type { Lifecycle } from "../platform/process/lifecycle.ts";
import type { Logger } from "../platform/process/logger.ts";
import { startOpsServer } from "../platform/process/ops-server.ts";
import type { ScorerConfig } from "./config.ts";

const BEFORE_RESTART: Backoff = { firstMs: 250, mostMs: 10_000 };

/** What a worker process tells the first one. */
export type WorkerMessage =
  | { readonly kind: "ready"; readonly port: number }
  /** It ends right after. */
  | { readonly kind: "failed"; readonly why: string };

/** In a worker: tells the first process; nothing happens in a process that is alone. */
export function tellPrimary(message: WorkerMessage): void {
  // One that is gone needs no telling: this process ends with it, and not by an error that nobody listens for.
  process.send?.(message, undefined, undefined, () => {});
}

/** In a worker: lets the first process ask for these metrics. */
export function shareMetrics(metrics: Registry): void {
  // Constructing one makes it listen for the question.
  new AggregatorRegistry();
  AggregatorRegistry.setRegistries([metrics]);
}

/**
 * Runs the scorer in several processes behind one port (node:cluster hands connections out in turn), starts one again
 * that dies, and adds their metrics up. When one cannot start to begin with, all end with exit code 1. Every process loads its own models and follows the registry by itself.
 */
export async function runWorkers(config: ScorerConfig, logger: Logger, life: Lifecycle): Promise<void> {
  const ready = new Set<number>();
  let deaths = 0;
  let toldReady = false;
  const wanted = config.SCORER_WORKERS;

  const start = (): void => {
    const worker = cluster.fork();
    let why = "";
    let over = false;
    worker.on("message", (message: WorkerMessage) => {
      if (message.kind === "failed") why = message.why;
      if (message.kind !== "ready") return;
      ready.add(worker.id);
      deaths = 0;
      if (ready.size === wanted && !toldReady) {
        toldReady = true;
        logger.info({ address: `${config.SCORER_HOST}:${message.port}`, workers: wanted }, "listening");
        logger.info("ready");
      }
    });
    const ended = (how: string | number): void => {
      if (over) return;
      over = true;
      ready.delete(worker.id);
      if (life.stopping.aborted) return;
      const { pid: process } = worker.process;
      if (!toldReady) {
        logger.fatal({ process }, `could not start: ${why || `a worker process ended (${how})`}`);
        life.stop("a worker process could not start", 1);
        return;
      }
      const wait = backoffMs(BEFORE_RESTART, deaths++);
      logger.error({ process, how, restartInMs: wait }, "worker died");
      setTimeout(() => !life.stopping.aborted && start(), wait);
    };
    worker.on("exit", (code, signal) => ended(code ?? signal));
    // A process that could not even be made (no memory, no process left to have) says so here and nowhere else.
    worker.on("error", (error: Error) => ended(messageOf(error)));
  };

  life.onStop("workers", async () => {
    const workers = Object.values(cluster.workers ?? {}).filter((one): one is Worker => one !== undefined);
    await Promise.all(
      workers.map((worker) => {
        const gone = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
        worker.process.kill("SIGTERM");
        return worker.isDead() ? undefined : gone;
      }),
    );
  });

  if (config.OPS_PORT !== undefined) {
    const registry = new AggregatorRegistry();
    const ops = await startOpsServer({
      host: config.OPS_HOST,
      port: config.OPS_PORT,
      metrics: { contentType: registry.contentType, metrics: () => registry.clusterMetrics() },
      notReady: () =>
        ready.size > 0 && !life.stopping.aborted ? new Map() : new Map([["model", "no process is ready"]]),
    });
    life.onStop("metrics", () => ops.close());
    logger.info({ port: ops.port }, "metrics");
  }
  for (let i = 0; i < wanted; i++) start();
}
