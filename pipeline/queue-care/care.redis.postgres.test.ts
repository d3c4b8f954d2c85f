import type { Queue } from "bullmq";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { startTestRedis, type TestRedis } from "../../platform/embedded/testing/redis.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis } from "../../platform/process/redis.ts";
import { Intake } from "../doors/intake.ts";
import { redisOf } from "../lanes.ts";
import { openTransactionsQueue } from "../queues.ts";
import { createProducer } from "../simulator/producer.ts";
import { ANN } from "../store/testing.ts";
import { eventually } from "../testing/started-process.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { careFor, untilDrained } from "./care.ts";
import { readQueues } from "./status.ts";

const logger = createLogger("test", "silent");
const PREFIX = "{test}";
let store: TestStore;
let server: TestRedis;
let queue: Queue;
beforeAll(async () => {
  [store, server] = await Promise.all([openTestStore(), startTestRedis()]);
});
afterAll(() => Promise.all([store.close(), server.stop()]));
beforeEach(() => {
  queue = openTransactionsQueue(connectRedis(server.url, "producer", logger), PREFIX);
});
afterEach(async () => {
  await redisOf(queue).flushall();
  await queue.close();
  redisOf(queue).disconnect();
});

const payment = (transactionId: string) => ({ transactionId, amount: 1 });
const intake = () => new Intake({ db: store.db, queue, logger, queueLimit: 2 });
const care = (act: "pause" | "resume" | "drain") => careFor(store.db, queue, PREFIX, act, ANN);

test("paused, doors take payments until the queue is full, and say when to come again", async () => {
  await care("pause");
  for (const id of ["a", "b"])
    expect(await intake().take("api", [payment(id)])).toEqual({ outcomes: ["accepted"] });
  const refused = await intake().take("api", [payment("c")]);
  expect(refused).toMatchObject({
    outcomes: ["not_taken"],
    failure: { code: "unavailable", retryAfterMs: 5_000 },
  });
  const { queues } = await readQueues([queue], PREFIX);
  expect(queues).toMatchObject([
    { paused: true, waiting: 2, read: 2, sources: [{ source: "api", jobs: 2 }], oldest: expect.any(Date) },
  ]);
  await care("resume");
  expect((await readQueues([queue], PREFIX)).queues).toMatchObject([{ paused: false }]);
});

test("drained, doors take nothing until it is resumed; it is in the audit log", async () => {
  await intake().take("api", [payment("a")]);
  await care("drain");
  const refused = await intake().take("api", [payment("b")]);
  expect(refused).toMatchObject({
    outcomes: ["not_taken"],
    failure: {
      message: expect.stringContaining("drained"),
      retryAfterMs: 30_000,
    },
  });
  expect((await readQueues([queue], PREFIX)).closed).toMatchObject({ closedBy: "ann" });
  const left: number[] = [];
  const draining = untilDrained([queue], new AbortController().signal, (jobs) => left.push(jobs));
  await eventually(() => left.includes(1));
  await queue.obliterate({ force: true });
  expect(await draining).toBe(true);
  await care("resume");
  expect(await intake().take("api", [payment("b")])).toEqual({ outcomes: ["accepted"] });
  const acts = await store.db.selectFrom("audit_log").select("act").orderBy("audit_id").execute();
  expect(acts.map(({ act }) => act).slice(-2)).toEqual(["queue.drained", "queue.resumed"]);
});

test("a replay waits before closed doors, and goes on when they open", async () => {
  await care("drain");
  const redis = connectRedis(server.url, "producer", logger);
  const producer = createProducer({ queue, redis, logger, maxOutstanding: 100, checkAfterMs: 60_000 });
  await producer.submit({ chunkId: "c-1", source: "replay", lane: "replay", transactions: [payment("r")] });
  const waits = async () => (await readQueues([queue], PREFIX)).queues[0]?.waiting;
  expect(await waits()).toBe(0);
  await care("resume");
  await eventually(async () => (await waits()) === 1);
  await producer.close(1_000);
  redis.disconnect();
});
