import { Random } from "../../platform/math/random.ts";
import { takeRows } from "../features/matrix.ts";
import type { Dataset } from "./dataset.ts";
import { HONEST_TEST_END, HONEST_TRAIN_END } from "./honest-stretches.ts";

/** Rows of a dataset, ascending. */
export interface Split {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

/**
 * Splits by time: train before `trainEnd`, test from there to before `testEnd`. Duplicates share their Time, so
 * none can stand on both sides.
 */
export function splitByTime(
  times: ArrayLike<number>,
  trainEnd = HONEST_TRAIN_END,
  testEnd = HONEST_TEST_END,
): Split {
  const train: number[] = [];
  const test: number[] = [];
  for (let r = 0; r < times.length; r++) {
    if (times[r]! < trainEnd) train.push(r);
    else if (times[r]! < testEnd) test.push(r);
  }
  return { train: Int32Array.from(train), test: Int32Array.from(test) };
}

/**
 * Random split, as scikit-learn's train_test_split: ⌈n · share⌉ rows for the test. With `groups`, whole groups of
 * duplicates go to one side, and the test has about that share.
 */
export function splitRandomly(
  rows: number,
  { seed, testShare = 0.2, groups }: { seed: number; testShare?: number; groups?: Int32Array },
): Split {
  const random = new Random(seed, 0x5b117);
  const wanted = Math.ceil(rows * testShare);
  const inTest = new Uint8Array(rows);
  const order = random.shuffle(Int32Array.from({ length: rows }, (_, r) => r));
  if (groups) {
    const size = new Int32Array(rows);
    for (let r = 0; r < rows; r++) size[groups[r]!]!++;
    const chosen = new Uint8Array(rows);
    let taken = 0;
    for (const r of order) {
      if (groups[r] !== r || taken + size[r]! > wanted) continue;
      chosen[r] = 1;
      taken += size[r]!;
    }
    for (let r = 0; r < rows; r++) inTest[r] = chosen[groups[r]!]!;
  } else {
    for (let i = 0; i < wanted; i++) inTest[order[i]!] = 1;
  }
  const all = Int32Array.from({ length: rows }, (_, r) => r);
  return { train: all.filter((r) => inTest[r] === 0), test: all.filter((r) => inTest[r] === 1) };
}

/** The given rows as a dataset of their own; its file, hash and quality stay those of the whole. */
export function takeDataset(data: Dataset, rows: Int32Array): Dataset {
  const first = new Map<number, number>();
  const groups = new Int32Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const group = data.groups[rows[i]!]!;
    groups[i] = first.get(group) ?? i;
    if (!first.has(group)) first.set(group, i);
  }
  return {
    ...data,
    rows: rows.length,
    inputs: takeRows(data.inputs, rows),
    times: Float64Array.from(rows, (r) => data.times[r]!),
    amounts: Float64Array.from(rows, (r) => data.amounts[r]!),
    labels: Uint8Array.from(rows, (r) => data.labels[r]!),
    weights: Float64Array.from(rows, (r) => data.weights[r]!),
    groups,
  };
}
