import { DomainError } from "../../platform/process/errors.ts";

/** What a calibrator is fitted on: rows with a score, and the frauds among them (counted, and by weight). */
export interface CalibrationRows {
  readonly rows: number;
  readonly frauds: number;
  readonly fraud: number;
}

/**
 * Counts the rows that have a score (NaN: none) and checks them.
 *
 * @throws DomainError `invalid_argument` when lengths differ, a score is infinite, a weight is not finite and ≥ 0, or
 *   a class is missing
 */
export function checkCalibrationRows(
  raw: ArrayLike<number>,
  labels: Uint8Array,
  weights: ArrayLike<number>,
): CalibrationRows {
  if (raw.length !== labels.length || weights.length !== labels.length) {
    throw new DomainError(
      "invalid_argument",
      "cannot calibrate: scores, labels and weights differ in length",
    );
  }
  let [rows, frauds, fraud, legitimate] = [0, 0, 0, 0];
  for (let r = 0; r < labels.length; r++) {
    const weight = weights[r]!;
    if (Number.isNaN(raw[r]!)) continue;
    if (!Number.isFinite(raw[r]!) || !Number.isFinite(weight) || weight < 0) {
      throw new DomainError(
        "invalid_argument",
        `cannot calibrate: row ${r}: score ${raw[r]}, weight ${weight}`,
      );
    }
    rows++;
    if (labels[r] === 1) {
      frauds++;
      fraud += weight;
    } else legitimate += weight;
  }
  if (!(fraud > 0) || !(legitimate > 0)) {
    throw new DomainError(
      "invalid_argument",
      `cannot calibrate: there are no ${fraud > 0 ? "legitimate rows" : "frauds"} among ${rows} scored rows`,
    );
  }
  return { rows, frauds, fraud };
}
