import { descendingOrder } from "./order.ts";
import { classTotals, type ScoredSample } from "./sample.ts";

/** A sample sorted once: rows by falling score, and where each run of equal scores ends. */
export interface RankedSample {
  readonly sample: ScoredSample;
  /** Row numbers by falling score. */
  readonly order: Uint32Array;
  /** For each run of equal scores, the position in `order` after its last row. */
  readonly groupEnds: Uint32Array;
}

/** How well a score ranks frauds above the rest. */
export interface RankingQuality {
  /** Area under the ROC curve = P(a fraud scores above a legitimate row), ties counted half. */
  readonly auc: number;
  /** Average precision Σ (Rₙ − Rₙ₋₁) Pₙ over distinct scores: the step-wise area under the precision-recall curve. */
  readonly auprc: number;
}

/** Sorts the rows of a sample; see {@link classTotals} for what it refuses. */
export function rank(sample: ScoredSample): RankedSample {
  classTotals(sample);
  const order = descendingOrder(sample.scores);
  const groupEnds = new Uint32Array(order.length);
  let groups = 0;
  for (let i = 1; i <= order.length; i++) {
    if (i === order.length || sample.scores[order[i]!] !== sample.scores[order[i - 1]!])
      groupEnds[groups++] = i;
  }
  return { sample, order, groupEnds: groupEnds.slice(0, groups) };
}

/**
 * AUC and AUPRC in one pass over sorted rows.
 *
 * @param weights replace the sample's own, indexed by row (a bootstrap draw); NaN comes back where a class weighs 0
 */
export function rankingQuality(
  { sample, order, groupEnds }: RankedSample,
  weights: Float64Array | Float32Array | undefined = sample.weights,
): RankingQuality {
  const { labels } = sample;
  let fraud = 0;
  let legitimate = 0;
  let concordant = 0;
  let precisionSum = 0;
  let i = 0;
  for (let group = 0; group < groupEnds.length; group++) {
    const end = groupEnds[group]!;
    let groupFraud = 0;
    let groupLegitimate = 0;
    for (; i < end; i++) {
      const row = order[i]!;
      const weight = weights ? weights[row]! : 1;
      if (labels[row] === 1) groupFraud += weight;
      else groupLegitimate += weight;
    }
    // Pairs won by the frauds seen before this run, plus half of the pairs inside it.
    concordant += groupLegitimate * (fraud + groupFraud / 2);
    fraud += groupFraud;
    legitimate += groupLegitimate;
    if (groupFraud > 0) precisionSum += (groupFraud * fraud) / (fraud + legitimate);
  }
  return { auc: concordant / (fraud * legitimate), auprc: precisionSum / fraud };
}

/** Weighted area under the ROC curve, ties counted half. */
export function rocAuc(sample: ScoredSample): number {
  return rankingQuality(rank(sample)).auc;
}

/** Weighted average precision (scikit-learn's `average_precision_score`): no interpolation between points. */
export function averagePrecision(sample: ScoredSample): number {
  return rankingQuality(rank(sample)).auprc;
}
