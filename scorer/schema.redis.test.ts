import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { FeatureEngine } from "../features/engine/engine.ts";
import { moveAggregates } from "../features/online/aggregates.ts";
import { markComplete } from "../features/online/marks.ts";
import { StateStore } from "../features/online/state-store.ts";
import { parseSchema } from "../features/schema/read.ts";
import { startTestRedis, type TestRedis } from "../platform/embedded/testing/redis.ts";
import { createLogger } from "../platform/process/logger.ts";
import { connectRedis, type RedisConnection } from "../platform/process/redis.ts";
import { plainCard } from "./testing/onnx-fixture.ts";
import { type ScorerFixture, startScorerFixture, transaction } from "./testing/scorer-fixture.ts";

const SCHEMA = `
schema: 1
name: velocity
currency: EUR
fields:
  amount: { type: number }
  items: { type: number, default: 1, min: 1 }
entities:
  customer: { title: Buyer }
features:
  count_1d: { aggregate: count, by: customer, window: 1d }
  total_1d: { aggregate: sum, of: amount, by: customer, window: 1d }
  items_now: { expression: "items * 1.0" }
inputs: [count_1d, total_1d, items_now]
`;
const COLUMNS = ["count_1d", "total_1d", "items_now"];
/** The more payments within a day, the more it is fraud. */
const MODEL = { weights: [1, 0, 0], bias: -3 };
const NOW = Date.UTC(2026, 10, 26, 12);
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const probability = (count: number): number => sigmoid(count - 3);

const engine = new FeatureEngine(parseSchema(SCHEMA));
let server: TestRedis;
let redis: RedisConnection;
let store: StateStore;
let scorer: ScorerFixture;
let champion: string;
beforeAll(async () => {
  server = await startTestRedis();
  redis = connectRedis(server.url, "producer", createLogger("test", "silent"));
  store = new StateStore(redis, "{test}");
  scorer = await startScorerFixture({
    ...{ REDIS_URL: server.url, REDIS_PREFIX: "{test}", SCORER_FEATURES_MS: "500" },
  });
  champion = await scorer.registry.add("velocity", "1", MODEL, plainCard(COLUMNS), SCHEMA);
  await scorer.registry.setAliases({ champion });
  await vi.waitFor(() => expect(scorer.catalog.champion?.id).toBe(champion), 10_000);
});
afterAll(async () => {
  await scorer?.stop();
  redis?.disconnect();
  await server?.stop();
});
beforeEach(async () => {
  await redis.flushall();
  await moveAggregates(
    store,
    [engine],
    [1, 2, 3, 4].map((i) => ({
      payment: {
        ...{ transactionId: `before-${i}`, eventTimeMs: NOW - i * 3_600_000 },
        ...{ fields: { amount: 10 * i, currency: "EUR" }, entities: { customer: "known" } },
      },
      word: undefined,
    })),
  );
});

function own(id: string, customer: string | undefined, fields: Record<string, number> = {}) {
  return {
    ...{ transactionId: id, amount: 12.5, eventTime: new Date(NOW), fields },
    entities: customer === undefined ? {} : { customer },
  };
}

test("a payment is scored by what its customer did before, by every door", async () => {
  const { client } = scorer;
  const one = await client.score(own("a", "known"));
  expect(one.fraudProbability).toBeCloseTo(probability(5), 5);
  expect(one.model).toEqual({ name: "velocity", version: "1" });
  expect((await client.score(own("b", "new"))).fraudProbability).toBeCloseTo(probability(1), 5);
  const results = await client.scoreBatch(
    Array.from({ length: 200 }, (_, i) => own(`batch-${i}`, i % 2 ? "known" : "new")),
  );
  expect(results).toHaveLength(200);
  for (const [i, result] of results.entries()) {
    if (!result.ok) throw result.error;
    expect(result.decision.fraudProbability).toBeCloseTo(probability(i % 2 ? 5 : 1), 5);
  }
  const many = await Promise.all(
    Array.from({ length: 50 }, (_, i) => client.score(own(`one-${i}`, "known"))),
  );
  for (const { fraudProbability } of many) expect(fraudProbability).toBeCloseTo(probability(5), 5);
});

test("reasons are in the schema's words, with what is usual beside", async () => {
  const { client } = scorer;
  const { contributions } = await client.explain(own("a", "known"), { top: 3 });
  const count = contributions.find(({ feature }) => feature === "count_1d");
  expect(count).toMatchObject({
    ...{ code: "COUNT_1D_HIGH", value: 5, usual: 0, unit: "payments" },
    title: "Payments of this buyer in the last day",
  });
  expect(count?.text).toBe("Payments of this buyer in the last day: 5, usual 0: raises the risk.");
  const [first] = await client.scoreBatch([own("b", "known")], { explainFrom: "low" });
  if (!first?.ok) throw new Error("not scored");
  const inBatch = first.decision.reasons.find(({ feature }) => feature === "count_1d");
  expect(inBatch).toEqual(count);
});

