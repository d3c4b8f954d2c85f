import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { readModel, resolveModel } from "../../platform/model-registry.ts";
import { loadCsv } from "../data/csv.ts";
import type { Dataset } from "../data/dataset.ts";
import { rocAuc } from "../evaluate/ranking.ts";
import { originalForest, randomForest } from "../learners/forest.ts";
import { logisticRegression, originalLogistic } from "../learners/logistic.ts";
import { scoreOnnx } from "../onnx/parity.ts";
import { registryRoot } from "../registry.ts";
import { paysecureData } from "../report/config.ts";
import { measureFile } from "./measure-file.ts";
import { type OriginalData, prepareOriginal } from "./original.ts";

/**
 * What the reference runs of the data's README are held to. Needs the real transactions ($PAYSECURE_DATA); without
 * them these tests are skipped.
 */
const file = join(paysecureData(), "creditcard-sample.csv.gz");

describe.skipIf(!existsSync(file))("on the real transactions", () => {
  let data: Dataset;
  beforeAll(async () => {
    data = await loadCsv(file);
  });

  test("the file is the one the figures are known for", () => {
    expect(data.quality).toMatchObject({ rows: 43_906, frauds: 399, duplicates: 0, timeOrdered: true });
    expect(data.quality.weightedRows).toBeCloseTo(227_254.7, 0);
  });

  describe("original protocol", () => {
    let original: OriginalData;
    beforeAll(() => {
      original = prepareOriginal(data, 42);
    });
    const aucOf = (scores: Float64Array) => rocAuc({ scores, labels: original.testLabels });

    test("has the reference's 69,611 × 32 training rows", () => {
      expect([original.trainSet.features.rows, original.trainSet.features.columns]).toEqual([69_611, 32]);
      expect(original.testLabels.length).toBe(17_403);
    });

    test("forest: AUC of at least 0.9995, the reference's five strongest features", async () => {
      const forest = await randomForest(originalForest).fit(original.trainSet, { seed: 42, threads: 2 });
      expect(aucOf(forest.predict(original.testFeatures))).toBeGreaterThanOrEqual(0.9995);
      const strongest = Array.from(forest.importance!, (gain, f) => ({
        gain,
        name: original.features[f]!.name,
      }))
        .sort((a, b) => b.gain - a.gain)
        .slice(0, 5);
      expect(strongest.map(({ name }) => name).sort()).toEqual(["V10", "V12", "V14", "V17", "V4"]);
    }, 60_000);

    test("logistic regression: AUC within 0.001 of 0.99640", async () => {
      const model = await logisticRegression(originalLogistic).fit(original.trainSet, { seed: 42 });
      expect(Math.abs(aucOf(model.predict(original.testFeatures)) - 0.9964)).toBeLessThan(0.001);
    }, 60_000);
  });

  describe("the champion in the registry, on the honest test rows", () => {
    test("gives its card's AUPRC, every tier inside its band, few alerts", async () => {
      const { card, bytes } = await readModel(registryRoot, await resolveModel(registryRoot, "champion"));
      const { figures, tiers } = await measureFile(bytes, data, {
        thresholds: card.thresholds,
        seed: card.seed,
      });
      // The reference's XGBoost has 0.832.
      expect(figures.auprc.value).toBeGreaterThanOrEqual(0.832);
      const [low, medium, high, critical] = tiers.map((tier) => tier.fraudRate) as [
        number,
        number,
        number,
        number,
      ];
      expect(low).toBeLessThan(0.1);
      expect(medium).toBeGreaterThanOrEqual(0.1);
      expect(medium).toBeLessThan(0.3);
      expect(high).toBeGreaterThanOrEqual(0.3);
      expect(high).toBeLessThan(0.7);
      expect(critical).toBeGreaterThanOrEqual(0.7);
      expect(1 - tiers[0]!.share).toBeLessThan(0.01);
      expect(card.metrics.find((metric) => metric.name === "auprc")!.value).toBeCloseTo(
        figures.auprc.value,
        6,
      );
    }, 60_000);

    test("answers in [0, 1] and finite for every row", async () => {
      const { bytes } = await readModel(registryRoot, await resolveModel(registryRoot, "champion"));
      const scores = await scoreOnnx(bytes, data.inputs);
      expect(scores.every((p) => p >= 0 && p <= 1)).toBe(true);
    });
  });
});
