import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { DECISIONS_QUEUE, TRANSACTIONS_QUEUE } from "../../domain/jobs.ts";
import { FeatureEngine } from "../../features/engine/engine.ts";
import { moveAggregates } from "../../features/online/aggregates.ts";
import { StateStore } from "../../features/online/state-store.ts";
import { parseSchema } from "../../features/schema/read.ts";
import { startTestRedis, type TestRedis } from "../../platform/embedded/testing/redis.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { createPatience } from "../../platform/process/patience.ts";
import { connectRedis, type RedisConnection } from "../../platform/process/redis.ts";
import { plainCard } from "../../scorer/testing/onnx-fixture.ts";
import { type ScorerFixture, startScorerFixture, transaction } from "../../scorer/testing/scorer-fixture.ts";
import { openDecisionsQueue } from "../queues.ts";
import { getDecision } from "../store/decision-list.ts";
import { SLA } from "../store/testing.ts";
import { openTestStore, type TestStore } from "../testing/test-store.ts";
import { parseDecisions, parseTransactions } from "./parse.ts";
import { type JobOutcome, type RecordDependencies, recordJob } from "./record-job.ts";

const PREFIX = "{test}";
const NOW = Date.UTC(2026, 10, 26, 12);
const SCHEMA = `
schema: 1
name: velocity
currency: EUR
fields:
  amount: { type: number }
entities:
  customer: {}
features:
  count_1d: { aggregate: count, by: customer, window: 1d }
  total_1d: { aggregate: sum, of: amount, by: customer, window: 1d }
inputs: [count_1d, total_1d]
`;
const COLUMNS = ["count_1d", "total_1d"];

const logger = createLogger("test", "silent");
let server: TestRedis;
let ledger: TestStore;
let redis: RedisConnection;
let scorer: ScorerFixture;
let recording: RecordDependencies;
beforeAll(async () => {
  [server, ledger] = await Promise.all([startTestRedis(), openTestStore()]);
  redis = connectRedis(server.url, "producer", logger);
  scorer = await startScorerFixture({
    REDIS_URL: server.url,
    REDIS_PREFIX: PREFIX,
    SCORER_FEATURES_MS: "500",
  });
  const model = { weights: [1, 0], bias: -3 };
  const champion = await scorer.registry.add("velocity", "1", model, plainCard(COLUMNS), SCHEMA);
  await scorer.registry.setAliases({ champion });
  await vi.waitFor(() => expect(scorer.catalog.champion?.id).toBe(champion), 10_000);
  await moveAggregates(
    new StateStore(redis, PREFIX),
    [new FeatureEngine(parseSchema(SCHEMA))],
    [1, 2, 3, 4].map((i) => ({
      payment: {
        ...{ transactionId: `before-${i}`, eventTimeMs: NOW - i * 3_600_000 },
        ...{ fields: { amount: 10 * i, currency: "EUR" }, entities: { customer: "known" } },
      },
      word: undefined,
    })),
  );
  const patience = createPatience(logger, new AbortController().signal);
  recording = { db: ledger.db, scorer: scorer.client, sla: SLA, patience };
});
afterAll(async () => {
  await scorer?.stop();
  redis?.disconnect();
  await Promise.all([server?.stop(), ledger?.close()]);
});

const payment = (transactionId: string) => ({
  ...{ transactionId, amount: 12.5, currency: "EUR", eventTime: new Date(NOW).toISOString() },
  entities: { customer: "known" },
});

function queued(...transactions: object[]): Promise<JobOutcome> {
  const data = { source: "test", transactions };
  return recordJob(recording, parseTransactions, { queue: TRANSACTIONS_QUEUE, id: "1", data });
}

test("what the model read is kept with the decision of a job, and the names once a version", async () => {
  expect(await queued(payment("a"), payment("b"))).toMatchObject({ inserted: 2, withoutHistory: 0 });
  const { seen, withoutHistory } = await getDecision(ledger.db, "a");
  expect(withoutHistory).toBe(false);
  expect(seen).toMatchObject({
    values: [5, 112.5],
    inputs: { columns: COLUMNS, schema: { name: "velocity" } },
  });
  const named = await ledger.db.selectFrom("model_inputs").selectAll().execute();
  expect(named).toMatchObject([{ model_name: "velocity", model_version: "1" }]);
});

test("… and of what the scorer hands over itself, for callers who asked for no features", async () => {
  const { eventTime, ...given } = payment("handed");
  const answer = await scorer.client.score({ ...given, eventTime: new Date(eventTime) }, { record: true });
  expect(answer.recorded).toBe(true);
  expect(answer).not.toHaveProperty("features");
  const queue = openDecisionsQueue(redis, PREFIX);
  try {
    const [job] = await queue.getJobs(["waiting", "prioritized"]);
    await recordJob(recording, parseDecisions, { queue: DECISIONS_QUEUE, id: "2", data: job?.data });
  } finally {
    await queue.close();
  }
  expect((await getDecision(ledger.db, "handed")).seen?.values).toEqual([5, 112.5]);
});

test("a decision of a model that reads V1…V28 keeps nothing twice", async () => {
  const answer = await scorer.client.score(transaction("v", 0), { model: "fixture@1", withFeatures: true });
  const { eventTime: _, v = [], ...given } = transaction("v", 0);
  const decided = { ...given, ...answer, v: Array.from(v) };
  const data = { decisions: [decided] };
  const outcome = await recordJob(recording, parseDecisions, { queue: DECISIONS_QUEUE, id: "3", data });
  expect(outcome).toMatchObject({ inserted: 1, rejected: 0 });
  expect((await getDecision(ledger.db, "v")).seen).toBeNull();
});

test("a decision made while the feature store is away says so, and is counted", async () => {
  await server.kill();
  try {
    expect(await queued(payment("alone"))).toMatchObject({ inserted: 1, withoutHistory: 1 });
    // The same again is a repeat: it counts once.
    expect(await queued(payment("alone"))).toMatchObject({ duplicates: 1, withoutHistory: 0 });
    const { seen, withoutHistory } = await getDecision(ledger.db, "alone");
    expect([withoutHistory, seen?.values]).toEqual([true, [1, 12.5]]);
  } finally {
    await server.start();
  }
});
