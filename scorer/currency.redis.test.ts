import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Rate } from "../domain/exchange.ts";
import { TIER_POLICY } from "../domain/policy/decision-policy.ts";
import { ratesPlace, writeRates } from "../features/exchange/publication.ts";
import { policyPlace, writePublication } from "../features/policy/publication.ts";
import { publicSetSchema } from "../features/schema/public-set.ts";
import { startTestRedis, type TestRedis } from "../platform/embedded/testing/redis.ts";
import { createLogger } from "../platform/process/logger.ts";
import { publish } from "../platform/process/published.ts";
import { connectRedis } from "../platform/process/redis.ts";
import { changeServing } from "./serving/state.ts";
import { plainCard } from "./testing/onnx-fixture.ts";
import { type ScorerFixture, startScorerFixture, transaction } from "./testing/scorer-fixture.ts";

const PREFIX = "test";
const DAY = new Date("2026-11-26T12:00:00Z");
/** The larger the amount, the more it is fraud; 4 gives 0.5. */
const BY_AMOUNT = { weights: Array.from({ length: 30 }, (_, i) => (i === 29 ? 1 : 0)), bias: -4 };
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const OWN = `
schema: 1
name: own
currency: USD
fields:
  amount: { type: number, unit: USD, max: 100 }
features:
  twice: { expression: "amount * 2.0" }
inputs: [amount, twice]
`;

let server: TestRedis;
let connection: ReturnType<typeof connectRedis>;
let scorer: ScorerFixture;
beforeAll(async () => {
  server = await startTestRedis();
  connection = connectRedis(server.url, "producer", createLogger("test", "silent"));
  scorer = await startScorerFixture({ REDIS_URL: server.url, REDIS_PREFIX: PREFIX });
  const { registry } = scorer;
  await registry.add("euro", "1", BY_AMOUNT, {}, publicSetSchema("euro", "EUR"));
  await registry.add("plain", "1", BY_AMOUNT);
  await registry.add("dollar", "1", BY_AMOUNT, {}, publicSetSchema("dollar", "USD"));
  await registry.add("own", "1", { weights: [1, 0], bias: -4 }, plainCard(["amount", "twice"]), OWN);
  await registry.add("named", "1", { weights: [1, 0], bias: -4 }, plainCard(["amount", "items"]));
  await registry.add("amountless", "1", { weights: [1], bias: -4 }, plainCard(["items"]));
  await serve("euro@1");
});
afterAll(async () => {
  await scorer?.stop();
  connection?.disconnect();
  await server?.stop();
});

async function serve(champion: string, shadows: readonly string[] = []): Promise<void> {
  await scorer.registry.setAliases({ champion }, shadows);
  await vi.waitFor(() => {
    expect(scorer.catalog.champion?.id).toBe(champion);
    expect(scorer.catalog.shadows.map(({ id }) => id)).toEqual(shadows);
  }, 10_000);
}

let version = 0;

async function setRates(...rates: readonly (readonly [currency: string, rate: string, from: string])[]) {
  version++;
  const all = rates.map(([currency, rate, validFrom]): Rate => ({ base: "EUR", currency, rate, validFrom }));
  const before = scorer.rates.current;
  const text = writeRates(version, "EUR", all);
  await publish(connection, ratesPlace(PREFIX), { version, digest: `${version}`, text });
  await vi.waitFor(() => expect(scorer.rates.current).not.toBe(before), 5_000);
}

const payment = (id: string, currency: string | undefined, amount: number, more = {}) =>
  transaction(id, 0, { amount, currency, eventTime: DAY, ...more });

