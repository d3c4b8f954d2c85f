import { DomainError } from "../../platform/process/errors.ts";
import { takeRows } from "../features/matrix.ts";
import type { TrainingSet } from "./learner.ts";

/**
 * Refuses what no learner can learn from.
 *
 * @throws DomainError `invalid_argument` for no rows or columns, lengths that differ, a feature that is not a finite
 *   number, a weight that is not finite and ≥ 0, a label other than 0/1, or one class only
 */
export function checkTrainingSet({ features, labels, weights, times }: TrainingSet): void {
  const { rows, columns, values, names } = features;
  if (rows === 0 || columns === 0) throw wrong(`${rows} rows × ${columns} features`);
  if (labels.length !== rows || weights.length !== rows || times.length !== rows) {
    throw wrong("features, labels, weights and times differ in length");
  }
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]!)) {
      throw wrong(
        `row ${Math.floor(i / columns)}, ${names[i % columns]}: ${values[i]} is not a finite number`,
      );
    }
  }
  const totals = [0, 0];
  for (let r = 0; r < rows; r++) {
    const weight = weights[r]!;
    if (labels[r]! > 1) throw wrong(`row ${r}: label ${labels[r]} is neither 0 nor 1`);
    if (!(weight >= 0) || !Number.isFinite(weight)) throw wrong(`row ${r}: weight ${weight}`);
    totals[labels[r]!]! += weight;
  }
  if (!(totals[0]! > 0)) throw wrong("there is no legitimate row");
  if (!(totals[1]! > 0)) throw wrong("there is no fraud");
}

function wrong(what: string): DomainError {
  return new DomainError("invalid_argument", `cannot train: ${what}`);
}

/** The given rows, in the given order, as a training set of their own. */
export function takeTrainingRows(set: TrainingSet, rows: ArrayLike<number>): TrainingSet {
  const from = Array.from(rows);
  return {
    features: takeRows(set.features, rows),
    labels: Uint8Array.from(from, (r) => set.labels[r]!),
    weights: Float64Array.from(from, (r) => set.weights[r]!),
    times: Float64Array.from(from, (r) => set.times[r]!),
  };
}

/**
 * Row numbers in two parts by time: the last `share` of the rows, and all before. Rows of one time stay together
 * in the later part, so nothing of the later part was seen in the earlier.
 *
 * @throws DomainError `invalid_argument` when a time is not a finite number
 */
export function setAsideByTime(
  times: Float64Array,
  share: number,
): { earlier: Uint32Array; later: Uint32Array } {
  if (times.some((t) => !Number.isFinite(t))) {
    throw wrong("early stopping sets the latest rows aside, but some rows have no time (made by SMOTE?)");
  }
  const sorted = times.slice().sort();
  const cut = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * (1 - share)))]!;
  const rows = Uint32Array.from(times.keys());
  return { earlier: rows.filter((r) => times[r]! < cut), later: rows.filter((r) => times[r]! >= cut) };
}
