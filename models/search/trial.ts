import { averagePrecision } from "../evaluate/ranking.ts";
import type { TrainingSet } from "../learners/learner.ts";
import { takeTrainingRows } from "../learners/training-set.ts";
import type { Fold } from "./folds.ts";
import type { FinishedTrial } from "./journal.ts";
import { drawParameters, searchSpaces } from "./space.ts";

/** What every worker of a search gets once; a task is a trial's number. */
export interface TrialSetup {
  readonly learner: string;
  readonly set: TrainingSet;
  readonly folds: readonly Fold[];
  readonly seed: number;
}

/** Fits and judges one trial on every fold. Deterministic in its arguments. */
export async function runTrial(
  { learner, set, folds, seed }: TrialSetup,
  trial: number,
): Promise<FinishedTrial> {
  const space = searchSpaces[learner]!;
  const parameters = drawParameters(space, seed, trial);
  const scores: number[] = [];
  let sum = 0;
  let frauds = 0;
  for (const fold of folds) {
    const validation = takeTrainingRows(set, fold.validation);
    const model = await space.make(parameters).fit(takeTrainingRows(set, fold.train), { seed, threads: 1 });
    const score = averagePrecision({
      scores: model.predict(validation.features),
      labels: validation.labels,
      weights: validation.weights,
    });
    const count = validation.labels.reduce((a, b) => a + b, 0);
    scores.push(score);
    sum += count * score;
    frauds += count;
  }
  // The journal is JSON: spread copies the readonly arrays into its type.
  const plain = Object.fromEntries(
    Object.entries(parameters).map(([k, v]) => [k, typeof v === "object" ? [...v] : v]),
  );
  return { trial, parameters: plain, folds: scores, score: sum / frauds };
}
