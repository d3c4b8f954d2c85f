import { Random } from "../../platform/math/random.ts";
import { gradientBoosting } from "../learners/boosting.ts";
import { randomForest } from "../learners/forest.ts";
import type { Learner } from "../learners/learner.ts";
import { logisticRegression } from "../learners/logistic.ts";
import { multilayerPerceptron } from "../learners/mlp.ts";

/** Where a hyper-parameter is drawn from. */
export type Range =
  | { readonly kind: "choice"; readonly values: readonly (string | number | readonly number[])[] }
  | { readonly kind: "integer"; readonly low: number; readonly high: number }
  /** Uniform in the logarithm; three significant digits, so that a line of the journal says all. */
  | { readonly kind: "log"; readonly low: number; readonly high: number };

export type Parameters = Readonly<Record<string, string | number | readonly number[]>>;

/** A learner's search space. */
export interface SearchSpace {
  readonly ranges: Readonly<Record<string, Range>>;
  make(parameters: Parameters): Learner;
}

const choice = (...values: (string | number | readonly number[])[]): Range => ({ kind: "choice", values });

/** The learners that can be searched, by the names of the train command. */
export const searchSpaces: Readonly<Record<string, SearchSpace>> = {
  boosting: {
    ranges: {
      growth: choice("level", "leaf"),
      maxLeaves: choice(6, 8, 12, 16),
      maxDepth: { kind: "integer", low: 3, high: 7 },
      trees: choice(150, 250, 400),
      learningRate: { kind: "log", low: 0.02, high: 0.1 },
      lambda: { kind: "log", low: 0.5, high: 30 },
      minChildWeight: { kind: "log", low: 0.1, high: 5 },
      subsample: choice(0.6, 0.8, 1),
      colsampleByTree: choice(0.3, 0.5, 0.8, 1),
      positiveWeight: choice(1, 5, 20),
    },
    make: gradientBoosting,
  },
  forest: {
    ranges: {
      trees: choice(100, 200),
      maxDepth: { kind: "integer", low: 6, high: 20 },
      minSamplesLeaf: choice(1, 2, 5, 10),
      maxFeatures: choice(3, 5, 8, 12),
      classWeight: choice("balanced", "none"),
    },
    make: randomForest,
  },
  logistic: {
    ranges: { c: { kind: "log", low: 1e-4, high: 10 }, classWeight: choice("balanced", "none") },
    make: logisticRegression,
  },
  mlp: {
    ranges: {
      hidden: choice([16], [32, 16], [64, 32]),
      batch: choice(64, 128, 256),
      learningRate: { kind: "log", low: 3e-4, high: 1e-2 },
      weightDecay: { kind: "log", low: 1e-3, high: 0.3 },
      positiveWeight: choice(1, 5, 20),
    },
    make: multilayerPerceptron,
  },
};

/** The parameters of a trial: drawn from its own stream, so trial 17 is the same whoever asks and in what order. */
export function drawParameters({ ranges }: SearchSpace, seed: number, trial: number): Parameters {
  const random = new Random(seed, trial);
  return Object.fromEntries(
    Object.entries(ranges).map(([name, range]) => {
      if (range.kind === "choice") return [name, range.values[random.int(range.values.length)]!];
      if (range.kind === "integer") return [name, range.low + random.int(range.high - range.low + 1)];
      const value = range.low * (range.high / range.low) ** random.next();
      return [name, Number(value.toPrecision(3))];
    }),
  );
}
