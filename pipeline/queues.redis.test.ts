import { setTimeout as sleep } from "node:timers/promises";
import { Queue, Worker } from "bullmq";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { TRANSACTIONS_QUEUE } from "../domain/jobs.ts";
import { startTestRedis, type TestRedis } from "../platform/embedded/testing/redis.ts";
import { startTcpProxy } from "../platform/embedded/testing/tcp-proxy.ts";
import { createLogger } from "../platform/process/logger.ts";
import { createMetrics } from "../platform/process/metrics.ts";
import { connectRedis } from "../platform/process/redis.ts";
import { openTransactionsQueue } from "./queues.ts";
import { Alone } from "./workers/alone.ts";
import { consume } from "./workers/consume.ts";
import { createWorkerMetrics } from "./workers/worker-metrics.ts";

const logger = createLogger("test", "silent");
let one: TestRedis;
let two: TestRedis;

beforeAll(async () => {
  [one, two] = await Promise.all([startTestRedis(), startTestRedis()]);
});
afterAll(() => Promise.all([one?.stop(), two?.stop()]));

/** Both ends of the transactions queue on a Redis; what was taken from it is in `taken`. */
function openEnds(url: string, prefix: string) {
  const taken: unknown[] = [];
  const producing = connectRedis(url, "producer", logger);
  const consuming = connectRedis(url, "worker", logger);
  const queue = openTransactionsQueue(producing, prefix);
  queue.on("error", () => {});
  const worker = consume(
    TRANSACTIONS_QUEUE,
    {
      redis: consuming,
      prefix,
      logger,
      metrics: createWorkerMetrics(createMetrics("test")),
      concurrency: 1,
      lockMs: 5_000,
      alone: new Alone(),
    },
    async (job) => void taken.push(job.data),
  );
  const close = async (): Promise<void> => {
    await Promise.all([worker.close(true), queue.close()]);
    producing.disconnect();
    consuming.disconnect();
  };
  return { queue, taken, close };
}

test("a neighbour's queue of the same name gives us nothing and takes nothing of ours", async () => {
  const connection = { host: "127.0.0.1", port: one.port };
  const ours = openEnds(one.url, "{paysecure}");
  const second = openEnds(one.url, "{paysecure-2}");
  const theirs = new Queue(TRANSACTIONS_QUEUE, { connection });
  const took: unknown[] = [];
  const neighbour = new Worker(TRANSACTIONS_QUEUE, async (job) => void took.push(job.data), { connection });
  try {
    for (let i = 0; i < 20; i++) {
      await ours.queue.add("chunk", { ours: i });
      await second.queue.add("chunk", { second: i });
      await theirs.add("chunk", { theirs: i });
    }
    const all = (key: string): unknown[] => Array.from({ length: 20 }, (_, i) => ({ [key]: i }));
    await vi.waitFor(() => {
      expect(ours.taken).toEqual(all("ours"));
      expect(second.taken).toEqual(all("second"));
      expect(took).toEqual(all("theirs"));
    }, 60_000);
  } finally {
    await Promise.all([ours.close(), second.close(), theirs.close(), neighbour.close()]);
  }
});

test("after a fail-over that leaves connections standing, jobs are taken in and worked on by the new master", async () => {
  const wire = await startTcpProxy(one.url);
  const admins = [one, two].map(({ url }) => connectRedis(url, "producer", logger));
  const [first, next] = admins as [(typeof admins)[0], (typeof admins)[0]];
  await next.replicaof("127.0.0.1", one.port);
  const ends = openEnds(wire.url, "{failover}");
  try {
    await ends.queue.add("chunk", { when: "before" });
    await vi.waitFor(() => expect(ends.taken).toEqual([{ when: "before" }]), 60_000);
    await vi.waitFor(
      async () => expect(await next.info("replication")).toContain("master_link_status:up"),
      60_000,
    );
    wire.lead(two.url);
    await next.replicaof("no", "one");
    await first.replicaof("127.0.0.1", two.port);
    await sleep(100);
    await ends.queue.add("chunk", { when: "after" });
    await vi.waitFor(() => expect(ends.taken).toContainEqual({ when: "after" }), 60_000);
  } finally {
    await ends.close();
    await first.replicaof("no", "one");
    for (const admin of admins) admin.disconnect();
    await wire.close();
  }
});
