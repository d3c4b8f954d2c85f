import { DomainError } from "../../platform/process/errors.ts";

/**
 * What every figure is computed from: one score, one label (1 = fraud) and one weight a row. A row's weight is the
 * number of transactions it stands for (`Weight` of the data); leave it out and every row counts once.
 */
export interface ScoredSample {
  readonly scores: Float32Array | Float64Array;
  readonly labels: Uint8Array;
  readonly weights?: Float64Array | Float32Array | undefined;
}

/** Weighted totals of a sample. */
export interface ClassTotals {
  readonly rows: number;
  readonly fraudRows: number;
  readonly fraud: number;
  readonly legitimate: number;
}

/**
 * Adds up the classes and checks what every metric needs.
 *
 * @throws DomainError `invalid_argument` when lengths differ, a score or weight is not a finite number, a weight is
 *   negative, or one of the classes is missing
 */
export function classTotals({ scores, labels, weights }: ScoredSample): ClassTotals {
  const n = scores.length;
  if (labels.length !== n || (weights && weights.length !== n)) {
    throw new DomainError("invalid_argument", "scores, labels and weights differ in length");
  }
  let fraud = 0;
  let legitimate = 0;
  let fraudRows = 0;
  for (let i = 0; i < n; i++) {
    const weight = weights ? weights[i]! : 1;
    if (!Number.isFinite(scores[i]!) || !(weight >= 0) || !Number.isFinite(weight)) {
      throw new DomainError("invalid_argument", `row ${i}: score ${scores[i]} with weight ${weight}`);
    }
    if (labels[i] === 1) {
      fraud += weight;
      fraudRows++;
    } else {
      legitimate += weight;
    }
  }
  if (!(fraud > 0) || !(legitimate > 0)) {
    const missing = fraud > 0 ? "legitimate transactions" : "frauds";
    throw new DomainError("invalid_argument", `cannot evaluate: there are no ${missing} among ${n} rows`);
  }
  return { rows: n, fraudRows, fraud, legitimate };
}
