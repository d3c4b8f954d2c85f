import { normalQuantile } from "../../platform/math/normal-distribution.ts";
import { descendingOrder } from "./order.ts";

/** Two models' scores of the same rows. */
export interface ScoredTwice {
  readonly a: Float32Array;
  readonly b: Float32Array;
  readonly labels: Uint8Array;
  /** What each row stands for. */
  readonly weights: Float64Array;
}

/** The difference of two areas with its 95 % interval. */
export interface AucDifference {
  readonly difference: number;
  readonly low: number;
  readonly high: number;
}

/**
 * AUC of `b` − AUC of `a` on the same rows, by their structural components (DeLong, DeLong & Clarke-Pearson 1988; by ranks
 * as Sun & Xu 2014). Weights count as payments that a row stands for: components are weighted means, the variance that of a
 * weighted mean of independent rows.
 */
export function aucDifference({ a, b, labels, weights }: ScoredTwice): AucDifference {
  const [ofA, ofB] = [components(a, labels, weights), components(b, labels, weights)];
  const difference = ofB.auc - ofA.auc;
  let variance = 0;
  for (const label of [1, 0]) {
    let [total, squares] = [0, 0];
    for (let r = 0; r < labels.length; r++) {
      if (labels[r] !== label) continue;
      const weight = weights[r] as number;
      const off = (ofB.parts[r] as number) - (ofA.parts[r] as number) - difference;
      total += weight;
      squares += (weight * off) ** 2;
    }
    variance += squares / total ** 2;
  }
  const reach = normalQuantile(0.975) * Math.sqrt(variance);
  return { difference, low: difference - reach, high: difference + reach };
}

/** For each row the share of the other class that it is on the right side of, ties counted half; their mean is the AUC. */
function components(
  scores: Float32Array,
  labels: Uint8Array,
  weights: Float64Array,
): { readonly parts: Float64Array; readonly auc: number } {
  const order = descendingOrder(scores);
  const total = [0, 0];
  for (let r = 0; r < labels.length; r++) total[labels[r] as number]! += weights[r] as number;
  const parts = new Float64Array(labels.length);
  const above = [0, 0];
  let [auc, i] = [0, 0];
  while (i < order.length) {
    let end = i;
    const tied = [0, 0];
    while (end < order.length && scores[order[end]!] === scores[order[i]!]) {
      const row = order[end++]!;
      tied[labels[row] as number]! += weights[row] as number;
    }
    for (; i < end; i++) {
      const row = order[i]!;
      const fraud = labels[row] === 1;
      const other = fraud ? 0 : 1;
      const before = (above[other] as number) + (tied[other] as number) / 2;
      const share = before / (total[other] as number);
      parts[row] = fraud ? 1 - share : share;
      if (fraud) auc += ((weights[row] as number) * (1 - share)) / (total[1] as number);
    }
    for (const side of [0, 1]) above[side]! += tied[side] as number;
  }
  return { parts, auc };
}
