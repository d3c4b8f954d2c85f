import { gradientBoosting } from "../learners/boosting.ts";
import { type Recipe, recipes } from "../protocol/recipes.ts";

/**
 * The kinds of model for payments of any schema. Boosting takes as many trees as later rows say, slowly and on a share of
 * rows and columns for each; its settings are those that were best forward in time on the Fraud Detection Handbook's
 * earlier weeks (docs/handbook.md).
 */
export const ownRecipes = {
  boosting: (): Recipe => ({ learner: stoppedBoosting(), calibration: recipes.boosting().calibration }),
  forest: recipes.forest,
  logistic: recipes.logistic,
  mlp: recipes.mlp,
} as const satisfies Readonly<Record<string, () => Recipe>>;

function stoppedBoosting() {
  return gradientBoosting({
    maxBins: 255,
    binWeights: "balanced",
    emptyBins: "halved",
    trees: 500,
    maxDepth: 6,
    learningRate: 0.08,
    minChildWeight: 5,
    subsample: 0.5,
    colsampleByTree: 0.6,
    baseScore: "prior",
    earlyStopping: { share: 0.2, rounds: 30, metric: "logloss", refit: true },
  });
}