test("without a rate a payment in another currency is refused at every door, alone, and told what to do", async () => {
  const { client } = scorer;
  const wrong = {
    code: "invalid_argument",
    violations: [
      {
        field: "transaction.currency",
        description:
          "is USD, the model euro@1 reads amounts in EUR, and there is no rate for USD on 2026-11-26: its operator " +
          "sets one: npm run rates -- set USD RATE --from 2026-11-26; or send the amount in EUR",
      },
    ],
  };
  await expect(client.score(payment("a", "USD", 4))).rejects.toMatchObject(wrong);
  await expect(client.score(payment("a", "USD", 4), { explain: true })).rejects.toMatchObject(wrong);
  await expect(client.explain(payment("a", "USD", 4))).rejects.toMatchObject(wrong);
  const results = await client.scoreBatch([
    payment("a", "EUR", 4),
    payment("b", "USD", 4),
    payment("c", undefined, 4),
  ]);
  expect(results.map(({ ok }) => ok)).toEqual([true, false, true]);
  for (const model of ["plain@1", "named@1", "own@1"]) {
    const fields = { items: 1 };
    const given = { ...payment("a", "GBP", 4), fields };
    await expect(client.score(given, { model })).rejects.toMatchObject({
      violations: [{ description: expect.stringContaining(`the model ${model} reads amounts in`) }],
    });
  }
  await expect(client.score(payment("a", undefined, 4), { model: "dollar@1" })).rejects.toMatchObject({
    violations: [{ description: expect.stringMatching(/^was not given and is EUR, .* no rate for USD on/) }],
  });
  // No amount is read: its currency does not matter.
  const free = { transactionId: "a", amount: 4, currency: "USD", fields: { items: 4 } };
  expect((await client.score(free, { model: "amountless@1" })).fraudProbability).toBeCloseTo(0.5, 5);
});

test("an amount is converted by the rate of the payment's day, at every door, and the answer says so", async () => {
  await setRates(["USD", "0.5", "2026-01-01"], ["USD", "0.25", "2026-12-01"], ["JPY", "0.01", "2026-01-01"]);
  const { client } = scorer;
  const conversion = { amount: 4, currency: "EUR", rate: 0.5, ratesOf: "2026-01-01" };
  const foreign = payment("a", "USD", 8);
  const one = await client.score(foreign);
  expect(one).toMatchObject({ conversion, model: { name: "euro" } });
  expect(one.fraudProbability).toBeCloseTo(0.5, 6);
  const explained = await client.explain(foreign);
  expect(explained.decision).toMatchObject({ conversion, fraudProbability: one.fraudProbability });
  expect(explained.contributions[0]).toMatchObject({ feature: "Amount", value: 4 });
  expect(await client.score(foreign, { explain: true })).toMatchObject({ conversion });
  const results = await client.scoreBatch([
    payment("b", "EUR", 4),
    foreign,
    payment("c", "JPY", 400),
    payment("d", undefined, 4),
  ]);
  expect(results.map((result) => result.ok && result.decision.conversion)).toEqual([
    undefined,
    conversion,
    { ...conversion, rate: 0.01 },
    undefined,
  ]);
  for (const result of results)
    expect(result.ok && result.decision.fraudProbability).toBe(one.fraudProbability);
  for await (const result of client.scoreStream([foreign])) {
    expect(result.ok && result.decision.conversion).toEqual(conversion);
  }
  const later = await client.score(payment("e", "USD", 8, { eventTime: new Date("2026-12-02T00:00:00Z") }));
  expect(later.conversion).toMatchObject({ amount: 2, rate: 0.25, ratesOf: "2026-12-01" });
  await expect(
    client.score(payment("f", "USD", 8, { eventTime: new Date("2025-12-31T23:59:59Z") })),
  ).rejects.toThrow("no rate for USD on 2025-12-31");
});

test("each model reads its own currency, whatever describes it", async () => {
  const { client } = scorer;
  for (const [model, given, amount, rate] of [
    ["dollar@1", payment("a", "EUR", 2), 4, 2],
    // What comes without a currency is in the contract's.
    ["dollar@1", payment("a", undefined, 2), 4, 2],
    ["dollar@1", payment("a", "JPY", 200), 4, 0.02],
    ["own@1", payment("a", "EUR", 2), 4, 2],
    ["plain@1", payment("a", "USD", 8), 4, 0.5],
    ["named@1", { ...payment("a", "USD", 8), fields: { items: 1 } }, 4, 0.5],
  ] as const) {
    const decision = await client.score(given, { model });
    expect(decision.conversion, model).toMatchObject({ amount, rate });
    expect(decision.fraudProbability, model).toBeCloseTo(0.5, 5);
  }
  expect((await client.score(payment("a", "USD", 4), { model: "dollar@1" })).conversion).toBeUndefined();
  // Its range is of the model's currency: 60 EUR are 120 dollars.
  await expect(client.score(payment("a", "EUR", 60), { model: "own@1" })).rejects.toMatchObject({
    violations: [{ field: "transaction.amount", description: "must be at most 100, got 120" }],
  });
});