test("a score is explained by what the model read when it gave it, whatever is known by now", async () => {
  const { client } = scorer;
  const then = await client.explain(own("a", "known"), { features: [2, 30, 1] });
  expect(then.decision.fraudProbability).toBeCloseTo(probability(2), 5);
  expect(then.contributions.find(({ feature }) => feature === "count_1d")?.value).toBe(2);
  const wrong = (features: number[]) => client.explain(own("a", "known"), { features });
  await expect(wrong([1, 2])).rejects.toMatchObject({
    violations: [{ field: "features", description: "must hold the 3 numbers that the model reads, got 2" }],
  });
  await expect(wrong([1, 2, Number.NaN])).rejects.toMatchObject({
    violations: [{ field: "features", description: "must be finite" }],
  });
});

test("what the schema needs and a payment lacks is named; what it does not know is told", async () => {
  const { client } = scorer;
  await expect(client.score(own("a", undefined))).rejects.toMatchObject({
    violations: [
      { field: 'transaction.entities["customer"]', description: expect.stringContaining("missing") },
    ],
  });
  await expect(client.score(own("a", "known", { items: 0 }))).rejects.toMatchObject({
    violations: [{ field: 'transaction.fields["items"]', description: "must be at least 1, got 0" }],
  });
  await expect(client.score({ ...own("a", "known"), currency: "USD" })).rejects.toMatchObject({
    violations: [{ field: "transaction.currency" }],
  });
  await expect(client.score({ ...own("a", "known"), amount: Number.NaN })).rejects.toMatchObject({
    violations: [{ field: "transaction.amount" }],
  });
  const [bad, good] = await client.scoreBatch([own("a", undefined), own("b", "known", { shoes: 2 })]);
  expect([bad?.ok, good?.ok]).toEqual([false, true]);
});

test("a model without a schema is served beside it as ever", async () => {
  const before = await metric("feature_rows_total");
  const fixture = await scorer.client.score(transaction("v", -10), { model: "fixture@1" });
  expect(fixture.riskTier).toBe("critical");
  expect(await metric("feature_rows_total")).toBe(before);
});

test("aggregates that lack what was recorded before are told, until they are complete", async () => {
  await vi.waitFor(
    async () => expect(await metric("features_incomplete")).toBe("paysecure_scorer_features_incomplete 1"),
    5_000,
  );
  await markComplete(store, engine.identities);
  await vi.waitFor(
    async () => expect(await metric("features_incomplete")).toBe("paysecure_scorer_features_incomplete 0"),
    5_000,
  );
});

test("a shadow with a schema of its own scores along, beside a model with another and beside one without", async () => {
  const { client, registry, catalog } = scorer;
  const wider = SCHEMA.replace("name: velocity", "name: wider").replace(
    "inputs: [",
    "  count_2d: { aggregate: count, by: customer, window: 2d }\ninputs: [count_2d, ",
  );
  const model = { weights: [1, 0, 0, 0], bias: -3 };
  const shadow = await registry.add("wider", "1", model, plainCard(["count_2d", ...COLUMNS]), wider);
  await registry.setAliases({ champion }, [shadow]);
  await vi.waitFor(() => expect(catalog.shadows.map(({ id }) => id)).toEqual([shadow]), 10_000);
  await moveAggregates(
    store,
    [new FeatureEngine(parseSchema(wider))],
    [1, 2, 3].map((i) => ({
      payment: {
        ...{ transactionId: `wider-${i}`, eventTimeMs: NOW - i * 3_600_000 },
        ...{ fields: { amount: 1, currency: "EUR" }, entities: { customer: "known" } },
      },
      word: undefined,
    })),
  );
  const compared = async () =>
    /shadow_rows_total\{model="wider@1"\} (\d+)/.exec(await metric("shadow_rows_total"))?.[1];
  await client.score(own("s", "known"));
  await client.scoreBatch(Array.from({ length: 30 }, (_, i) => own(`s-${i}`, "known")));
  await vi.waitFor(async () => expect(await compared()).toBe("31"), 5_000);
  // The champion knows five payments, the shadow four.
  const apart = Number(/ ([\d.e-]+)$/.exec(await metric("shadow_difference_sum"))?.[1]);
  expect(apart / 31).toBeCloseTo(probability(5) - probability(4), 4);

  await registry.setAliases({ champion: "fixture@1" }, [shadow]);
  await vi.waitFor(() => expect(catalog.champion?.id).toBe("fixture@1"), 10_000);
  await client.score({ ...transaction("v", 0), entities: { customer: "known" }, eventTime: new Date(NOW) });
  await vi.waitFor(async () => expect(await compared()).toBe("32"), 5_000);
  // One that the shadow cannot read is answered all the same, and it is counted what the shadow needs.
  await client.score(transaction("w", 0));
  await vi.waitFor(
    async () =>
      expect(await metric("shadow_skipped_total")).toContain(
        String.raw`model="wider@1",reason="needs entities[\"customer\"]"} 1`,
      ),
    5_000,
  );
  await registry.setAliases({ champion });
  await vi.waitFor(() => expect(catalog.champion?.id).toBe(champion), 10_000);
});

