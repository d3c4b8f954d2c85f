import { DomainError } from "../../platform/process/errors.ts";
import { atTrueBaseRate, type Dataset, timeQuestion } from "../data/dataset.ts";
import { HONEST_TEST_END, HONEST_TRAIN_END } from "../data/honest-stretches.ts";
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

const TIME_ORDERED = "honest: time-ordered";

/** The name that figures of this protocol carry where the rows stand for the stream as it is. */
export const HONEST = `${TIME_ORDERED}, true base rate`;

/** The name that figures of this protocol carry on a dataset: whose rate of fraud they hold for is part of it. */
export function honestProtocol({ quality }: Pick<Dataset, "quality">): string {
  return atTrueBaseRate(quality)
    ? HONEST
    : `${TIME_ORDERED}, unweighted file with ${(100 * quality.fraudRate).toPrecision(2)} % fraud`;
}

/** Whether a protocol is this one, whatever the rate of its rows. */
export function isHonest(protocol: string): boolean {
  return protocol.startsWith(TIME_ORDERED);
}

/** A time-ordered split, its features fitted on the training part alone, rows weighted to the true base rate. */
export interface HonestData {
  readonly features: readonly Feature[];
  readonly train: Dataset;
  readonly test: Dataset;
  readonly trainSet: TrainingSet;
  readonly testFeatures: Matrix;
}

/**
 * Prepares the honest protocol of the data README: train Time < 100,000, test 100,000 ≤ Time < 145,000.
 *
 * @throws DomainError `invalid_argument` when one of the parts has no rows, no fraud or nothing but fraud
 */
export function prepareHonest(data: Dataset): HonestData {
  const split = splitByTime(data.times);
  requireBoth(data, split.train, "training", `Time < ${HONEST_TRAIN_END}`);
  requireBoth(data, split.test, "test", `${HONEST_TRAIN_END} ≤ Time < ${HONEST_TEST_END}`);
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

/** Refuses a part without rows, without fraud, or with nothing but fraud, and asks whether Time has another unit. */
export function requireBoth(data: Dataset, rows: Int32Array, part: string, span: string): void {
  const refuse = (what: string): never => {
    const { firstTime, lastTime } = data.quality;
    const question = timeQuestion(data.quality);
    throw new DomainError(
      "invalid_argument",
      `${data.file}: ${what}; Time runs from ${firstTime} to ${lastTime}${question === undefined ? "" : `: ${question}`}`,
    );
  };
  if (rows.length === 0) refuse(`no row with ${span} for the ${part} part of the honest protocol`);
  const frauds = rows.reduce((sum, r) => sum + data.labels[r]!, 0);
  if (frauds === 0) refuse(`no fraud among the ${part} rows (${span})`);
  if (frauds === rows.length) refuse(`only fraud among the ${part} rows (${span})`);
}
