import type { CalibrationPlan } from "../calibration/calibrate.ts";
import { gradientBoosting } from "../learners/boosting.ts";
import { ensemble } from "../learners/ensemble.ts";
import { randomForest } from "../learners/forest.ts";
import type { Learner } from "../learners/learner.ts";
import { logisticRegression } from "../learners/logistic.ts";
import { multilayerPerceptron } from "../learners/mlp.ts";

/** A learner with its parameters and how its score is made a probability under the honest protocol. */
export interface Recipe {
  readonly learner: Learner;
  readonly calibration: CalibrationPlan;
}

const platt: CalibrationPlan = { method: "platt", blocks: 5 };

/**
 * The kinds of model that the train command knows. `champion` is the one that time-series cross-validation inside
 * the training span chose (models/search); the rest are the field's usual settings.
 */
export const recipes = {
  champion: (): Recipe => ({ learner: champion(), calibration: platt }),
  forest: (): Recipe => ({ learner: randomForest(), calibration: platt }),
  boosting: (): Recipe => ({ learner: gradientBoosting(), calibration: platt }),
  logistic: (): Recipe => ({ learner: logisticRegression(), calibration: platt }),
  mlp: (): Recipe => ({ learner: multilayerPerceptron(), calibration: platt }),
  ensemble: (): Recipe => ({
    learner: ensemble([
      { learner: gradientBoosting({ trees: 250 }), weight: 0.7 },
      { learner: logisticRegression({ classWeight: "none" }), weight: 0.3 },
    ]),
    calibration: platt,
  }),
} as const satisfies Readonly<Record<string, () => Recipe>>;

export type RecipeName = keyof typeof recipes;

/** Shallow trees with a firm penalty, several boosters averaged: few frauds want robustness. */
function champion(): Learner {
  return gradientBoosting({ trees: 250, maxDepth: 4, lambda: 5, bags: 4 });
}
