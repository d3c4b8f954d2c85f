import { gradientBoosting } from "../learners/boosting.ts";
import { ensemble } from "../learners/ensemble.ts";
import { randomForest } from "../learners/forest.ts";
import type { Learner } from "../learners/learner.ts";
import { logisticRegression } from "../learners/logistic.ts";
import { recipes } from "../protocol/recipes.ts";
import { type Candidate, type Field, isEligible, workerBeside } from "./field.ts";

/**
 * Who is compared on the public data set, simplest first: of those that cannot be told from the best, the first is chosen. A sum of models is
 * less simple than any of its parts.
 */
export const candidates = {
  logistic: { title: "logistic regression", make: () => logisticRegression({ classWeight: "none" }) },
  forest: { title: "forest of 100 × depth 10 (fraud-forest@2)", make: () => randomForest() },
  "deep-forest": {
    title: "forest of 100 × depth 12, leaves of 3",
    make: () => randomForest({ maxDepth: 12, minSamplesLeaf: 3 }),
    spent: true,
  },
  boosting: { title: "boosted trees", make: () => recipes.boosting().learner },
  "forest-logistic": {
    title: "forest and logistic regression",
    make: () =>
      ensemble([
        { learner: randomForest(), weight: 5 },
        { learner: logisticRegression({ classWeight: "none" }), weight: 0.2 },
      ]),
  },
  ensemble: {
    title: "boosted trees and logistic regression",
    make: () => recipes.ensemble().learner,
    spent: true,
  },
  "version-4": {
    title: "boosted trees, logistic, forest (fraud-champion@4)",
    make: () => recipes.champion().learner,
    spent: true,
  },
  "version-3": {
    title: "two kinds of boosted trees, forest (fraud-champion@3)",
    make: () => twoBoostersAndForest({ emptyBins: "right", binWeights: "loss" }),
    spent: true,
  },
  "version-2": {
    title: "the same, bins of older rules (fraud-champion@2)",
    make: () => twoBoostersAndForest({}),
    spent: true,
  },
} as const satisfies Readonly<Record<string, Candidate>>;

export type CandidateName = keyof typeof candidates;

/** Those of the public data set. */
export const publicField: Field = {
  candidates,
  worker: workerBeside(import.meta.url, "fit-window-worker"),
};

/** Whether it may be chosen; see {@link Candidate.spent}. */
export function mayBeChosen({ name }: { readonly name: CandidateName }): boolean {
  return isEligible(publicField, name);
}

/** What versions 2 and 3 were trained as, by their cards. */
function twoBoostersAndForest(bins: Parameters<typeof gradientBoosting>[0]): Learner {
  const boosters = {
    growth: "leaf",
    trees: 250,
    maxDepth: 6,
    maxLeaves: 8,
    learningRate: 0.05,
    lambda: 20,
    ignore: ["hour"],
    bags: 2,
    ...bins,
  } as const;
  return ensemble([
    { learner: gradientBoosting({ ...boosters, rowWeights: "data", baseScore: "prior" }), weight: 0.5 },
    { learner: gradientBoosting({ ...boosters, rowWeights: "equal", baseScore: 0.5 }), weight: 0.5 },
    { learner: randomForest({ minSamplesLeaf: 3, maxDepth: 12 }), weight: 5 },
  ]);
}
