import { Queue } from "bullmq";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { startTestRedis, type TestRedis } from "../../platform/embedded/testing/redis.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis, type RedisConnection } from "../../platform/process/redis.ts";
import { type LiveMessage, liveChannel, parseLive } from "../live.ts";
import type { MessageOf, OutboxMessage } from "../outbox/messages.ts";
import type { Deliver } from "../outbox/relay.ts";
import { dropEarlierTimers, openReviewTimersQueue, type SlaTimer } from "../queues.ts";
import { ANN } from "../store/testing.ts";
import { createEffects } from "./effects.ts";

const logger = createLogger("test", "silent");
const PREFIX = "{test}";
const AT = "2026-11-26T10:00:00.000Z";
let server: TestRedis;
let redis: RedisConnection;
let subscriber: RedisConnection;
let timers: Queue<SlaTimer>;
let heard: LiveMessage[] = [];
let alerts: MessageOf<"alert.changed">[] = [];
let deliver: Deliver;
beforeAll(async () => {
  server = await startTestRedis();
  redis = connectRedis(server.url, "producer", logger);
  subscriber = connectRedis(server.url, "subscriber", logger);
  await subscriber.subscribe(liveChannel(PREFIX));
  subscriber.on("message", (_channel, text: string) => heard.push(parseLive(text)!));
  timers = openReviewTimersQueue(redis, PREFIX);
  timers.on("error", () => {});
});
afterAll(async () => {
  await timers?.close();
  redis?.disconnect();
  subscriber?.disconnect();
  await server?.stop();
});
beforeEach(async () => {
  await redis.flushall();
  heard = [];
  alerts = [];
  deliver = createEffects({
    ...{
      timers,
      redis,
      prefix: PREFIX,
      aggregates: STILL,
      redrive: async () => {},
      webhooks: async () => {},
    },
    alerts: { recorded: async () => {}, changed: (message) => void alerts.push(message) },
  });
});

/** No model that serves has aggregates. */
const STILL = { recorded: async () => {}, labelled: async () => {} };
const opened = (caseId: number, dueAt: Date): OutboxMessage => ({
  kind: "case.opened",
  caseId,
  dueAt: dueAt.toISOString(),
});
const escalated: OutboxMessage = {
  ...{ kind: "case.escalated", at: AT, caseId: 17, transactionId: "t", riskTier: "high" },
  ...{ fraudProbability: 0.5, amountMinor: 1_250, currency: "EUR", dueAt: AT },
};
const delays = async (): Promise<Record<string, number>> =>
  Object.fromEntries((await timers.getJobs()).map(({ id, opts }) => [id, opts.delay ?? 0]));

test("a case that was opened gets one timer, however often that is said", async () => {
  const due = new Date(Date.now() + 60_000);
  await deliver([opened(1, due), opened(2, new Date(0))]);
  await deliver([opened(1, due)]);
  const set = await delays();
  expect(Object.keys(set).toSorted()).toEqual(["case-1", "case-2"]);
  expect(set["case-1"]).toBeGreaterThan(55_000);
  expect(set["case-2"]).toBe(0);
});

test("open pages hear of decisions in one sum, of reviews one by one with the person's name", async () => {
  await deliver([
    { kind: "decisions.recorded", count: 5, flagged: 1 },
    { kind: "decisions.recorded", count: 7, flagged: 2 },
  ]);
  await deliver([
    { kind: "review.changed", at: AT, caseId: 17, event: "claimed", actor: ANN },
    { kind: "review.changed", at: AT, caseId: 17, event: "decided", actor: ANN },
  ]);
  await vi.waitFor(() => expect(heard).toHaveLength(3));
  expect(heard).toMatchObject([
    { type: "decisions", count: 12, flagged: 3 },
    { type: "review", caseId: 17, event: "claimed", actor: "ann" },
    { type: "review", caseId: 17, event: "decided", actor: "ann" },
  ]);
});

test("an escalation is news", async () => {
  await deliver([escalated]);
  await vi.waitFor(() => expect(heard).toMatchObject([{ type: "review", caseId: 17, event: "escalated" }]));
});

test("a change of an alert is told to the alerts and is news", async () => {
  await deliver([
    {
      ...{ kind: "alert.changed", alertId: 3, event: "fired", severity: "critical" },
      ...{ title: "PostgreSQL takes no decisions", body: "postgresql does not answer" },
    },
  ]);
  await vi.waitFor(() => expect(heard).toMatchObject([{ type: "alert", alertId: 3 }]));
  expect(alerts).toMatchObject([{ alertId: 3, event: "fired" }]);
});

test("nothing has arrived while Redis takes no writes", async () => {
  await redis.config("SET", "maxmemory", "1");
  try {
    await expect(deliver([opened(1, new Date())])).rejects.toThrow(/OOM/);
  } finally {
    await redis.config("SET", "maxmemory", "0");
  }
  await deliver([opened(1, new Date())]);
  expect(Object.keys(await delays())).toEqual(["case-1"]);
});

test("timers of 0.1, in the queue that was called manual-review, are taken away and those of today stay", async () => {
  const before = new Queue("manual-review", { connection: redis, prefix: PREFIX });
  await before.add("sla", { caseId: 1 }, { jobId: "case-1", delay: 60_000 });
  await deliver([opened(1, new Date(Date.now() + 60_000))]);
  await dropEarlierTimers(redis, PREFIX);
  await dropEarlierTimers(redis, PREFIX);
  expect(await redis.keys(`${PREFIX}:manual-review:*`)).toEqual([]);
  expect(Object.keys(await delays())).toEqual(["case-1"]);
  await before.close();
});
