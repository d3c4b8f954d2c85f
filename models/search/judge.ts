import { averagePrecision } from "../evaluate/ranking.ts";
import type { FitOptions, Learner, TrainingSet } from "../learners/learner.ts";
import { takeTrainingRows } from "../learners/training-set.ts";
import type { Fold } from "./folds.ts";

/** Fits a learner on a fold's training rows; gives its weighted average precision on the validation rows. */
export async function judge(
  learner: Learner,
  set: TrainingSet,
  { train, validation }: Pick<Fold, "train" | "validation">,
  options: FitOptions,
): Promise<number> {
  const { features, labels, weights } = takeTrainingRows(set, validation);
  const model = await learner.fit(takeTrainingRows(set, train), options);
  return averagePrecision({ scores: model.predict(features), labels, weights });
}
