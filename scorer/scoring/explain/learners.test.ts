import { describe, expect, it } from "vitest";
import { inputNames } from "../../../models/data/dataset.ts";
import { newMatrix } from "../../../models/features/matrix.ts";
import { deployedFeatures, derive, fitScaling, scale } from "../../../models/features/transform.ts";
import { gradientBoosting } from "../../../models/learners/boosting.ts";
import { ensemble } from "../../../models/learners/ensemble.ts";
import { randomForest } from "../../../models/learners/forest.ts";
import type { Learner } from "../../../models/learners/learner.ts";
import { logisticRegression } from "../../../models/learners/logistic.ts";
import { multilayerPerceptron } from "../../../models/learners/mlp.ts";
import { exportModel } from "../../../models/onnx/export-model.ts";
import { registryRoot } from "../../../models/registry.ts";
import { Random } from "../../../platform/math/random.ts";
import { listVersions, type ModelCard, readModel } from "../../serving/registry.ts";
import { OnnxModel } from "../model.ts";
import { createExplainer } from "./explainer.ts";

const ROWS = 1_000;

/** Random transactions whose fraud depends on V14, V4 and the amount. */
function randomTransactions(seed: number) {
  const random = new Random(seed);
  const inputs = newMatrix(ROWS, inputNames);
  const labels = new Uint8Array(ROWS);
  for (let r = 0; r < ROWS; r++) {
    const at = r * inputs.columns;
    for (let c = 1; c <= 28; c++) inputs.values[at + c] = 2 * random.normal();
    inputs.values[at] = Math.floor(random.next() * 172_800);
    inputs.values[at + 29] = Math.expm1(2 * Math.abs(random.normal()));
    const signal = inputs.values[at + 4]! - inputs.values[at + 14]! + 0.01 * inputs.values[at + 29]!;
    labels[r] = signal + random.normal() > 3 ? 1 : 0;
  }
  return { inputs, labels };
}

/** Largest |baseline + Σ contributions − raw| over the rows, with the graph itself giving raw and features. */
async function largestGap(bytes: Uint8Array, card: ModelCard, inputs: Float32Array): Promise<number> {
  const explainer = createExplainer(bytes, card);
  expect(explainer.why).toBe("");
  const loaded = await OnnxModel.load(bytes);
  const { raw, features } = await loaded.outputs(inputs, ROWS);
  await loaded.release();
  const width = card.features.length;
  let gap = 0;
  const explained = explainer.method.includes("sampled") ? ROWS / 10 : ROWS; // sampling costs more, and sums alike
  for (let i = 0; i < explained; i++) {
    const { contributions, baseline } = explainer.explain(features!.subarray(i * width, (i + 1) * width));
    const sum = contributions.reduce((total, contribution) => total + contribution, baseline);
    gap = Math.max(gap, Math.abs(sum - raw![i]!));
  }
  return gap;
}

describe("baseline and contributions add up to the graph's raw score within 1e-4, for 1,000 random transactions", async () => {
  const { inputs, labels } = randomTransactions(1);
  const derived = derive(inputs, deployedFeatures);
  const features = fitScaling(derived, deployedFeatures);
  const set = {
    features: scale(derived, features),
    labels,
    weights: new Float64Array(ROWS).fill(1),
    times: Float64Array.from({ length: ROWS }, (_, r) => inputs.values[r * inputs.columns]!),
  };
  const learners: [string, Learner, string][] = [
    ["random forest", randomForest({ trees: 10, maxDepth: 8 }), "TreeSHAP"],
    ["gradient boosting", gradientBoosting({ trees: 20 }), "TreeSHAP"],
    ["logistic regression", logisticRegression(), "linear"],
    [
      "ensemble in raw space",
      ensemble([
        { learner: gradientBoosting({ trees: 10 }), weight: 0.7 },
        { learner: logisticRegression(), weight: 0.3 },
      ]),
      "TreeSHAP",
    ],
    ["neural network", multilayerPerceptron({ hidden: [8], epochs: 3 }), "sampled"],
  ];

  it.for(learners)("%s", async ([name, learner, method]) => {
    const model = await learner.fit(set, { seed: 1, threads: 1 });
    const bytes = exportModel(name, features, model);
    const card = { features, link: model.link } as unknown as ModelCard;
    expect(createExplainer(bytes, card).method).toContain(method);
    expect(createExplainer(bytes, card).unit).toBe(model.link === "identity" ? "probability" : "log-odds");
    expect(await largestGap(bytes, card, inputs.values.slice())).toBeLessThan(1e-4);
  });

  const versions = await listVersions(registryRoot);
  it.for(versions.map((version) => [`${version.name}@${version.version}`, version] as const))(
    "%s of the registry",
    async ([, version]) => {
      const { bytes, card } = await readModel(registryRoot, version);
      if (!createExplainer(bytes, card).supported) return;
      expect(await largestGap(bytes, card, inputs.values.slice())).toBeLessThan(1e-4);
    },
  );
});
