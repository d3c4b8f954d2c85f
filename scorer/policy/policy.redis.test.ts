import { afterAll, beforeAll, expect, it } from "vitest";
import { TIER_POLICY } from "../../domain/policy/decision-policy.ts";
import type { PolicyRule } from "../../domain/policy/rules.ts";
import { type PublishedList, policyPlace, writePublication } from "../../features/policy/publication.ts";
import { startTestRedis, type TestRedis } from "../../platform/embedded/testing/redis.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { publish } from "../../platform/process/published.ts";
import { connectRedis } from "../../platform/process/redis.ts";
import { type ScorerFixture, startScorerFixture, transaction } from "../testing/scorer-fixture.ts";

const PREFIX = "test";
let redis: TestRedis;
let connection: ReturnType<typeof connectRedis>;
let scorer: ScorerFixture;

beforeAll(async () => {
  redis = await startTestRedis();
  connection = connectRedis(redis.url, "producer", createLogger("test", "silent"));
  scorer = await startScorerFixture({ REDIS_URL: redis.url, REDIS_PREFIX: PREFIX });
});
afterAll(async () => {
  await scorer?.stop();
  connection?.disconnect();
  await redis?.stop();
});

function rule(id: string, when: string, more: Partial<PolicyRule> = {}): PolicyRule {
  const effect = { kind: "raise", to: "block" } as const;
  return { id, name: `The rule ${id}`, when, effect, priority: 100, enabled: true, reason: "", ...more };
}

let version = 0;

/** Hands a policy over, and waits until the scorer decides by it. */
async function activate(name: string, rules: readonly PolicyRule[], lists: readonly PublishedList[] = []) {
  version++;
  const text = writePublication(version, { ...TIER_POLICY, version: name, rules }, lists);
  await publish(connection, policyPlace(PREFIX), { version, digest: `${version}`, text });
  await expect.poll(() => scorer.policy.current.version, { timeout: 5_000 }).toBe(name);
}

/** Legitimate by every measure, and on a card of ours. */
const payment = (id: string) => transaction(id, 0, { cardToken: "tok_bad", country: "BE", currency: "EUR" });
const HIT = {
  ...{ rule: "deny", name: "The rule deny", kind: "raise", from: "approve", to: "block", review: false },
} as const;

it("decides by tier where no policy is handed over, and says so", async () => {
  expect(await scorer.client.score(payment("t-1"))).toMatchObject({
    action: "approve",
    policyVersion: "tiers-1",
    review: false,
    slaMinutes: null,
    rules: [],
  });
});

it("follows the policy at every door, with the rules that fired and what each changed", async () => {
  const look = rule("look", 'tier == "low" && amount < 100 && hour >= 0', { effect: { kind: "review" } });
  const entries = [{ value: "tok_bad", expiresAt: null }];
  await activate("p-2", [rule("deny", 'in_list("cards", card_token)'), look], [{ name: "cards", entries }]);
  const decided = {
    ...{ action: "block", riskTier: "low", policyVersion: "p-2", review: true },
    rules: [
      HIT,
      { ...HIT, rule: "look", name: "The rule look", kind: "review", from: "block", review: true },
    ],
  };
  expect(await scorer.client.score(payment("s-1"))).toMatchObject(decided);
  const other = transaction("b-2", 0, { cardToken: "tok_good", amount: 1_000 });
  expect(await scorer.client.scoreBatch([payment("b-1"), other])).toMatchObject([
    { ok: true, decision: decided },
    { ok: true, decision: { action: "approve", review: false, rules: [] } },
  ]);
  const streamed = scorer.client.scoreStream([payment("st-1")]);
  for await (const result of streamed) expect(result).toMatchObject({ ok: true, decision: decided });
  expect((await scorer.client.explain(payment("e-1"))).decision).toMatchObject(decided);
  const metrics = await scorer.metrics.metrics();
  expect(metrics).toContain('paysecure_scorer_policy_rules_total{rule="deny",outcome="fired"} 4');
});

it("reads what the model read, by its names, at every door", async () => {
  const effect = { kind: "raise", to: "verify" } as const;
  await activate("p-2b", [rule("low-v14", "features.V14 < -1 && features.Amount == 12.5", { effect })]);
  const low = transaction("v-1", -1.5);
  const decided = { action: "verify", rules: [{ rule: "low-v14" }] };
  expect(await scorer.client.score(low)).toMatchObject(decided);
  expect(await scorer.client.score(low, { explain: true })).toMatchObject(decided);
  expect(await scorer.client.scoreBatch([payment("v-2"), low])).toMatchObject([
    { decision: { action: "approve", rules: [] } },
    { decision: decided },
  ]);
  expect((await scorer.client.explain(low)).decision).toMatchObject(decided);
});

it("a rule that fails does nothing, is told and counted; a tier may have its own time", async () => {
  const critical = { ...TIER_POLICY.tiers.critical, slaMinutes: 15 };
  version++;
  const tiers = { ...TIER_POLICY.tiers, critical };
  const policy = { version: "p-3", tiers, rules: [rule("odd", "double(channel) > 1.0")] };
  const text = writePublication(version, policy, []);
  await publish(connection, policyPlace(PREFIX), { version, digest: `${version}`, text });
  await expect.poll(() => scorer.policy.current.version, { timeout: 5_000 }).toBe("p-3");
  expect(await scorer.client.score(payment("f-1"))).toMatchObject({
    action: "approve",
    rules: [{ rule: "odd", kind: "failed", from: "approve", to: "approve" }],
  });
  expect(await scorer.client.score(transaction("f-2", -10))).toMatchObject({ review: true, slaMinutes: 15 });
  expect(await scorer.metrics.metrics()).toContain('{rule="odd",outcome="failed"} 2');
});

it("a policy that cannot be read leaves the last one deciding; without Redis a start knows it still", async () => {
  await activate("p-4", [rule("deny", 'country == "BE"')]);
  version++;
  const broken = { ...TIER_POLICY, version: "p-5", rules: [rule("broken", "amnt > 1")] };
  const text = writePublication(version, broken, []);
  await publish(connection, policyPlace(PREFIX), { version, digest: `${version}`, text });
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await scorer.client.score(payment("l-1"))).toMatchObject({ action: "block", policyVersion: "p-4" });
  await redis.kill();
  const again = await startScorerFixture({ DATA_DIR: scorer.folder });
  try {
    expect(await again.client.score(payment("l-2"))).toMatchObject({
      action: "block",
      policyVersion: "p-4",
      rules: [HIT],
    });
  } finally {
    await again.stop();
  }
});

it("fifty rules that fire for a thousand payments still fit into one answer", async () => {
  await redis.start();
  const rules = Array.from({ length: 50 }, (_, i) =>
    rule(`r${i}`, "amount > 0", { name: "A rule with a name as long as names are".padEnd(80, ".") }),
  );
  await activate("p-6", rules);
  const results = await scorer.client.scoreBatch(Array.from({ length: 1_000 }, (_, i) => payment(`m-${i}`)));
  // All fifty would take 6 MB: those that changed something are given.
  expect(results).toHaveLength(1_000);
  expect(results[999]).toMatchObject({ ok: true, decision: { action: "block", rules: [{ rule: "r0" }] } });
});
