import type { RankedSample } from "./ranking.ts";
import type { ScoredSample } from "./sample.ts";
import { qualityAt } from "./thresholds.ts";

/** Alerts a day at a threshold: the sample's alert rate times the day's transactions. */
export function alertsPerDay(sample: ScoredSample, threshold: number, transactionsPerDay: number): number {
  return qualityAt(sample, threshold).alertRate * transactionsPerDay;
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

/** Recall by value: share of the money lost to fraud that stands at or above a threshold. */
export function recallByValue(
  { scores, labels, weights }: ScoredSample,
  threshold: number,
  amounts: ArrayLike<number>,
): number {
  let caught = 0;
  let total = 0;
  for (let i = 0; i < scores.length; i++) {
    if (labels[i] !== 1) continue;
    const money = (weights ? weights[i]! : 1) * amounts[i]!;
    total += money;
    if (scores[i]! >= threshold) caught += money;
  }
  return total > 0 ? caught / total : 0;
}
