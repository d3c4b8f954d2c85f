import cluster, { type Worker } from "node:cluster";
import { AggregatorRegistry, type Registry } from "prom-client";
import type { Lifecycle } from "../platform/lifecycle.ts";
import type { Logger } from "../platform/logger.ts";
import { startOpsServer } from "../platform/ops-server.ts";
import type { ScorerConfig } from "./config.ts";

const FIRST_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 10_000;

/** In a worker: lets the first process ask for these metrics. */
export function shareMetrics(metrics: Registry): void {
  // Constructing one makes it listen for the question.
  new AggregatorRegistry();
  AggregatorRegistry.setRegistries([metrics]);
}

/**
 * Runs the scorer in several processes behind one port (node:cluster hands connections out in turn), starts one again
 * that dies, and adds their metrics up. Every process loads its own models and follows the registry by itself.
 */
export async function runWorkers(config: ScorerConfig, logger: Logger, life: Lifecycle): Promise<void> {
  const ready = new Set<number>();
  let deaths = 0;
  let toldReady = false;
  const wanted = config.SCORER_WORKERS;

  const start = (): void => {
    const worker = cluster.fork();
    worker.on("message", (message: { kind?: string; port?: number }) => {
      if (message.kind !== "ready") return;
      ready.add(worker.id);
      deaths = 0;
      if (ready.size === wanted && !toldReady) {
        toldReady = true;
        logger.info({ address: `${config.SCORER_HOST}:${message.port}`, workers: wanted }, "listening");
        logger.info("ready");
      }
    });
    worker.on("exit", (code, signal) => {
      ready.delete(worker.id);
      if (life.stopping.aborted) return;
      if (!toldReady) {
        life.stop(`worker ${worker.process.pid} could not start (${code ?? signal})`);
        process.exitCode = 1;
        return;
      }
      const wait = Math.min(FIRST_BACKOFF_MS * 2 ** deaths++, MAX_BACKOFF_MS);
      logger.error({ pid: worker.process.pid, code, signal, restartInMs: wait }, "worker died");
      setTimeout(() => !life.stopping.aborted && start(), wait);
    });
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

  if (config.SCORER_METRICS_PORT !== undefined) {
    const registry = new AggregatorRegistry();
    const ops = await startOpsServer({
      host: config.SCORER_HOST,
      port: config.SCORER_METRICS_PORT,
      metrics: {
        contentType: registry.contentType,
        metrics: () => registry.clusterMetrics(),
      } as unknown as Parameters<typeof startOpsServer>[0]["metrics"],
      notReady: () => (ready.size > 0 && !life.stopping.aborted ? [] : ["workers"]),
    });
    life.onStop("metrics", () => ops.close());
    logger.info({ port: ops.port }, "metrics");
  }
  for (let i = 0; i < wanted; i++) start();
}
