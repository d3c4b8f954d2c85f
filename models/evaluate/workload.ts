import type { StreamDay } from "../data/dataset.ts";
import type { RankedSample } from "./ranking.ts";
import { classTotals, type ScoredSample } from "./sample.ts";

/**
 * A sample whose weights add up to a day: its frauds to the day's frauds, its legitimate rows to the rest. What is summed
 * over it are counts a day, at the day's rate of fraud and not at the sample's.
 */
export function scaledToDay<S extends ScoredSample>(
  sample: S,
  { transactions, frauds }: Pick<StreamDay, "transactions" | "frauds">,
): S & { readonly weights: Float64Array } {
  const { fraud, legitimate } = classTotals(sample);
  const perFraud = frauds / fraud;
  const perLegitimate = (transactions - frauds) / legitimate;
  const weights = Float64Array.from(
    sample.labels,
    (label, row) => (sample.weights?.[row] ?? 1) * (label === 1 ? perFraud : perLegitimate),
  );
  return { ...sample, weights };
}

/**
 * Precision among the top-scored transactions: the transaction-level stand-in for Card-Precision@k (Dal Pozzolo et al.
 * 2018), which counts distinct cards a day; the public data has no card ids, so several transactions of one card count
 * several times here.
 *
 * @param top how many transactions are looked at, in weighted terms (k a day × days); a run of equal scores and the
 *   last row count in proportion
 */
export function precisionAtTop({ sample, order, groupEnds }: RankedSample, top: number): number {
  const { labels, weights } = sample;
  let seen = 0;
  let frauds = 0;
  let i = 0;
  for (const end of groupEnds) {
    let groupFraud = 0;
    let group = 0;
    for (; i < end; i++) {
      const weight = weights ? weights[order[i]!]! : 1;
      group += weight;
      if (labels[order[i]!] === 1) groupFraud += weight;
    }
    const taken = Math.min(group, top - seen);
    if (group > 0) frauds += (groupFraud * taken) / group;
    seen += taken;
    if (seen >= top) break;
  }
  return seen > 0 ? frauds / seen : 0;
}

/** The score of the last of the `top` highest-scored transactions, in weighted terms. */
export function scoreAtTop({ sample, order }: RankedSample, top: number): number {
  let seen = 0;
  for (const row of order) {
    seen += sample.weights?.[row] ?? 1;
    if (seen >= top) return sample.scores[row]!;
  }
  return sample.scores[order.at(-1)!]!;
}
