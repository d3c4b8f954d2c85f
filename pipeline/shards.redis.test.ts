import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { startTestRedis, type TestRedis } from "../platform/embedded/testing/redis.ts";
import { createLogger } from "../platform/process/logger.ts";
import { createMetrics } from "../platform/process/metrics.ts";
import { connectRedis, type RedisConnection } from "../platform/process/redis.ts";
import { enqueueTransactions, openTransactionShards, type QueuedTransaction } from "./queues.ts";
import { shardOf, shardPrefix, shardTrouble, type TransactionShards } from "./shards.ts";
import { createProducer } from "./simulator/producer.ts";
import { eventually } from "./testing/started-process.ts";
import { Alone } from "./workers/alone.ts";
import { consumeShards, type ShardConsumers } from "./workers/consume-shards.ts";
import { createWorkerMetrics } from "./workers/worker-metrics.ts";

const logger = createLogger("test", "silent");
const PREFIX = "{test}";
let server: TestRedis;
let redis: RedisConnection;
let opened: TransactionShards[] = [];
let consumers: { readonly of: ShardConsumers; readonly redis: RedisConnection }[] = [];
beforeAll(async () => {
  server = await startTestRedis();
});
afterAll(() => server.stop());
beforeEach(() => {
  redis = connectRedis(server.url, "producer", logger);
});
afterEach(async () => {
  for (const { of } of consumers) await of.close();
  for (const consumer of consumers) consumer.redis.disconnect();
  await Promise.all(opened.flatMap(({ queues }) => queues.map((queue) => queue.close())));
  await redis.flushall();
  redis.disconnect();
  [opened, consumers] = [[], []];
});

const open = (shards: number): TransactionShards => {
  const queues = openTransactionShards(redis, PREFIX, { QUEUE_SHARDS: shards, QUEUE_SHARD_BY: "card" });
  opened.push(queues);
  return queues;
};
const payment = (cardToken: string, n: number): QueuedTransaction => ({
  ...{ transactionId: `${cardToken}/${n}`, cardToken, amount: 1 },
});

/** A worker of its own, as each machine has one. */
async function startConsumers(shards: TransactionShards, work: (ids: string[]) => Promise<void>) {
  const connection = connectRedis(server.url, "worker", logger);
  const of = consumeShards(
    {
      ...{ shards, producing: redis, redis: connection, prefix: PREFIX, logger, concurrency: 4 },
      ...{ lockMs: 5_000, alone: new Alone(), metrics: createWorkerMetrics(createMetrics("test")) },
      onMore: (queue) => opened.push({ queues: [queue], by: "card" }),
    },
    async ({ data, queue }) => {
      expect(queue).toBe("transactions");
      const { transactions } = data as { transactions: QueuedTransaction[] };
      await work(transactions.map(({ transactionId }) => transactionId));
    },
  );
  consumers.push({ of, redis: connection });
  await of.ready();
}

test("payments of a card are decided in their order, by two workers that take four shards between them", async () => {
  const shards = open(4);
  const cards = Array.from({ length: 12 }, (_, i) => `card-${i}`);
  const seen: string[] = [];
  let [inWork, most] = [0, 0];
  const work = async (ids: string[]): Promise<void> => {
    most = Math.max(most, ++inWork);
    await sleep(Math.random() * 20);
    seen.push(...ids);
    inWork--;
  };
  for (let i = 0; i < 2; i++) await startConsumers(shards, work);
  for (let n = 0; n < 30; n++) {
    await enqueueTransactions(shards, {
      ...{ chunkId: `c-${n}`, source: "api", transactions: cards.map((card) => payment(card, n)) },
    });
  }
  await eventually(() => seen.length === cards.length * 30);
  expect(new Set(seen).size).toBe(seen.length);
  for (const card of cards) {
    const numbers = seen.filter((id) => id.startsWith(`${card}/`)).map((id) => Number(id.split("/")[1]));
    expect(numbers).toEqual(Array.from({ length: 30 }, (_, n) => n));
  }
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(4);
});

test("what lies in a shard is decided after there are fewer, and by workers that were told of none", async () => {
  const seen: string[] = [];
  const work = async (ids: string[]): Promise<void> => void seen.push(...ids);
  await startConsumers(open(3), async () => sleep(1));
  for (const { of } of consumers.splice(0)) await of.close();
  const [a, b, c] = [0, 1, 2].map((shard) => {
    const cards = Array.from({ length: 100 }, (_, i) => `card-${i}`);
    return cards.find((card) => shardOf(payment(card, 0), "card", 3) === shard)!;
  });
  await enqueueTransactions(open(3), {
    ...{ chunkId: "c", source: "api", transactions: [a, b, c].map((card) => payment(card!, 0)) },
  });
  await startConsumers(open(1), work);
  await eventually(() => seen.length === 3);
  // One queue again, and as many jobs of it at once as a worker likes.
  await eventually(async () => (await opened[0]?.queues[0].getGlobalConcurrency()) === null);
});

test("a door that deals out into more queues than workers read is not ready", async () => {
  expect(await shardTrouble(redis, PREFIX, 1)).toBe(undefined);
  expect(await shardTrouble(redis, PREFIX, 2)).toBe(
    "read 1 of our 2 queues: start them with the same QUEUE_SHARDS",
  );
  await startConsumers(open(2), async () => {});
  await eventually(async () => (await shardTrouble(redis, PREFIX, 2)) === undefined);
  expect(await shardTrouble(redis, PREFIX, 3)).toContain("read 2 of our 3 queues");
});

test("the simulator's chunk is done when each of its parts is", async () => {
  const shards = open(3);
  await startConsumers(shards, async () => sleep(1));
  const producer = createProducer({
    ...{ queue: shards, redis, logger, maxOutstanding: 1_000, checkAfterMs: 500 },
  });
  const transactions = Array.from({ length: 40 }, (_, i) => payment(`card-${i}`, 0));
  await producer.submit({ chunkId: "c-1", source: "simulator", transactions });
  expect(producer.outstanding()).toBe(40);
  await expect(producer.submit({ chunkId: "c-1", source: "simulator", transactions })).rejects.toThrow("c-1");
  await eventually(() => producer.outstanding() === 0);
  expect(await producer.close(1_000)).toBe(0);
});

test("an entity of a team's own deals out too; a payment that names none goes by its id", () => {
  const own = (id: string, customer?: string): QueuedTransaction => ({
    ...{ transactionId: id, amount: 1, cardToken: id },
    ...(customer === undefined ? {} : { entities: { customer } }),
  });
  const places = ["a", "b", "c", "d"].map((id) => shardOf(own(id, "c-7"), "customer", 16));
  expect(new Set(places).size).toBe(1);
  const without = Array.from({ length: 200 }, (_, i) => shardOf(own(`id-${i}`), "customer", 16));
  expect(new Set(without).size).toBe(16);
});

test("shards lie in slots of their own, and one is as it was", () => {
  expect([0, 1, 12].map((shard) => shardPrefix("{paysecure}", shard))).toEqual([
    "{paysecure}",
    "{paysecure-1}",
    "{paysecure-12}",
  ]);
  expect(shardPrefix("fraud", 2)).toBe("fraud-2");
  expect(shardPrefix("a.{b}.c", 2)).toBe("a.{b-2}.c");
});