test("a shadow without a schema scores along beside a model with one, as far as payments have what it reads", async () => {
  const { client, registry, catalog } = scorer;
  await registry.setAliases({ champion }, ["fixture@1"]);
  await vi.waitFor(() => expect(catalog.shadows.map(({ id }) => id)).toEqual(["fixture@1"]), 10_000);
  const both = (id: string) => ({
    ...transaction(id, -10),
    ...{ entities: { customer: "known" }, eventTime: new Date(NOW) },
  });
  await client.score(both("x"));
  await client.scoreBatch([both("y"), both("z")]);
  await vi.waitFor(
    async () => expect(await metric("shadow_rows_total")).toContain('model="fixture@1"} 3'),
    5_000,
  );
  await client.score(own("without-v", "known"));
  await vi.waitFor(
    async () =>
      expect(await metric("shadow_skipped_total")).toContain('model="fixture@1",reason="needs v"} 1'),
    5_000,
  );
  await registry.setAliases({ champion });
  await vi.waitFor(() => expect(catalog.shadows).toEqual([]), 10_000);
});

test("what the model read goes along when it is asked for, by every door, and to nobody else", async () => {
  const { client } = scorer;
  const given = own("a", "known", { items: 3 });
  expect(await client.score(given)).not.toHaveProperty("features");
  const seen = [5, 112.5, 3];
  expect(await client.score(given, { withFeatures: true })).toMatchObject({ features: seen });
  expect(await client.score(given, { withFeatures: true, explain: true })).toMatchObject({ features: seen });
  const results = await client.scoreBatch(
    Array.from({ length: 40 }, (_, i) => own(`b-${i}`, i % 2 ? "known" : "new", { items: i + 1 })),
    { withFeatures: true, explainFrom: "low" },
  );
  for (const [i, result] of results.entries()) {
    if (!result.ok) throw result.error;
    expect(result.decision.features).toEqual(i % 2 ? [5, 112.5, i + 1] : [1, 12.5, i + 1]);
    expect(result.decision.withoutHistory).toBeUndefined();
  }
  for await (const result of client.scoreStream([given], { withFeatures: true })) {
    expect(result.ok && result.decision.features).toEqual(seen);
  }
  // The contract's own numbers are with the transaction already.
  const fixture = await client.score(transaction("v", 0), { model: "fixture@1", withFeatures: true });
  expect(fixture).not.toHaveProperty("features");
  const { inputs, schema } = await client.getModel();
  expect([inputs, schema?.entities]).toEqual([COLUMNS, { customer: { title: "Buyer", required: true } }]);
  expect((await client.getModel("fixture@1")).schema).toBeUndefined();
});

test("a schema that is wrong refuses the model, with line and column, and the one before goes on", async () => {
  const wrong = SCHEMA.replace("items * 1.0", "itms * 1.0");
  const id = await scorer.registry.add("velocity", "2", MODEL, plainCard(COLUMNS), wrong);
  await expect(scorer.client.score(own("a", "known"), { model: id })).rejects.toThrow(
    /schema.yaml:\d+:\d+: .*itms/,
  );
  const other = await scorer.registry.add("velocity", "3", MODEL, plainCard([...COLUMNS].reverse()), SCHEMA);
  await expect(scorer.client.score(own("a", "known"), { model: other })).rejects.toThrow(
    /other inputs than its schema/,
  );
});

test("while Redis is down payments are decided as if nothing were known, and it is counted", async () => {
  await server.kill();
  try {
    const { client } = scorer;
    const alone = await client.score(own("a", "known"));
    expect(alone.fraudProbability).toBeCloseTo(probability(1), 5);
    const [one] = await client.scoreBatch([own("b", "known")], { withFeatures: true });
    expect(one?.ok && one.decision.fraudProbability).toBeCloseTo(probability(1), 5);
    expect([alone.withoutHistory, one?.ok && one.decision.withoutHistory]).toEqual([true, true]);
    expect(one?.ok && one.decision.features).toEqual([1, 12.5, 1]);
    const { decision } = await client.explain(own("c", "known"));
    expect(decision.withoutHistory).toBe(true);
    expect(await client.score(transaction("v", 0), { model: "fixture@1" })).not.toHaveProperty(
      "withoutHistory",
    );
    expect(await metric("feature_rows_total")).toMatch(/entities="default"} [1-9]/);
    await vi.waitFor(
      async () =>
        expect(await metric("features_incomplete")).toBe("paysecure_scorer_features_incomplete Nan"),
      5_000,
    );
  } finally {
    await server.start();
  }
  await vi.waitFor(
    async () =>
      expect((await scorer.client.score(own("c", "known"))).fraudProbability).toBeCloseTo(probability(5), 5),
    10_000,
  );
});

async function metric(name: string): Promise<string> {
  const text = await scorer.metrics.metrics();
  return text
    .split("\n")
    .filter((line) => line.startsWith(`paysecure_scorer_${name}`))
    .join("\n");
}
