import { beforeAll, describe, expect, test } from "vitest";
import { Random } from "../../platform/math/random.ts";
import { fitIsotonic } from "../calibration/isotonic.ts";
import { fitPlatt } from "../calibration/platt.ts";
import { inputNames } from "../data/dataset.ts";
import { newMatrix } from "../features/matrix.ts";
import { deployedFeatures, derive, type Feature, fitScaling, transform } from "../features/transform.ts";
import { exportModel } from "../onnx/export-model.ts";
import { checkParity } from "../onnx/parity.ts";
import { gradientBoosting } from "./boosting.ts";
import { type EnsembleModel, ensemble } from "./ensemble.ts";
import { randomForest } from "./forest.ts";
import { type Learner, type TrainingSet, uncalibrated } from "./learner.ts";
import { logisticRegression } from "./logistic.ts";
import { multilayerPerceptron } from "./mlp.ts";

const thresholds = { medium: 0.1, high: 0.3, critical: 0.7, fraud: 0.5 };

/** Raw inputs, one in ten fraud with V1–V4 shifted. */
function transactions(rows: number, seed: number) {
  const random = new Random(seed);
  const inputs = newMatrix(rows, inputNames);
  const labels = new Uint8Array(rows);
  for (let r = 0; r < rows; r++) {
    labels[r] = Number(random.next() < 0.1);
    const v = Array.from({ length: 28 }, (_, i) => random.normal() * 1.5 + (i < 4 ? 1.5 * labels[r]! : 0));
    const amount = Math.round(100 * Math.exp(10.1 * random.next())) / 100;
    inputs.values.set([random.int(172_793), ...v, amount], 30 * r);
  }
  return { inputs, labels };
}

const boosting = () => gradientBoosting({ trees: 150, maxDepth: 4, bags: 2 });
const learners: Record<string, () => Learner> = {
  boosting,
  logistic: () => logisticRegression(),
  mlp: () => multilayerPerceptron({ epochs: 4, earlyStopping: { share: 0.2, rounds: 2, metric: "auprc" } }),
  ensemble: () =>
    ensemble([
      { learner: gradientBoosting({ trees: 40 }), weight: 0.7 },
      { learner: randomForest({ trees: 10, maxDepth: 6 }), weight: 2.5 },
      { learner: logisticRegression({ classWeight: "none" }), weight: 0.3 },
    ]),
};

describe("the exported graph gives the trainer's probability to 1e-5 and its tiers on 10,000 fresh rows", () => {
  const fresh = transactions(10_000, 2).inputs;
  let features: Feature[];
  let set: TrainingSet;
  beforeAll(() => {
    const { inputs, labels } = transactions(3_000, 1);
    features = fitScaling(derive(inputs, deployedFeatures), deployedFeatures);
    set = {
      features: transform(inputs, features),
      labels,
      weights: Float64Array.from(labels, (label) => (label === 1 ? 1 : 5)),
      times: Float64Array.from(labels, (_, r) => r),
    };
  });

  test.each(Object.entries(learners))("%s", async (_, learner) => {
    const model = await learner().fit(set, { seed: 3, threads: 1 });
    const raw = model.predict(transform(fresh, features));
    const plain = exportModel("test", features, model);
    const parity = await checkParity(plain, fresh, uncalibrated(model.link, raw), thresholds);
    expect(parity.rows).toBe(10_000);
    const seen = model.predict(set.features);
    for (const calibrator of [fitPlatt, fitIsotonic].map((c) => c(seen, set.labels, set.weights))) {
      const bytes = exportModel("test", features, model, calibrator);
      expect((await checkParity(bytes, fresh, calibrator.apply(raw), thresholds)).max_abs_diff).toBeLessThan(
        1e-5,
      );
    }
    const again = await learner().fit(set, { seed: 3, threads: 2 });
    expect(Buffer.from(exportModel("test", features, again)).equals(plain)).toBe(true);
  });

  test("an ensemble is the weighted sum of its parts", async () => {
    const model = (await learners["ensemble"]!().fit(set, { seed: 3 })) as EnsembleModel;
    const parts = model.parts.map((part) => part.predict(set.features));
    model.predict(set.features).forEach((raw, r) => {
      const sum = parts.reduce((total, scores, i) => total + model.weights[i]! * scores[r]!, 0);
      expect(raw).toBeCloseTo(sum, 9);
    });
    expect(model.importance!.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6);
    expect(() => ensemble([{ learner: boosting(), weight: 0 }])).toThrow("cannot be 0");
    expect(() => ensemble([])).toThrow("needs parts");
  });
});
