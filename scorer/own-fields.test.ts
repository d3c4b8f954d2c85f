import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Transaction } from "../domain/transaction.ts";
import { changeServing } from "./serving/state.ts";
import { constantModel, OWN_CARD, OWN_INPUTS, OWN_MODEL } from "./testing/onnx-fixture.ts";
import { type ScorerFixture, startScorerFixture, transaction } from "./testing/scorer-fixture.ts";

/** A scorer with a model of the public data set beside one of a team's own payments, of another width. */
let scorer: ScorerFixture;
const OWN = "own@1";

beforeAll(async () => {
  scorer = await startScorerFixture();
  await scorer.registry.add("own", "1", OWN_MODEL, OWN_CARD);
});
afterAll(() => scorer.stop());

const FIELDS = { items: 4, account_age_days: 100.5, new_device: false, distance_km: 0 };

/** A payment with 4 items unless told otherwise: the model gives it 0.5, with 6 it is critical. */
function payment(id: string, fields: Transaction["fields"] = {}): Transaction {
  return {
    transactionId: id,
    amount: 12.5,
    fields: { ...FIELDS, ...fields },
    entities: { customer: "c-17", terminal: "t-4" },
  };
}

describe("a model that reads fields of a team's own", () => {
  it("scores one, a batch and a stream, without V", async () => {
    const { client } = scorer;
    expect((await client.score(payment("a"), { model: OWN })).fraudProbability).toBeCloseTo(0.5, 5);
    const list = Array.from({ length: 700 }, (_, i) =>
      payment(`p-${i}`, { items: i % 7, new_device: i % 2 === 0 }),
    );
    const wanted = list.map(
      ({ fields }) =>
        1 / (1 + Math.exp(4 - (fields?.["items"] as number) - (fields?.["new_device"] ? 2 : 0))),
    );
    const streamed = [];
    for await (const result of client.scoreStream(list, { model: OWN })) streamed.push(result);
    for (const results of [await client.scoreBatch(list, { model: OWN }), streamed]) {
      results.forEach((result, i) => {
        expect(result).toMatchObject({ ok: true, transactionId: `p-${i}` });
        if (result.ok) expect(result.decision.fraudProbability).toBeCloseTo(wanted[i] as number, 5);
      });
    }
  });

  it("explains by their names", async () => {
    const { client } = scorer;
    const explained = await client.explain(payment("a", { items: 6 }), { model: OWN });
    expect(explained.contributions.map(({ feature }) => feature).sort()).toEqual([...OWN_INPUTS].sort());
    expect(explained.contributions[0]).toMatchObject({ feature: "items", value: 6, contribution: 6 });
    const scored = await client.score(payment("a", { items: 6 }), { model: OWN, explain: true });
    expect(scored.reasons[0]).toMatchObject({ feature: "items", code: "ITEMS_HIGH" });
    const [one] = await client.scoreBatch([payment("a", { items: 9 })], { model: OWN, explainFrom: "high" });
    expect(one?.ok && one.decision.reasons[0]?.feature).toBe("items");
  });

  it("names each field it misses, also before it is in memory, and fails one of a batch alone", async () => {
    const bare = { transactionId: "bare", amount: 1, fields: { items: 1, new_device: "no" } };
    const wrong = [
      { field: 'transaction.fields["account_age_days"]' },
      { field: 'transaction.fields["new_device"]' },
      { field: 'transaction.fields["distance_km"]' },
    ];
    await scorer.registry.add("own", "2", OWN_MODEL, OWN_CARD);
    for (const model of ["own@2", "own@2", OWN]) {
      await expect(scorer.client.score(bare, { model })).rejects.toMatchObject({
        code: "invalid_argument",
        violations: wrong,
      });
      await expect(scorer.client.explain(bare, { model })).rejects.toMatchObject({ violations: wrong });
    }
    const results = await scorer.client.scoreBatch([payment("a"), bare, payment("b")], { model: OWN });
    expect(results.map(({ ok }) => ok)).toEqual([true, false, true]);
  });

  it("tells and counts what it reads nothing of", async () => {
    const odd = payment("odd", { itmes: 3, note: "x" });
    expect((await scorer.client.score(odd, { model: OWN })).unknownFields).toEqual(["itmes", "note"]);
    const results = await scorer.client.scoreBatch([payment("a"), odd], { model: OWN, explainFrom: "low" });
    expect(results.map((result) => result.ok && result.decision.unknownFields)).toEqual([
      undefined,
      ["itmes", "note"],
    ]);
    expect(await scorer.metrics.metrics()).toMatch(/unknown_fields_total\{model="own@1"\} 4\n/);
  });

  it("scores a batch of more than a message holds", async () => {
    const text = "é".repeat(256);
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`text_${i}`, text]));
    const list = Array.from({ length: 300 }, (_, i) => payment(`large-${i}`, { ...many, items: i % 7 }));
    const results = await scorer.client.scoreBatch(list, { model: OWN });
    expect(results.map(({ ok, transactionId }) => [ok, transactionId])).toEqual(
      list.map(({ transactionId }) => [true, transactionId]),
    );
  });

  it("is refused when its graph has another width than its card", async () => {
    await scorer.registry.add("own", "3", constantModel(0.1), OWN_CARD);
    await expect(scorer.client.score(payment("a"), { model: "own@3" })).rejects.toMatchObject({
      message: expect.stringContaining("must be [n,5], it is [n,30]"),
    });
  });
});