test("rules read the payment's own amount, and as a feature what the model read", async () => {
  const when = 'amount == 8.0 && currency == "USD" && features.Amount == 4.0';
  const effect = { kind: "raise", to: "block" } as const;
  const rule = { id: "dollars", name: "Dollars", when, effect, priority: 100, enabled: true, reason: "" };
  const text = writePublication(1, { ...TIER_POLICY, version: "p-1", rules: [rule] }, []);
  await publish(connection, policyPlace(PREFIX), { version: 1, digest: "1", text });
  await vi.waitFor(() => expect(scorer.policy.current.version).toBe("p-1"), 5_000);
  const decided = { action: "block", rules: [{ rule: "dollars", kind: "raise" }] };
  expect(await scorer.client.score(payment("a", "USD", 8))).toMatchObject(decided);
  expect(await scorer.client.score(payment("a", "EUR", 4))).toMatchObject({ action: "verify", rules: [] });
});

test("shadows and challengers read the payment in their own currency", async () => {
  const { client } = scorer;
  await serve("euro@1", ["plain@1", "dollar@1", "own@1"]);
  const metric = async (name: string, model: string) =>
    Number(
      new RegExp(`paysecure_scorer_${name}\\{model="${model}"\\} ([\\d.e-]+)`).exec(
        await scorer.metrics.metrics(),
      )?.[1] ?? Number.NaN,
    );
  await client.score(payment("a", "USD", 8));
  await vi.waitFor(async () => {
    for (const shadow of ["plain@1", "dollar@1", "own@1"]) {
      expect(await metric("shadow_rows_total", shadow), shadow).toBe(1);
    }
  }, 5_000);
  // 8 dollars are 4 euros: those that read euros agree, those that read dollars see twice as much.
  expect(await metric("shadow_difference_sum", "plain@1")).toBe(0);
  for (const shadow of ["dollar@1", "own@1"]) {
    expect(await metric("shadow_difference_sum", shadow)).toBeCloseTo(sigmoid(4) - 0.5, 4);
  }

  await changeServing(scorer.registry.root, {
    ...{ actor: { kind: "system", id: "test", name: "test" }, act: "set_challenger", reason: "" },
    ...{ role: "challenger", change: (now) => ({ ...now, challenger: { model: "dollar@1", share: 0.5 } }) },
  });
  await vi.waitFor(() => expect(scorer.catalog.splitsTraffic).toBe(true), 5_000);
  const many = Array.from({ length: 40 }, (_, i) => payment(`c-${i}`, "USD", 8, { cardToken: `tok-${i}` }));
  const seen = new Set<string>();
  for (const [i, result] of (await client.scoreBatch(many)).entries()) {
    if (!result.ok) throw result.error;
    const { model, fraudProbability, conversion } = result.decision;
    seen.add(model.name);
    expect(fraudProbability).toBeCloseTo(model.name === "dollar" ? sigmoid(4) : 0.5, 5);
    expect(conversion?.amount).toBe(model.name === "dollar" ? undefined : 4);
    const single = await client.score(many[i] as (typeof many)[number]);
    expect(single).toMatchObject({ model: { name: model.name }, fraudProbability });
  }
  expect([...seen].sort()).toEqual(["dollar", "euro"]);
  await serve("euro@1");
});

test("while Redis is away the last known rates hold, also over a restart", async () => {
  await server.kill();
  try {
    expect((await scorer.client.score(payment("a", "USD", 8))).conversion?.amount).toBe(4);
    const again = await startScorerFixture({ DATA_DIR: scorer.folder });
    try {
      expect((await again.client.score(payment("a", "USD", 8))).conversion?.amount).toBe(4);
    } finally {
      await again.stop();
    }
  } finally {
    await server.start();
  }
});

test("a schema of the contract's numbers changes no bit of an answer", async () => {
  const list = Array.from({ length: 300 }, (_, i) =>
    transaction(`g-${i}`, i / 10, { amount: i === 0 ? 0 : 1_000 / i, currency: i % 2 ? "EUR" : undefined }),
  );
  const [described, bare] = await Promise.all(
    ["euro@1", "plain@1"].map(async (model) => await scorer.client.scoreBatch(list, { model })),
  );
  expect(described?.map((result) => result.ok && result.decision.fraudProbability)).toEqual(
    bare?.map((result) => result.ok && result.decision.fraudProbability),
  );
});
