import { randomUUID } from "node:crypto";
import { enqueueTransactions, openTransactionsQueue } from "../pipeline/queues.ts";
import { startTestSentinels } from "../platform/embedded/testing/redis-sentinel.ts";
import { createLogger } from "../platform/process/logger.ts";
import { connectRedis } from "../platform/process/redis.ts";
import { paymentSource } from "./pipeline/payments.ts";

/**
 * `npm run bench -- replicas`: what it costs a door that a chunk is on replicas before it is acknowledged: chunks of 50
 * payments by 16 callers at once, and by one, in turns without and with WAIT, on a primary with two replicas of this machine.
 */
const ROUNDS = 4;
const ROUND_MS = 2_000;
const CHUNK = 50;
const PREFIX = "{replicas}";

const logger = createLogger("bench", "silent");
const servers = await startTestSentinels();
const payments = await paymentSource("replicas");
const chunk = payments(CHUNK);
try {
  for (const callers of [1, 16]) {
    const waits = new Map<number, number[]>();
    for (let round = 0; round < ROUNDS; round++) {
      for (const replicas of [0, 1, 2]) {
        const redis = connectRedis(
          { REDIS_URL: servers.url, REDIS_WAIT_REPLICAS: replicas },
          "producer",
          logger,
        );
        const queue = openTransactionsQueue(redis, PREFIX);
        queue.on("error", () => {});
        const took = waits.get(replicas) ?? [];
        waits.set(replicas, took);
        const until = performance.now() + ROUND_MS;
        const caller = async (): Promise<void> => {
          while (performance.now() < until) {
            const began = performance.now();
            await enqueueTransactions(queue, { chunkId: randomUUID(), source: "bench", transactions: chunk });
            took.push(performance.now() - began);
          }
        };
        await Promise.all(Array.from({ length: callers }, caller));
        await queue.obliterate({ force: true });
        await queue.close();
        redis.disconnect();
      }
    }
    for (const [replicas, took] of waits) {
      took.sort((a, b) => a - b);
      const at = (share: number): string => (took[Math.floor((took.length - 1) * share)] ?? 0).toFixed(2);
      const rate = Math.round((took.length * CHUNK * 1_000) / (ROUNDS * ROUND_MS));
      console.log(
        `${callers} callers, ${replicas} replicas: ${rate.toLocaleString("en")} payments/s, ${at(0.5)} ms at the median, ${at(0.99)} ms at p99`,
      );
    }
  }
} finally {
  await servers.stop();
}
