import { setTimeout as sleep } from "node:timers/promises";
import { createLogger } from "../../platform/process/logger.ts";
import { createMetrics } from "../../platform/process/metrics.ts";
import { connectRedis } from "../../platform/process/redis.ts";
import { Alone } from "../workers/alone.ts";
import { consume } from "../workers/consume.ts";
import { createWorkerMetrics } from "../workers/worker-metrics.ts";

/** A worker that one kind of job ends, as a fault in native code would: started by tests as a process of its own. */
const [url = "", prefix = "", queue = "", most = ""] = process.argv.slice(2);
const logger = createLogger("poisoned", "info");
const worker = consume(
  queue,
  {
    ...{ redis: connectRedis(url, "worker", logger), prefix, logger, concurrency: 4, lockMs: 1_000 },
    ...{ metrics: createWorkerMetrics(createMetrics("test")), alone: new Alone(), maxStalled: Number(most) },
  },
  async ({ data }) => {
    if ((data as { source: string }).source === "poison") process.kill(process.pid, "SIGKILL");
    await sleep(300);
  },
);
await worker.waitUntilReady();
logger.info("ready");
