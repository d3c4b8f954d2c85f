import { DomainError } from "../../platform/process/errors.ts";
import type { FitOptions, Learner, TrainingSet } from "../learners/learner.ts";
import { takeTrainingRows } from "../learners/training-set.ts";

/**
 * Raw scores of rows that the scoring model was not fitted on: the rows are cut into blocks of time with about the
 * same number of frauds each, and every block is scored by a model fitted on all the others. Blocks of time instead
 * of random folds, because neighbours in time (a series of frauds on one card) would give each other away.
 *
 * @param blocks 2 or more
 * @returns n raw scores, in the order of the rows
 * @throws DomainError `invalid_argument` when there are fewer frauds than blocks, or all at one time
 */
export async function crossFit(
  learner: Learner,
  set: TrainingSet,
  blocks: number,
  options: FitOptions,
): Promise<Float64Array> {
  const block = timeBlocks(set, blocks);
  const raw = new Float64Array(set.labels.length);
  const rows = Uint32Array.from(raw.keys());
  if (new Set(block.filter((_, r) => set.labels[r] === 1)).size < 2) {
    throw new DomainError(
      "invalid_argument",
      "all frauds of the training part lie at one time: there is no other to learn from and to calibrate on",
    );
  }
  const { progress } = options;
  for (let b = 0; b < blocks; b++) {
    const inside = rows.filter((r) => block[r] === b);
    const outside = rows.filter((r) => block[r] !== b);
    const model = await learner.fit(takeTrainingRows(set, outside), {
      ...options,
      ...(progress && {
        progress: (done: number, total: number) => progress(b + done / total, blocks, "calibration blocks"),
      }),
    });
    const scores = model.predict(takeTrainingRows(set, inside).features);
    for (let i = 0; i < inside.length; i++) raw[inside[i]!] = scores[i]!;
  }
  return raw;
}

/**
 * Block number of each row: as many frauds in each as can be, rows of one time together.
 *
 * @throws DomainError `invalid_argument` when there are fewer frauds than blocks
 */
export function timeBlocks({ times, labels }: TrainingSet, blocks: number): Uint8Array {
  const frauds = times.filter((_, r) => labels[r] === 1).sort();
  if (!(blocks >= 2 && blocks <= Math.min(255, frauds.length))) {
    throw new DomainError(
      "invalid_argument",
      `${frauds.length} frauds cannot be cut into ${blocks} blocks of time: the training part needs at least ${blocks} frauds`,
    );
  }
  const ends = Array.from(
    { length: blocks - 1 },
    (_, b) => frauds[Math.floor(((b + 1) * frauds.length) / blocks)]!,
  );
  return Uint8Array.from(times, (time) => ends.filter((end) => time >= end).length);
}
