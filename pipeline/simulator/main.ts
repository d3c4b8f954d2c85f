import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { MAX_CHUNK } from "../../domain/jobs.ts";
import { configOrExit } from "../../platform/process/env.ts";
import { messageOf } from "../../platform/process/errors.ts";
import { type Lifecycle, runProcess } from "../../platform/process/lifecycle.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis } from "../../platform/process/redis.ts";
import { openTransactionShards, type QueuedTransaction } from "../queues.ts";
import { loadSimulatorConfig, type SimulatorConfig } from "./config.ts";
import { createPaymentsStream } from "./payments/stream.ts";
import { createProducer, type Producer } from "./producer.ts";
import { readProfile } from "./profile.ts";
import { replay } from "./replay.ts";
import { createStream } from "./stream.ts";

/** How often what has arrived meanwhile is handed in. */
const TICK_MS = 250;
/** After a pause longer than this the stream goes on from now, rather than with a burst. */
const PAUSE_MS = 2_000;
/** How long the end waits for Redis to take what is left. */
const CLOSE_LIMIT_MS = 10_000;

const config = configOrExit(() => loadSimulatorConfig(process.argv.slice(2)));
const logger = createLogger("simulator", config.LOG_LEVEL);

runProcess(logger, async (life) => {
  const redis = connectRedis(config, "producer", logger);
  const queue = openTransactionShards(redis, config.REDIS_PREFIX, config);
  for (const one of queue.queues) one.on("error", () => {}); // the connection logs its losses itself
  const producer = createProducer({
    queue,
    redis,
    logger,
    maxOutstanding: config.SIM_MAX_OUTSTANDING,
    checkAfterMs: 10_000,
  });
  const runId = letters(10);
  let chunks = 0;
  const handIn = async (
    source: "simulator" | "replay",
    transactions: readonly QueuedTransaction[],
  ): Promise<void> => {
    for (let at = 0; at < transactions.length; at += MAX_CHUNK) {
      if (life.stopping.aborted) return;
      await producer.submit({
        chunkId: `${source}-${runId}-${++chunks}`,
        source,
        transactions: transactions.slice(at, at + MAX_CHUNK),
      });
    }
  };
  let running: Promise<void> = Promise.resolve();
  life.onStop("producer", async () => {
    const left = await producer.close(CLOSE_LIMIT_MS);
    if (left > 0) logger.warn({ chunks: left }, "redis did not take everything that was generated");
    await running;
    await Promise.all(queue.queues.map((one) => one.close()));
    redis.disconnect();
  });

  while (!life.stopping.aborted) {
    const answered = await redis.ping().then(
      () => true,
      () => false,
    );
    if (answered) break;
    await sleep(200);
  }
  logger.info(
    { runId, rate: config.SIM_RATE, fraudRate: config.SIM_FRAUD_RATE, replay: config.replay?.path },
    "ready",
  );
  const work = config.replay ? runReplay(config.replay, life, handIn, producer) : runStream(life, handIn);
  running = work.catch((error: unknown) => {
    logger.fatal({ err: error }, `simulator failed: ${messageOf(error)}`);
    life.stop("failed", 1);
  });

  async function runStream(lifecycle: Lifecycle, hand: typeof handIn): Promise<void> {
    const common = {
      seed: config.SIM_SEED ?? randomInt(2 ** 32),
      rate: config.SIM_RATE,
      runId,
      startMs: Date.now() - config.SIM_HEAD_START_SECONDS * 1_000,
    };
    const stream =
      config.DEMO === "payments"
        ? createPaymentsStream({ ...common, customers: config.SIM_CUSTOMERS })
        : createStream({ ...common, profile: await readProfile(), fraudRate: config.SIM_FRAUD_RATE });
    while (!lifecycle.stopping.aborted) {
      const now = Date.now();
      await hand("simulator", stream.until(now));
      if (Date.now() - now > PAUSE_MS) {
        logger.info({ pausedMs: Date.now() - now }, "paused: too much is waiting to be decided");
        stream.skipTo(Date.now());
      }
      await sleep(TICK_MS, undefined, { signal: lifecycle.stopping }).catch(() => {});
    }
  }
});

async function runReplay(
  file: NonNullable<SimulatorConfig["replay"]>,
  life: Lifecycle,
  handIn: (source: "simulator" | "replay", transactions: readonly QueuedTransaction[]) => Promise<void>,
  producer: Producer,
): Promise<void> {
  let count = 0;
  const runId = letters(10);
  for await (const transactions of replay({ ...file, runId, stopping: life.stopping })) {
    await handIn("replay", transactions);
    count += transactions.length;
  }
  logger.info({ count }, "replay handed in");
  while (producer.outstanding() > 0 && !life.stopping.aborted) await sleep(100);
  if (!life.stopping.aborted) logger.info({ count }, "replay decided");
  life.stop("replay is over");
}

/** Letters only: an id with many digits could look like a card number. */
function letters(count: number): string {
  return Array.from({ length: count }, () => String.fromCharCode(97 + randomInt(26))).join("");
}
