import { normalQuantile } from "../../platform/math/normal-distribution.ts";

/** Weighted normal scores: Φ⁻¹ of each value's middle rank; equal values share theirs. */
export function normalScores(values: ArrayLike<number>, weights: ArrayLike<number>): Float64Array {
  const n = values.length;
  const order = Int32Array.from({ length: n }, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
  let total = 0;
  for (let i = 0; i < n; i++) total += weights[i]!;
  const scores = new Float64Array(n);
  let before = 0;
  for (let from = 0; from < n; ) {
    let to = from;
    let own = 0;
    while (to < n && values[order[to]!] === values[order[from]!]) own += weights[order[to++]!]!;
    const score = normalQuantile((before + own / 2) / total);
    for (let i = from; i < to; i++) scores[order[i]!] = score;
    before += own;
    from = to;
  }
  return scores;
}

/**
 * Weighted correlations of columns, shrunk towards none: with few rows most of what is seen is chance.
 *
 * @returns the strict lower triangle, row by row, three digits
 */
export function shrunkCorrelations(columns: readonly Float64Array[], weights: ArrayLike<number>): number[] {
  const rows = weights.length;
  const shrink = 1 - columns.length / (columns.length + 2 * rows);
  const standard = columns.map((column) => standardise(column, weights));
  const triangle: number[] = [];
  for (let i = 1; i < columns.length; i++) {
    for (let j = 0; j < i; j++) {
      const [a, b] = [standard[i]!, standard[j]!];
      let sum = 0;
      for (let r = 0; r < rows; r++) sum += a[r]! * b[r]!;
      triangle.push(Number((shrink * Math.max(-1, Math.min(1, sum))).toFixed(3)));
    }
  }
  return triangle;
}

/** Centred and scaled so that the product of two columns sums to their correlation. */
function standardise(column: Float64Array, weights: ArrayLike<number>): Float64Array {
  let total = 0;
  let mean = 0;
  for (let r = 0; r < column.length; r++) {
    total += weights[r]!;
    mean += weights[r]! * column[r]!;
  }
  mean /= total;
  const out = new Float64Array(column.length);
  let norm = 0;
  for (let r = 0; r < column.length; r++) {
    out[r] = Math.sqrt(weights[r]!) * (column[r]! - mean);
    norm += out[r]! ** 2;
  }
  const length = Math.sqrt(norm) || 1;
  for (let r = 0; r < column.length; r++) out[r] = out[r]! / length;
  return out;
}
