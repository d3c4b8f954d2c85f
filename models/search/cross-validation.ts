import { timeBlocks } from "../calibration/cross-fit.ts";
import type { Learner, TrainingSet } from "../learners/learner.ts";
import { expandingWindows } from "./folds.ts";
import { judge } from "./judge.ts";

/** Rows to fit on and rows to judge on, both of the training span. */
export interface ValidationPart {
  readonly kind: "window" | "block";
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
}

/** A learner's weighted average precision on each part, the mean over seeds. */
export interface CrossValidation {
  /** On windows of time, each fitted on what lies before it. */
  readonly windows: readonly number[];
  /** On blocks of time, each fitted on all the others: every fraud of the span is judged once, with hindsight. */
  readonly blocks: readonly number[];
  /** Mean of the windows: what a choice rests on, since production knows nothing of later rows either. */
  readonly score: number;
}

const WINDOWS = 4;
const FIRST_WINDOW_S = 40_000;
const BLOCKS = 6;

/**
 * What kinds of model are compared on, without a look at the test rows: four expanding windows of the training span
 * (forward in time, as in production, but little to learn from at first), which decide, and six blocks of it with as many
 * frauds each (more to learn from, but later rows help with earlier ones), which say how steady a difference is. Neither
 * holds enough frauds to tell two good models apart.
 *
 * @param end exclusive, seconds: where the training span ends
 * @throws DomainError `invalid_argument` when a window has no fraud
 */
export function validationParts(set: TrainingSet, end: number): ValidationPart[] {
  const windows = expandingWindows(set.times, set.labels, {
    folds: WINDOWS,
    firstStart: FIRST_WINDOW_S,
    end,
  });
  const block = timeBlocks(set, BLOCKS);
  const rows = Uint32Array.from(block.keys());
  return [
    ...windows.map(({ train, validation }) => ({ kind: "window" as const, train, validation })),
    ...Array.from({ length: BLOCKS }, (_, b) => ({
      kind: "block" as const,
      train: rows.filter((r) => block[r] !== b),
      validation: rows.filter((r) => block[r] === b),
    })),
  ];
}

/**
 * Fits a learner on every part with every seed and judges it.
 *
 * @param done called after each fit
 */
export async function crossValidate(
  learner: Learner,
  set: TrainingSet,
  parts: readonly ValidationPart[],
  {
    seeds,
    threads,
    done,
  }: { readonly seeds: readonly number[]; readonly threads: number; done?: () => void },
): Promise<CrossValidation> {
  const scores: number[] = [];
  for (const part of parts) {
    let sum = 0;
    for (const seed of seeds) {
      sum += await judge(learner, set, part, { seed, threads });
      done?.();
    }
    scores.push(sum / seeds.length);
  }
  const of = (kind: ValidationPart["kind"]) => scores.filter((_, p) => parts[p]?.kind === kind);
  const windows = of("window");
  return { windows, blocks: of("block"), score: mean(windows) };
}

export function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
