import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Queue, Worker } from "bullmq";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { TRANSACTIONS_QUEUE } from "../../domain/jobs.ts";
import { startTestRedis, type TestRedis } from "../../platform/embedded/testing/redis.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis, type RedisConnection } from "../../platform/process/redis.ts";
import { openTransactionsQueue, type QueuedTransaction, type TransactionChunk } from "../queues.ts";
import { eventually, startProcess } from "../testing/started-process.ts";
import { createProducer } from "./producer.ts";

const logger = createLogger("test", "silent");
const MAIN = "pipeline/simulator/main.ts";
const PREFIX = "{test}";
let server: TestRedis;
let redis: RedisConnection;
let queue: Queue;

beforeAll(async () => {
  server = await startTestRedis();
});
afterAll(() => server?.stop());
beforeEach(async () => {
  redis = connectRedis(server.url, "producer", logger);
  await redis.flushall();
  queue = openTransactionsQueue(redis, PREFIX);
  queue.on("error", () => {});
});
afterEach(async () => {
  await queue.close();
  redis.disconnect();
});

const producer = (overrides: Partial<Parameters<typeof createProducer>[0]> = {}) =>
  createProducer({ queue, redis, logger, maxOutstanding: 1_000, checkAfterMs: 100, ...overrides });

function chunk(chunkId: string, size: number): TransactionChunk {
  const transactions = Array.from({ length: size }, (_, i) => ({
    transactionId: `${chunkId}-${i}`,
    time: 1,
    v: Array(28).fill(0),
    amount: 1,
  }));
  return { chunkId, source: "simulator", transactions };
}

/** A worker that is done with everything at once. */
function finishing(): { done: string[]; close(): Promise<void> } {
  const done: string[] = [];
  const connection = connectRedis(server.url, "worker", logger);
  const worker = new Worker(
    TRANSACTIONS_QUEUE,
    async (job) => {
      for (const t of job.data.transactions as QueuedTransaction[]) done.push(t.transactionId);
    },
    { connection, prefix: PREFIX },
  );
  worker.on("error", () => {});
  return {
    done,
    close: async () => {
      await worker.close();
      connection.disconnect();
    },
  };
}

const waiting = async (): Promise<QueuedTransaction[]> =>
  (await queue.getJobs(["waiting", "prioritized"], 0, -1, true)).flatMap(
    (job) => job.data.transactions as QueuedTransaction[],
  );

test("a chunk handed in while Redis is away arrives once it is back", async () => {
  const handing = producer();
  await server.kill();
  await handing.submit(chunk("away", 3));
  expect(handing.outstanding()).toBe(3);
  await server.start();
  await eventually(async () => (await waiting()).length === 3);
  await handing.close(1_000);
});

test("beyond the limit handing in waits until something is decided", async () => {
  const handing = producer({ maxOutstanding: 10 });
  await handing.submit(chunk("a", 6));
  let taken = false;
  const second = handing.submit(chunk("b", 6)).then(() => {
    taken = true;
  });
  await eventually(async () => (await waiting()).length === 6);
  expect(taken).toBe(false);
  const worker = finishing();
  await second;
  await eventually(() => handing.outstanding() === 0);
  expect(worker.done).toHaveLength(12);
  await handing.close(1_000);
  await worker.close();
});

test("what Redis forgot is handed in again, what it still knows is not added twice", async () => {
  const handing = producer();
  await handing.submit(chunk("forgotten", 2));
  await eventually(async () => (await waiting()).length === 2);
  await redis.flushall();
  await eventually(async () => (await waiting()).length === 2);
  await new Promise((resolve) => setTimeout(resolve, 400)); // several checks later it is still one job
  expect(await waiting()).toHaveLength(2);
  await handing.close(1_000);
});

test("the process streams, survives Redis being killed without losing a number, and ends in order", async () => {
  const simulator = await startProcess(MAIN, {
    REDIS_URL: server.url,
    REDIS_PREFIX: PREFIX,
    SIM_RATE: "200",
    SIM_HEAD_START_SECONDS: "1",
  });
  await eventually(async () => (await waiting()).length > 200);
  await server.kill();
  await server.start();
  const before = (await waiting()).length;
  await eventually(async () => (await waiting()).length > before + 200);
  expect(await simulator.stop()).toBe(0);
  const ids = (await waiting()).map((t) => t.transactionId);
  const numbers = ids.map((id) => Number(id.split("-").at(-1))).sort((a, b) => a - b);
  expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => i + 1));
  expect(new Set(ids.map((id) => id.replace(/-\d+$/, ""))).size).toBe(1);
}, 60_000);

test("a replay hands in every row, waits for the decisions and ends; a bad file is an error", async () => {
  const folder = await mkdtemp(join(tmpdir(), "paysecure-replay-"));
  const columns = ["Time", ...Array.from({ length: 28 }, (_, i) => `V${i + 1}`), "Amount", "Class"];
  const rows = Array.from({ length: 500 }, (_, i) => [i, ...Array(28).fill(0.5), 3, 0].join(","));
  const [good, bad] = [join(folder, "good.csv"), join(folder, "bad.csv")];
  await writeFile(good, [columns.join(","), ...rows].join("\n"));
  await writeFile(bad, "Time,Amount\n1,2\n");
  const env = { REDIS_URL: server.url, REDIS_PREFIX: PREFIX };
  const worker = finishing();
  const [first, second] = await Promise.all([
    startProcess(MAIN, env, ["--replay", good, "--speed", "max"]),
    startProcess(MAIN, env, ["--replay", bad]),
  ]);
  expect(await first.ended).toBe(0);
  expect(await second.ended).toBe(1);
  expect(worker.done).toHaveLength(500);
  expect(second.log.join("\n")).toContain("bad.csv: line 1: columns V1");
  await worker.close();
  await rm(folder, { recursive: true });
}, 60_000);
