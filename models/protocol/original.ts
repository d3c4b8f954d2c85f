import type { Dataset } from "../data/dataset.ts";
import { splitRandomly } from "../data/splits.ts";
import { type Matrix, takeRows } from "../features/matrix.ts";
import { smote } from "../features/smote.ts";
import { derive, type Feature, fitScaling, originalFeatures, scale } from "../features/transform.ts";
import type { TrainingSet } from "../learners/learner.ts";

/** The name that every figure of this protocol carries. */
export const ORIGINAL = "original: SMOTE and scaling before a random split, balanced test set";

/** The original notebook's data: 32 columns, half of the rows synthetic fraud, every row counted once. */
export interface OriginalData {
  readonly features: readonly Feature[];
  readonly trainSet: TrainingSet;
  readonly testFeatures: Matrix;
  readonly testLabels: Uint8Array;
  readonly testAmounts: Float64Array;
  /** Row of the file a test row is, or −1 when SMOTE made it. */
  readonly testRows: Int32Array;
}

/**
 * Reproduces what the original did, leaks and all: SMOTE on every row, RobustScaler fitted on every row, then a
 * random 80/20 split. Its figures are not what production would see.
 */
export function prepareOriginal(data: Dataset, seed: number): OriginalData {
  const balanced = smote(derive(data.inputs, originalFeatures), data.labels, { seed });
  const { columns, names, values } = balanced.features;
  const amount = names.indexOf("Amount");
  const amounts = Float64Array.from(balanced.labels, (_, r) => values[r * columns + amount]!);
  const features = fitScaling(balanced.features, originalFeatures);
  scale(balanced.features, features);
  const { train, test } = splitRandomly(balanced.labels.length, { seed });
  const pick = (rows: Int32Array) => Uint8Array.from(rows, (r) => balanced.labels[r]!);
  return {
    features,
    trainSet: {
      features: takeRows(balanced.features, train),
      labels: pick(train),
      weights: new Float64Array(train.length).fill(1),
      times: Float64Array.from(train, (r) => data.times[r] ?? Number.NaN),
    },
    testFeatures: takeRows(balanced.features, test),
    testLabels: pick(test),
    testAmounts: Float64Array.from(test, (r) => amounts[r]!),
    testRows: test.map((r) => (r < data.rows ? r : -1)),
  };
}
