import { Random } from "../../platform/math/random.ts";
import { newMatrix } from "../features/matrix.ts";
import type { TrainingSet } from "./learner.ts";

/**
 * A made-up training set, for tests: `columns` standard normal features, of which the first two lie higher by `shift`
 * where the label is 1; a day of times, in order; a legitimate row stands for 3 transactions.
 */
export function syntheticSet(
  rows: number,
  { seed = 1, columns = 6, fraudShare = 0.1, shift = 2 } = {},
): TrainingSet {
  const random = new Random(seed, 7);
  const features = newMatrix(
    rows,
    Array.from({ length: columns }, (_, c) => `x${c + 1}`),
  );
  const labels = new Uint8Array(rows);
  for (let r = 0; r < rows; r++) {
    labels[r] = Number(random.next() < fraudShare);
    for (let c = 0; c < columns; c++) {
      features.values[r * columns + c] = random.normal() + (labels[r] === 1 && c < 2 ? shift : 0);
    }
  }
  const weights = Float64Array.from(labels, (label) => (label === 1 ? 1 : 3));
  return { features, labels, weights, times: Float64Array.from(labels, (_, r) => (r * 86_400) / rows) };
}