describe("the public data set's model", () => {
  it("takes own fields along, reads none of them and does not call them unknown", async () => {
    const decision = await scorer.client.score(
      transaction("a", -10, { fields: { items: 3 }, entities: { customer: "c-1" } }),
    );
    expect(decision).toMatchObject({ riskTier: "critical" });
    expect(decision.unknownFields).toBeUndefined();
  });

  it("says that a payment without V cannot be scored", async () => {
    await expect(scorer.client.score(payment("a"))).rejects.toMatchObject({
      violations: [{ field: "transaction.v", description: expect.stringContaining("got 0") }],
    });
  });

  it("refuses what is wrong in fields and entities by name", async () => {
    const wrong = transaction("a", 0, {
      fields: { Items: 1, pan: "4111 1111 1111 1111" },
      entities: { card: "c", customer: "" },
    });
    await expect(scorer.client.score(wrong)).rejects.toMatchObject({
      violations: [
        { field: 'transaction.fields["Items"]' },
        { field: 'transaction.fields["pan"]' },
        { field: 'transaction.entities["card"]' },
        { field: 'transaction.entities["customer"]' },
      ],
    });
  });
});

describe("champion and challenger of different widths", () => {
  it("share the traffic: each transaction is judged and scored by its own", async () => {
    const { root } = scorer.registry;
    await changeServing(root, {
      ...{
        actor: { kind: "system", id: "test", name: "test" },
        act: "set_challenger",
        role: "challenger",
        reason: "",
      },
      change: (now) => ({ ...now, challenger: { model: OWN, share: 0.5 } }),
    });
    await scorer.catalog.refresh();
    const full = Array.from({ length: 200 }, (_, i) =>
      transaction(`t-${i}`, -10, { cardToken: `tok-${i}`, fields: FIELDS }),
    );
    const results = await scorer.client.scoreBatch(full);
    const by = new Map<string, number[]>();
    for (const result of results) {
      if (!result.ok) throw result.error;
      const { model, fraudProbability } = result.decision;
      by.set(model.name, [...(by.get(model.name) ?? []), fraudProbability]);
    }
    expect(by.get("own")?.every((p) => Math.abs(p - 0.5) < 1e-5)).toBe(true);
    expect(by.get("fixture")?.every((p) => p > 0.99)).toBe(true);
    expect(by.get("own")?.length).toBeGreaterThan(50);
    for (const [i, result] of results.entries()) {
      const single = await scorer.client.score(full[i] as Transaction);
      expect(result.ok && result.decision.model.name).toBe(single.model.name);
      if (i === 20) break;
    }
    const withoutV = await scorer.client.scoreBatch(full.map(({ v: _, ...rest }) => rest));
    expect(withoutV.map(({ ok }) => ok)).toEqual(
      results.map((result) => result.ok && result.decision.model.name === "own"),
    );
  });
});

it("a champion of a team's own answers those that name no model", async () => {
  await changeServing(scorer.registry.root, {
    ...{ actor: { kind: "system", id: "test", name: "test" }, act: "promote", role: "champion", reason: "" },
    change: () => ({ champion: OWN, challenger: null, shadows: ["fixture@1"] }),
  });
  await scorer.catalog.refresh();
  expect(scorer.catalog.champion?.id).toBe(OWN);
  expect((await scorer.client.score(payment("a", { items: 6 }))).riskTier).toBe("critical");
  expect((await scorer.client.score(transaction("b", -10), { model: "fixture@1" })).riskTier).toBe(
    "critical",
  );
});
