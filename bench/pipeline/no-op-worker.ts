import { Worker } from "bullmq";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis } from "../../platform/process/redis.ts";
import { inheritedEnv } from "../config.ts";

/** Takes jobs and does nothing with them but count: what the queue alone costs. */
const logger = createLogger("no-op", "info");
const redisUrl = inheritedEnv["REDIS_URL"] ?? "";
const counting = connectRedis(redisUrl, "producer", logger);
const worker = new Worker("no-op", async () => void (await counting.incr("{bench}:no-op-done")), {
  connection: connectRedis(redisUrl, "worker", logger),
  prefix: "{bench}",
  concurrency: 4,
});
process.on("SIGTERM", () => process.exit(0));
await worker.waitUntilReady();
logger.info("ready");
