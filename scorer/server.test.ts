import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DomainError } from "../platform/process/errors.ts";
import { type ScorerFixture, startScorerFixture, transaction } from "./testing/scorer-fixture.ts";

let scorer: ScorerFixture;
beforeAll(async () => {
  scorer = await startScorerFixture();
});
afterAll(() => scorer.stop());

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

async function failure(promise: Promise<unknown>): Promise<DomainError> {
  return promise.then(
    () => expect.fail("should have failed"),
    (error: DomainError) => error,
  );
}

describe("Score", () => {
  it("gives probability, tier, action and model", async () => {
    const decision = await scorer.client.score(transaction("t-1", -10));
    expect(decision.fraudProbability).toBeCloseTo(sigmoid(6), 6);
    expect(decision).toMatchObject({
      transactionId: "t-1",
      riskTier: "critical",
      action: "block",
      fraudPredicted: true,
      model: { name: "fixture", version: "1" },
      reasons: [],
      recorded: false,
    });
    expect(await scorer.client.score(transaction("t-2"))).toMatchObject({
      riskTier: "low",
      action: "approve",
    });
  });

  it("gives each of many concurrent calls its own answer", async () => {
    const calls = Array.from({ length: 500 }, (_, i) => scorer.client.score(transaction(`c-${i}`, -i / 50)));
    const decisions = await Promise.all(calls);
    decisions.forEach((decision, i) => {
      expect(decision.transactionId).toBe(`c-${i}`);
      expect(decision.fraudProbability).toBeCloseTo(sigmoid(i / 50 - 4), 5);
    });
  });

  it("names every wrong field", async () => {
    const wrong = {
      ...transaction("", 0, { currency: "euro", cardToken: "4111 1111 1111 1111", country: "uk" }),
      v: new Array<number>(27).fill(0),
      amount: -1,
      time: Number.NaN,
    };
    const error = await failure(scorer.client.score(wrong));
    expect(error.code).toBe("invalid_argument");
    expect(error.violations.map((v) => v.field)).toEqual([
      "transaction.transaction_id",
      "transaction.currency",
      "transaction.card_token",
      "transaction.country",
      "transaction.time",
      "transaction.v",
      "transaction.amount",
    ]);
  });

  it("explains when asked to", async () => {
    const { reasons } = await scorer.client.score(transaction("t-3", -6), { explain: true });
    expect(reasons[0]).toMatchObject({ feature: "V14", code: "V14_LOW", value: -6 });
    expect(reasons[0]?.contribution).toBeCloseTo(6, 5);
  });

  it("does not know a model that is not there", async () => {
    expect((await failure(scorer.client.score(transaction("t"), { model: "nobody" }))).code).toBe(
      "not_found",
    );
  });
});

describe("ScoreBatch", () => {
  it("answers in order, a bad transaction failing alone", async () => {
    const batch = Array.from({ length: 2_500 }, (_, i) =>
      transaction(`b-${i}`, i === 7 ? Number.NaN : -i / 250),
    );
    const results = await scorer.client.scoreBatch(batch);
    results.forEach((result, i) => {
      expect(result.transactionId).toBe(`b-${i}`);
      if (i === 7) {
        expect(result.ok).toBe(false);
        if (!result.ok) expect(result.error.violations[0]?.field).toBe("transactions[7].v[13]");
      } else if (result.ok) {
        expect(result.decision.fraudProbability).toBeCloseTo(sigmoid(i / 250 - 4), 5);
      } else expect.fail(`transaction ${i} failed`);
    });
  });

  it("gives reasons from the tier asked for", async () => {
    const [low, critical] = await scorer.client.scoreBatch([transaction("l"), transaction("h", -9)], {
      explainFrom: "high",
    });
    expect(low?.ok && low.decision.reasons).toEqual([]);
    expect(critical?.ok && critical.decision.reasons[0]?.feature).toBe("V14");
  });

  it("takes 1 to 10,000 transactions", async () => {
    expect((await failure(scorer.client.scoreBatch([]))).violations[0]?.field).toBe("transactions");
    const many = Array.from({ length: 10_001 }, () => transaction("x"));
    expect((await failure(scorer.client.scoreBatch(many))).violations[0]?.field).toBe("transactions");
    expect(await scorer.client.scoreBatch(many.slice(1))).toHaveLength(10_000);
  });
});

describe("ScoreStream", () => {
  it("keeps the order and goes on after a bad transaction", async () => {
    const input = Array.from({ length: 3_000 }, (_, i) => transaction(i === 5 ? "" : `s-${i}`, -i / 500));
    let i = 0;
    for await (const result of scorer.client.scoreStream(input)) {
      expect(result.transactionId).toBe(i === 5 ? "" : `s-${i}`);
      expect(result.ok).toBe(i !== 5);
      i++;
    }
    expect(i).toBe(3_000);
  });
});

describe("Explain", () => {
  it("adds up", async () => {
    const explanation = await scorer.client.explain(transaction("e", -6, { amount: 3 }), { top: 1 });
    const { baseline, contributions, remainder, rawScore } = explanation;
    expect(contributions).toHaveLength(1);
    expect(baseline + (contributions[0]?.contribution ?? 0) + remainder).toBeCloseTo(rawScore, 6);
    expect(explanation.decision.fraudProbability).toBeCloseTo(sigmoid(rawScore), 5);
    expect(explanation.unit).toBe("log-odds");
  });
});

describe("GetModel", () => {
  it("describes the champion", async () => {
    const model = await scorer.client.getModel();
    expect(model).toMatchObject({
      model: { name: "fixture", version: "1" },
      aliases: ["champion"],
      thresholds: { medium: 0.1, high: 0.3, critical: 0.7 },
      metrics: [
        { name: "auprc", interval: { low: 0.4, high: 0.6 } },
        { name: "auc", interval: { low: 0.8, high: 0.95 } },
      ],
    });
    expect(model.trainedAt?.toISOString()).toBe("2026-11-22T12:00:00.000Z");
  });
});

describe("health", () => {
  it("says per service whether calls would be answered", async () => {
    expect(await scorer.client.health()).toBe("serving");
    expect(await scorer.client.health("")).toBe("serving");
    scorer.server.setServing(false);
    expect(await scorer.client.health()).toBe("not_serving");
    scorer.server.setServing(true);
  });
});
