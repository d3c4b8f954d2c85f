import { afterAll, beforeAll, expect, test } from "vitest";
import { recordDecisions } from "../../pipeline/record/record-decisions.ts";
import { decision, SLA } from "../../pipeline/store/testing.ts";
import { openTestStore, type TestStore } from "../../pipeline/testing/test-store.ts";
import { Random } from "../../platform/math/random.ts";
import { readModel, resolveModel, type StoredModel } from "../../scorer/serving/registry.ts";
import { registryRoot } from "../registry.ts";
import { compareInLife, learnedUntil, mcnemarP } from "./compare.ts";
import { recomputedFeatures } from "./recomputed.ts";

let store: TestStore;
let champion: StoredModel;
let demo: StoredModel;
beforeAll(async () => {
  store = await openTestStore();
  const read = async (id: string) => await readModel(registryRoot, await resolveModel(registryRoot, id));
  [champion, demo] = await Promise.all([read("fraud-champion@5"), read("payments-demo@1")]);
});
afterAll(() => store?.close());

test("a model that reads what was not kept is scored by what its schema says was seen then", async () => {
  const random = new Random(3, 1);
  const payments = Array.from({ length: 300 }, (_, i) => {
    const fraud = i % 10 === 9;
    // Fraud of a kind that V1…V28 know nothing of: one customer's device, many times, large amounts.
    const entities = {
      customer: fraud ? "c1" : `c${i % 40}`,
      terminal: `t${i % 7}`,
      device: fraud ? "d1" : `d${i % 40}`,
    };
    return decision(`p${String(i).padStart(3, "0")}`, {
      ...{ entities, truth: fraud, amount: fraud ? 900 : 20 + 10 * random.next() },
      fields: { event_time: new Date(Date.UTC(2026, 10, 20, 8, i)).toISOString() },
      eventTime: new Date(Date.UTC(2026, 10, 20, 8, i)).toISOString(),
    });
  });
  await recordDecisions(store.db, [...payments, decision("nobody's", { truth: false })], SLA);
  const report = (await compareInLife(store.db, {
    ...{ champion, other: demo, role: "shadow", currency: "EUR", at: new Date(Date.now() + 1_000), days: 30 },
  }))!;
  // Without a customer its schema refuses the payment.
  expect(report).toMatchObject({ rows: 300, frauds: 30, unscored: 1, arms: null });
  expect(report.others.auprc).toBeGreaterThan(0.5);

  const seen = await recomputedFeatures(store.db, demo.schema!, ["p299", "p000", "nobody's"]);
  expect([...seen.keys()].sort()).toEqual(["p000", "p299"]);
  const columns = demo.card.inputs;
  const of = (id: string, name: string) => seen.get(id)![columns.indexOf(name)];
  expect(of("p000", "customer_count_7d")).toBe(1);
  // Thirty frauds and eight other payments are c1's; what its device did before is counted without the payment itself.
  expect(of("p299", "customer_count_7d")).toBe(38);
  expect(of("p299", "device_count_30d")).toBe(37);
});

test("a model of the store's payments is compared on what came after it alone, one of a file on all", () => {
  expect(learnedUntil(champion)).toBe(0);
  const ofStore = { ...champion, card: { ...champion.card, data: { ...champion.card.data, file: "store" } } };
  expect(learnedUntil(ofStore)).toBe(Date.parse(champion.card.created_at));
});

test("McNemar's test is exact, and no less than the binomial tail beyond a thousand", () => {
  expect(mcnemarP(0, 0)).toBe(1);
  // 2 × (1 + 6) ÷ 2⁶
  expect(mcnemarP(5, 1)).toBeCloseTo(14 / 64, 12);
  expect(mcnemarP(3, 3)).toBe(1);
  expect(mcnemarP(1_200, 1_200)).toBe(1);
  expect(mcnemarP(1_300, 1_100)).toBeCloseTo(4.84e-5, 6);
});
