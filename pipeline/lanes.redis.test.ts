import type { Queue } from "bullmq";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { startTestRedis, type TestRedis } from "../platform/embedded/testing/redis.ts";
import { createLogger } from "../platform/process/logger.ts";
import { createMetrics } from "../platform/process/metrics.ts";
import { connectRedis } from "../platform/process/redis.ts";
import { BULK_PRIORITY, countWaiting, type Lane, nextPlace, redisOf } from "./lanes.ts";
import { enqueueTransactions, openTransactionsQueue, type QueuedTransaction } from "./queues.ts";
import { Alone } from "./workers/alone.ts";
import { consume } from "./workers/consume.ts";
import { createWorkerMetrics } from "./workers/worker-metrics.ts";

const logger = createLogger("test", "silent");
let server: TestRedis;
let queue: Queue;
beforeAll(async () => {
  server = await startTestRedis();
});
afterAll(() => server.stop());
beforeEach(() => {
  queue = openTransactionsQueue(connectRedis(server.url, "producer", logger), "{test}");
});
afterEach(async () => {
  await redisOf(queue).flushall();
  await queue.close();
  redisOf(queue).disconnect();
});

let made = 0;
const hand = (source: string, payments: number, lane?: Lane) => {
  const transactions = Array.from(
    { length: payments },
    (): QueuedTransaction => ({ transactionId: `${source}-${made++}`, amount: 1 }),
  );
  const chunk = { chunkId: `${source}-chunk-${made}`, source, transactions };
  return enqueueTransactions(queue, lane ? { ...chunk, lane } : chunk);
};

/** Works on so many jobs, or all, one after the other. @returns their sources in that order */
async function work(most = Number.POSITIVE_INFINITY): Promise<string[]> {
  const taken: string[] = [];
  const redis = connectRedis(server.url, "worker", logger);
  const all = Math.min(most, await countWaiting(queue));
  await new Promise<void>((resolve) => {
    const worker = consume(
      queue.name,
      {
        ...{ redis, prefix: "{test}", logger, concurrency: 1, lockMs: 5_000, alone: new Alone() },
        metrics: createWorkerMetrics(createMetrics("test")),
      },
      async ({ data }) => {
        taken.push((data as { source: string }).source);
        if (taken.length === all) {
          // Takes no other after this one.
          setImmediate(() => worker.close().then(resolve));
        }
      },
    );
  });
  redis.disconnect();
  return taken.slice(0, all);
}

test("who hands in 200 behind another's 50,000 is decided within as many again", async () => {
  for (let i = 0; i < 250; i++) await hand("flood", 200);
  await hand("small", 200);
  const order = await work(4);
  expect(order).toContain("small");
});

test("two sources go in turn, also when one began long before", async () => {
  for (let i = 0; i < 30; i++) await hand("flood", 1);
  await work(10);
  for (let i = 0; i < 10; i++) await hand("small", 1);
  const order = await work();
  const last = order.lastIndexOf("small");
  expect(order.slice(0, last + 1).filter((source) => source === "flood").length).toBeLessThanOrEqual(12);
});

test("live goes before replayed, bulk in between, and what has no priority first", async () => {
  for (let i = 0; i < 50; i++) await hand("replay", 1, "replay");
  await queue.add("chunk", { source: "nightly" }, { priority: BULK_PRIORITY });
  await hand("api", 1);
  await queue.add("chunk", { source: "plain" });
  expect((await work()).slice(0, 4)).toEqual(["plain", "api", "nightly", "replay"]);
});

test("an empty lane begins anew, and one that is full keeps to the order of arrival", async () => {
  expect([await nextPlace(queue, "a", "live"), await nextPlace(queue, "a", "live")]).toEqual([1, 1]);
  await queue.add("a", {}, { priority: 999_998 });
  expect(await nextPlace(queue, "a", "live")).toBe(999_998);
  expect(await nextPlace(queue, "a", "live")).toBe(999_999);
  expect(await nextPlace(queue, "a", "live")).toBe(999_999);
  expect(await nextPlace(queue, "a", "replay")).toBe(1_000_001);
});
