import { MOST_BINS } from "../features/binning.ts";
import { type BoostingParameters, gradientBoosting } from "../learners/boosting.ts";
import { randomForest } from "../learners/forest.ts";
import type { Learner } from "../learners/learner.ts";
import { logisticRegression } from "../learners/logistic.ts";

/** Deeper than any tree gets: unbounded, as scikit-learn's `max_depth=None`. */
const UNBOUNDED = 1_000;

/** Every value is a bin of its own, as those libraries try every value; and cuts lie midway between two in the node. */
const EXACT = { maxBins: MOST_BINS, emptyBins: "halved" } as const;

/** The learners of the published table, at the default settings of scikit-learn 1.2 and XGBoost 1.7. */
export const publishedLearners = {
  logistic: () => logisticRegression({ classWeight: "none" }),
  forest: () => randomForest({ trees: 100, maxDepth: UNBOUNDED, classWeight: "none", maxBins: MOST_BINS }),
  boosting: () => defaultBoosting(EXACT),
} as const satisfies Readonly<Record<string, () => Learner>>;

export type PublishedLearner = keyof typeof publishedLearners;

/** At most 255 bins, as fine where the frauds are as where the rest is, which is what matters of them. */
const FINE = { maxBins: 255, binWeights: "balanced", emptyBins: "halved" } as const;

/** XGBoost's defaults: 100 rounds, depth 6, rate 0.3, all rows and columns. */
export function defaultBoosting(over: Partial<BoostingParameters> = {}): Learner {
  return gradientBoosting({
    ...FINE,
    trees: 100,
    maxDepth: 6,
    learningRate: 0.3,
    lambda: 1,
    gamma: 0,
    minChildWeight: 1,
    subsample: 1,
    colsampleByTree: 1,
    baseScore: 0.5,
    ...over,
  });
}

/** Boosting that learns slowly, on a share of the rows and columns for each tree; `bags` boosters averaged. */
export function slowBoosting(bags: number): Learner {
  return gradientBoosting({
    ...FINE,
    bags,
    trees: 150,
    maxDepth: 6,
    learningRate: 0.08,
    minChildWeight: 5,
    subsample: 0.5,
    colsampleByTree: 0.6,
    baseScore: "prior",
  });
}

/** A forest whose leaves hold some rows, so that its shares can be told apart. */
export function leafyForest(trees = 100): Learner {
  return randomForest({ trees, maxDepth: UNBOUNDED, minSamplesLeaf: 5, classWeight: "none" });
}
