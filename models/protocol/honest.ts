import type { Dataset } from "../data/dataset.ts";
import { splitByTime, takeDataset } from "../data/splits.ts";
import type { Matrix } from "../features/matrix.ts";
import {
  deployedFeatures,
  derive,
  type Feature,
  fitScaling,
  scale,
  transform,
} from "../features/transform.ts";
import type { TrainingSet } from "../learners/learner.ts";

/** The name that every figure of this protocol carries. */
export const HONEST = "honest: time-ordered, true base rate";

/** A time-ordered split, its features fitted on the training part alone, rows weighted to the true base rate. */
export interface HonestData {
  readonly features: readonly Feature[];
  readonly train: Dataset;
  readonly test: Dataset;
  readonly trainSet: TrainingSet;
  readonly testFeatures: Matrix;
}

/** Prepares the honest protocol of the data README: train Time < 100,000, test 100,000 ≤ Time < 145,000. */
export function prepareHonest(data: Dataset): HonestData {
  const split = splitByTime(data.times);
  const train = takeDataset(data, split.train);
  const test = takeDataset(data, split.test);
  const derived = derive(train.inputs, deployedFeatures);
  const features = fitScaling(derived, deployedFeatures, train.weights);
  const { labels, weights, times } = train;
  return {
    features,
    train,
    test,
    trainSet: { features: scale(derived, features), labels, weights, times },
    testFeatures: transform(test.inputs, features),
  };
}
