import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { Random } from "../../platform/math/random.ts";
import { OnnxModel } from "../../scorer/scoring/model.ts";
import { fitPlatt } from "../calibration/platt.ts";
import { inputNames } from "../data/dataset.ts";
import { type Matrix, newMatrix } from "../features/matrix.ts";
import {
  deployedFeatures,
  derive,
  type Feature,
  fitScaling,
  originalFeatures,
  transform,
} from "../features/transform.ts";
import { randomForest } from "../learners/forest.ts";
import type { FittedModel } from "../learners/learner.ts";
import { exportModel } from "./export-model.ts";
import { checkParity } from "./parity.ts";

const thresholds = { medium: 0.1, high: 0.3, critical: 0.7, fraud: 0.5 };

/** Amounts in cents up to 25,000 and whole seconds: where logarithms and hours of two libraries could part. */
function transactions(rows: number, seed: number) {
  const random = new Random(seed);
  const inputs = newMatrix(rows, inputNames);
  const labels = new Uint8Array(rows);
  for (let r = 0; r < rows; r++) {
    labels[r] = Number(random.next() < 0.2);
    const v = Array.from({ length: 28 }, (_, i) => random.normal() + (i < 3 ? labels[r]! : 0));
    const amount = Math.round(100 * Math.exp(10.1 * random.next())) / 100;
    inputs.values.set([random.int(172_793), ...v, amount], 30 * r);
  }
  return { inputs, labels };
}

/** How many values differ (toEqual takes seconds over 300,000). */
function differences(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let count = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) count++;
  return count;
}

async function trained(sources: typeof deployedFeatures, seed = 1) {
  const { inputs, labels } = transactions(4_000, 7);
  const features = fitScaling(derive(inputs, sources), sources);
  const set = {
    features: transform(inputs, features),
    labels,
    weights: new Float64Array(4_000).fill(1),
    times: new Float64Array(4_000),
  };
  const model = await randomForest({ trees: 10, maxFeatures: 20 }).fit(set, { seed, threads: 1 });
  return { features, model, calibrator: fitPlatt(model.outOfBag!, labels, set.weights) };
}

describe("an exported forest", () => {
  let features: readonly Feature[];
  let model: FittedModel;
  let calibrator: ReturnType<typeof fitPlatt>;
  let fresh: Matrix;
  beforeAll(async () => {
    ({ features, model, calibrator } = await trained(deployedFeatures));
    fresh = transactions(10_000, 8).inputs;
  });

  test("gives the trainer's probabilities to 1e-5 and its tiers on 10,000 rows it never saw", async () => {
    const expected = calibrator.apply(model.predict(transform(fresh, features)));
    const bytes = exportModel("test", features, model, calibrator);
    const parity = await checkParity(bytes, fresh, expected, thresholds);
    expect(parity.rows).toBe(10_000);
    expect(parity.max_abs_diff).toBeLessThan(1e-6);
  });

  test("gives the same features bit for bit, and the raw score", async () => {
    const onnx = await OnnxModel.load(exportModel("test", features, model, calibrator));
    const outputs = await onnx.outputs(fresh.values.slice(), fresh.rows);
    const expected = transform(fresh, features);
    expect(differences(outputs.features!, expected.values)).toBe(0);
    expect(differences(outputs.raw!, model.predict(expected))).toBe(0);
    await onnx.release();
  });

  test("without calibration the probability is the forest's own", async () => {
    const onnx = await OnnxModel.load(exportModel("test", features, model));
    const outputs = await onnx.outputs(fresh.values.slice(), fresh.rows);
    expect(differences(outputs.probability, outputs.raw!)).toBe(0);
    await onnx.release();
  });

  test("is the same file for the same seed, and another for another", async () => {
    const hash = async (seed: number) => {
      const again = await trained(deployedFeatures, seed);
      return createHash("sha256")
        .update(exportModel("test", again.features, again.model, again.calibrator))
        .digest("hex");
    };
    const first = createHash("sha256")
      .update(exportModel("test", features, model, calibrator))
      .digest("hex");
    expect(await hash(1)).toBe(first);
    expect(await hash(2)).not.toBe(first);
  });
});

test("the original's 32 features are in the graph too", async () => {
  const { features, model } = await trained(originalFeatures);
  const { inputs } = transactions(2_000, 9);
  const onnx = await OnnxModel.load(exportModel("test", features, model));
  const outputs = await onnx.outputs(inputs.values.slice(), inputs.rows);
  expect(differences(outputs.features!, transform(inputs, features).values)).toBe(0);
  await onnx.release();
});

test("a file that does not say what the trainer says is not let through", async () => {
  const { features, model, calibrator } = await trained(deployedFeatures);
  const { inputs } = transactions(100, 10);
  const bytes = exportModel("test", features, model, calibrator);
  const expected = calibrator.apply(model.predict(transform(inputs, features)));
  expected[42]! += 2e-5;
  await expect(checkParity(bytes, inputs, expected, thresholds)).rejects.toThrow("row 42: the file gives");
});
