import type { RankedSample } from "./ranking.ts";
import type { ScoredSample } from "./sample.ts";

/** A group of rows of similar score: what the model said and what happened. */
export interface CalibrationBin {
  readonly transactions: number;
  readonly frauds: number;
  readonly meanScore: number;
  readonly fraudRate: number;
}

/** Brier score: weighted mean of (score − label)². */
export function brierScore({ scores, labels, weights }: ScoredSample): number {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < scores.length; i++) {
    const weight = weights ? weights[i]! : 1;
    sum += weight * (scores[i]! - labels[i]!) ** 2;
    total += weight;
  }
  return sum / total;
}

/**
 * Calibration by bins over [0, 1] at the given edges, rising, without 0 and 1; empty bins are left out. With one fraud
 * in 580 nearly all rows would share the lowest of equally wide bins: default edges are finer there.
 */
export function calibrationBins(
  { scores, labels, weights }: ScoredSample,
  edges: readonly number[] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9],
): CalibrationBin[] {
  const bins = Array.from({ length: edges.length + 1 }, () => ({ transactions: 0, frauds: 0, score: 0 }));
  for (let i = 0; i < scores.length; i++) {
    const weight = weights ? weights[i]! : 1;
    let bin = 0;
    while (bin < edges.length && scores[i]! >= edges[bin]!) bin++;
    const at = bins[bin]!;
    at.transactions += weight;
    at.score += weight * scores[i]!;
    if (labels[i] === 1) at.frauds += weight;
  }
  return bins
    .filter((bin) => bin.transactions > 0)
    .map(({ transactions, frauds, score }) => ({
      transactions,
      frauds,
      meanScore: score / transactions,
      fraudRate: frauds / transactions,
    }));
}

/** Expected calibration error (Naeini et al. 2015): mean |observed − said| over the bins, by their transactions. */
export function expectedCalibrationError(bins: readonly CalibrationBin[]): number {
  const total = bins.reduce((sum, bin) => sum + bin.transactions, 0);
  return bins.reduce(
    (sum, bin) => sum + (bin.transactions / total) * Math.abs(bin.fraudRate - bin.meanScore),
    0,
  );
}

/** The same over `count` bins that each hold about the same number of frauds: where frauds are, bins are fine. */
export function fraudBalancedBins({ sample, order }: RankedSample, count = 8): CalibrationBin[] {
  const { scores, labels, weights } = sample;
  const total = order.reduce((sum, row) => sum + (labels[row] === 1 ? (weights?.[row] ?? 1) : 0), 0);
  const bins: CalibrationBin[] = [];
  let at = { transactions: 0, frauds: 0, score: 0 };
  let past = 0;
  order.forEach((row, i) => {
    const weight = weights?.[row] ?? 1;
    at.transactions += weight;
    at.score += weight * scores[row]!;
    if (labels[row] === 1) {
      at.frauds += weight;
      past += weight;
    }
    const full = bins.length < count - 1 && past >= ((bins.length + 1) * total) / count - 1e-9;
    if (!full && i !== order.length - 1) return;
    const { transactions, frauds, score } = at;
    bins.push({ transactions, frauds, meanScore: score / transactions, fraudRate: frauds / transactions });
    at = { transactions: 0, frauds: 0, score: 0 };
  });
  return bins;
}
