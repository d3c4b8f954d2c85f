import type { TrainingSet } from "../learners/learner.ts";
import type { Fold } from "./folds.ts";
import type { FinishedTrial } from "./journal.ts";
import { judge } from "./judge.ts";
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
    const score = await judge(space.make(parameters), set, fold, { seed, threads: 1 });
    const count = fold.validation.reduce((total, row) => total + set.labels[row]!, 0);
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
