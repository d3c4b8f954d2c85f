import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { credentials, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tierOf } from "../domain/policy/decision-policy.ts";
import { contractTypes, loadContract } from "../proto/loader.ts";
import { probabilityOf } from "./scoring/probability.ts";
import type { LinearModel } from "./testing/onnx-fixture.ts";
import { type ScorerFixture, startScorerFixture, transaction } from "./testing/scorer-fixture.ts";

const onAmount = (weight: number): number[] => [...new Array<number>(29).fill(0), weight];

/** Models that give a probability for an amount of 10 and none for one of 900. */
const MODELS: readonly (readonly [answer: string, model: LinearModel])[] = [
  ["NaN", { weights: onAmount(-0.001), bias: 0.25, link: "Sqrt" }],
  ["infinity", { weights: onAmount(1e36), bias: 0, link: "Identity" }],
  ["more than 1", { weights: onAmount(0.01), bias: 0, link: "Identity" }],
  ["an error of the whole run", { weights: onAmount(0.01), bias: -4, drops: 1 }],
  ["less than 0", { weights: onAmount(-0.001), bias: 0.1, link: "Identity" }],
];

let scorer: ScorerFixture;
beforeAll(async () => {
  scorer = await startScorerFixture();
  for (const [i, [, model]] of MODELS.entries()) await scorer.registry.add("odd", String(i + 1), model);
});
afterAll(() => scorer.stop());

const paying = (amount: number): ReturnType<typeof transaction> =>
  transaction(`pays-${amount}`, 0, { amount });

describe.each(MODELS.map(([answer], i) => [answer, `odd@${i + 1}`] as const))(
  "a model that answers %s to one transaction",
  (answer, model) => {
    // Ten times 1e36 is a number, and no probability.
    const good = answer === "infinity" ? 0 : 10;
    const failed = { code: "internal", message: `model ${model} gave no probability for this transaction` };

    it("fails it in Score, with and without reasons, and in Explain", async () => {
      const { client } = scorer;
      expect((await client.score(paying(good), { model })).riskTier).toMatch(/low|medium|high/);
      for (const explain of [false, true]) {
        await expect(client.score(paying(900), { model, explain, record: true })).rejects.toMatchObject(
          failed,
        );
      }
      await expect(client.explain(paying(900), { model })).rejects.toMatchObject(failed);
    });

    it("fails it alone in ScoreBatch and ScoreStream", async () => {
      const { client } = scorer;
      const list = [good, 900, good].map(paying);
      const streamed = [];
      for await (const result of client.scoreStream(list, { model })) streamed.push(result);
      for (const results of [
        await client.scoreBatch(list, { model }),
        await client.scoreBatch(list, { model, explainFrom: "low" }),
        streamed,
      ]) {
        expect(results.map(({ ok, transactionId }) => [transactionId, ok])).toEqual([
          [`pays-${good}`, true],
          ["pays-900", false],
          [`pays-${good}`, true],
        ]);
        expect(results[1]).toMatchObject({ error: failed });
      }
    });

    it("fails ModelInfer and names the row", async () => {
      const { GRPCInferenceService } = contractTypes(loadContract()).inference;
      const client = new GRPCInferenceService(scorer.address, credentials.createInsecure());
      const values = new Float32Array(60);
      values[29] = good;
      values[59] = 900;
      const request = {
        modelName: "odd",
        modelVersion: model.slice(-1),
        inputs: [{ name: "input", datatype: "FP32", shape: [2, 30] }],
        rawInputContents: [Buffer.from(values.buffer)],
      };
      const error = await new Promise((resolve) => client.ModelInfer(request, resolve));
      client.close();
      expect(error).toMatchObject({ code: status.INTERNAL, details: `row 1: ${failed.message}` });
    });

    it("is counted as unanswered, and its score not at all", async () => {
      const text = await scorer.metrics.metrics();
      const counted = (name: string): number =>
        Number(new RegExp(`paysecure_scorer_${name}\\{[^}]*model="${model}"[^}]*\\} (\\S+)`).exec(text)?.[1]);
      expect(counted("unanswered_total")).toBeGreaterThan(0);
      expect(counted("score_sum")).toBeLessThanOrEqual(counted("score_count"));
      expect(counted("answers_total")).not.toBeNaN();
    });
  },
);

it("a shadow without an answer is counted apart and spoils no comparison", async () => {
  const own = await startScorerFixture();
  await own.registry.add("odd", "1", (MODELS[0] as (typeof MODELS)[number])[1]);
  await writeFile(
    join(own.registry.root, "serving.json"),
    JSON.stringify({ champion: "fixture@1", challenger: null, shadows: ["odd@1"] }),
  );
  await own.catalog.refresh();
  const results = await own.client.scoreBatch([10, 900, 20].map(paying));
  expect(results.every(({ ok }) => ok)).toBe(true);
  await expect.poll(() => own.metrics.metrics()).toMatch(/shadow_unanswered_total\{model="odd@1"\} 1\n/);
  const text = await own.metrics.metrics();
  expect(text).toMatch(/shadow_rows_total\{model="odd@1"\} 2\n/);
  expect(text).not.toMatch(/ NaN$/m);
  await own.stop();
});

it("a score whose features are no numbers is answered without reasons, and not explained", async () => {
  const weights = new Array<number>(30).fill(0);
  weights[14] = -1;
  await scorer.registry.add("vast", "1", { weights, bias: 0, features: "Exp" });
  const call = { model: "vast@1" };
  const decision = await scorer.client.score(transaction("vast", 1_000, { time: 0 }), {
    ...call,
    explain: true,
  });
  expect(decision).toMatchObject({ fraudProbability: 0, riskTier: "low", reasons: [] });
  await expect(scorer.client.explain(transaction("vast", 1_000, { time: 0 }), call)).rejects.toMatchObject({
    code: "internal",
    message: "model vast@1 gave nothing to explain this score by",
  });
  expect((await scorer.client.explain(transaction("vast", 1, { time: 0 }), call)).contributions).toHaveLength(
    30,
  );
});

it("rounding at the ends of [0, 1] is a probability; nothing else outside is, and it has no tier", () => {
  expect([0, 1, 0.5, 1.000_001, -1e-7].map(probabilityOf)).toEqual([0, 1, 0.5, 1, 0]);
  for (const answer of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1.001, -0.001]) {
    expect(probabilityOf(answer)).toBeNaN();
  }
  expect(() => tierOf(Number.NaN, { medium: 0.1, high: 0.3, critical: 0.7 })).toThrow(RangeError);
});
