import type { RankedSample } from "./ranking.ts";

/** One operating point: alert at every score ≥ `threshold`. */
export interface OperatingPoint {
  readonly threshold: number;
  readonly recall: number;
  readonly precision: number;
  readonly falsePositiveRate: number;
  /** Share of transactions that raise an alert. */
  readonly alertRate: number;
}

/**
 * Every distinct operating point from the highest score down: the ROC curve (falsePositiveRate, recall) and the
 * precision-recall curve (recall, precision) read from the same points. It starts at "no alerts", precision 1.
 */
export function operatingPoints({ sample, order, groupEnds }: RankedSample): OperatingPoint[] {
  const { scores, labels, weights } = sample;
  let fraud = 0;
  let legitimate = 0;
  const cumulative: { threshold: number; fraud: number; legitimate: number }[] = [];
  let i = 0;
  for (const end of groupEnds) {
    for (; i < end; i++) {
      const weight = weights ? weights[order[i]!]! : 1;
      if (labels[order[i]!] === 1) fraud += weight;
      else legitimate += weight;
    }
    cumulative.push({ threshold: scores[order[end - 1]!]!, fraud, legitimate });
  }
  const start = {
    threshold: Number.POSITIVE_INFINITY,
    recall: 0,
    precision: 1,
    falsePositiveRate: 0,
    alertRate: 0,
  };
  const points = cumulative.map((at) => ({
    threshold: at.threshold,
    recall: at.fraud / fraud,
    precision: at.fraud + at.legitimate > 0 ? at.fraud / (at.fraud + at.legitimate) : 1,
    falsePositiveRate: at.legitimate / legitimate,
    alertRate: (at.fraud + at.legitimate) / (fraud + legitimate),
  }));
  return [start, ...points];
}

/**
 * Fewer points for drawing: keeps the first, the last, and one wherever a coordinate moved by more than `step`.
 */
export function thin(points: readonly OperatingPoint[], step = 0.002): OperatingPoint[] {
  const kept: OperatingPoint[] = [];
  points.forEach((point, i) => {
    const last = kept.at(-1);
    const moved =
      !last ||
      Math.abs(point.recall - last.recall) > step ||
      Math.abs(point.precision - last.precision) > step ||
      Math.abs(point.falsePositiveRate - last.falsePositiveRate) > step;
    if (moved || i === points.length - 1) kept.push(point);
  });
  return kept;
}

/** Expected cost of alerting at a threshold, a transaction. */
export interface CostPoint {
  readonly threshold: number;
  readonly alertRate: number;
  readonly cost: number;
}

/** What each outcome costs; `missedFraud` per row (its amount, for instance) or the same for all. */
export interface OutcomeCosts {
  readonly missedFraud: number | Float64Array;
  readonly falseAlert: number;
  readonly caughtFraud: number;
}

/**
 * Cost a transaction against the threshold, at every distinct score. The lowest point is the cheapest policy; its two
 * ends are "alert on nothing" and "alert on everything".
 */
export function costCurve({ sample, order, groupEnds }: RankedSample, costs: OutcomeCosts): CostPoint[] {
  const { scores, labels, weights } = sample;
  const weightOf = (row: number): number => (weights ? weights[row]! : 1);
  const missed = (row: number): number =>
    typeof costs.missedFraud === "number" ? costs.missedFraud : costs.missedFraud[row]!;
  let cost = 0;
  let total = 0;
  for (const row of order) {
    total += weightOf(row);
    if (labels[row] === 1) cost += weightOf(row) * missed(row);
  }
  const points: CostPoint[] = [{ threshold: Number.POSITIVE_INFINITY, alertRate: 0, cost: cost / total }];
  let alerts = 0;
  let i = 0;
  for (const end of groupEnds) {
    for (; i < end; i++) {
      const row = order[i]!;
      alerts += weightOf(row);
      cost += weightOf(row) * (labels[row] === 1 ? costs.caughtFraud - missed(row) : costs.falseAlert);
    }
    points.push({ threshold: scores[order[end - 1]!]!, alertRate: alerts / total, cost: cost / total });
  }
  return points;
}
