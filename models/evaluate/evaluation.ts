import type { ModelCard, ModelMetric } from "../../scorer/serving/registry.ts";
import type { StreamDay } from "../data/dataset.ts";
import { averagePrecisionFloor } from "./average-precision-interval.ts";
import { bootstrapIntervals, type Interval } from "./bootstrap.ts";
import {
  brierScore,
  type CalibrationBin,
  calibrationBins,
  expectedCalibrationError,
  fraudBalancedBins,
} from "./calibration-quality.ts";
import { type OperatingPoint, operatingPoints, thin } from "./curves.ts";
import { type RankedSample, rank, rankingQuality } from "./ranking.ts";
import { classTotals, type ScoredSample } from "./sample.ts";
import {
  fraudRateInterval,
  precisionInterval,
  recallByValueInterval,
  recallInterval,
} from "./share-interval.ts";
import { byAmount, byHour, type SliceRow, sliceTable } from "./slices.ts";
import { qualityAt, type ThresholdQuality } from "./thresholds.ts";
import { type TierRow, tierTable } from "./tiers.ts";
import { precisionAtTop, scaledToDay, scoreAtTop } from "./workload.ts";

/** A scored test set with what the figures need beside the scores. */
export interface TestSet extends ScoredSample {
  /** The name every figure carries. */
  readonly protocol: string;
  readonly amounts: Float64Array;
  /** Seconds, as the data set's Time; undefined where rows have none (synthetic ones). */
  readonly times?: Float64Array | undefined;
}

export interface EvaluationOptions {
  readonly thresholds: ModelCard["thresholds"];
  readonly seed: number;
  /** A day of the real stream; undefined where a day means nothing (a balanced, synthetic test set). */
  readonly day?: StreamDay | undefined;
  readonly draws?: number;
}

/** Everything that is known of a model on one test set, under one protocol. */
export interface Evaluation {
  readonly protocol: string;
  readonly rows: number;
  readonly transactions: number;
  readonly frauds: number;
  readonly fraudRate: number;
  /** auc, auprc, brier, ece, recall, precision, f1 and recall_by_value at `thresholds.fraud`, alert_… at `thresholds.medium`. */
  readonly figures: Readonly<Record<FigureName, Interval>>;
  readonly atThreshold: ThresholdQuality;
  readonly thresholds: readonly ThresholdQuality[];
  readonly curve: readonly OperatingPoint[];
  readonly tiers: readonly TierRow[];
  readonly calibration: readonly CalibrationBin[];
  readonly balancedCalibration: readonly CalibrationBin[];
  readonly slices: { readonly hour: readonly SliceRow[]; readonly amount: readonly SliceRow[] };
  readonly perDay: PerDay | undefined;
}

/**
 * Figures in the currency of a day's work: the shares of the test rows that fall where, frauds and legitimate ones each,
 * on the day's own numbers of frauds and legitimate transactions ({@link scaledToDay}).
 */
export interface PerDay extends StreamDay {
  /** Transactions a day that are not Low. */
  readonly alerts: number;
  /** Legitimate ones among the alerts, and how many they may be: a test of few rows can see none and prove little. */
  readonly falseAlerts: number;
  readonly falseAlertsHigh: number;
  /** High and Critical: what analysts see. */
  readonly reviews: number;
  /** Each tier's transactions and frauds a day. */
  readonly tiers: readonly TierRow[];
  /** Counts a day at the thresholds of {@link Evaluation.thresholds}. */
  readonly thresholds: readonly DayAtThreshold[];
  /** Precision among the 100 top-scored transactions a day: the stand-in for Card-Precision@100. */
  readonly precisionAt100: Interval;
}

/** A threshold's counts a day, with the end of the interval that its false alerts may reach. */
export interface DayAtThreshold extends ThresholdQuality {
  readonly falsePositivesHigh: number;
}

export const FIGURES = [
  "auprc",
  "auc",
  "brier",
  "ece",
  "precision",
  "recall",
  "f1",
  "alert_precision",
  "alert_recall",
  "recall_by_value",
] as const;
export type FigureName = (typeof FIGURES)[number];

const SHOWN_THRESHOLDS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9];

/**
 * Judges a scored test set; see {@link classTotals} for what is refused. Shares of rows (precision, recall) have exact
 * intervals that know what a row weighs (share-interval.ts), the others those of the bootstrap.
 */
export function evaluate(test: TestSet, options: EvaluationOptions): Evaluation {
  const { thresholds, day } = options;
  const totals = classTotals(test);
  const ranked = rank(test);
  const transactions = totals.fraud + totals.legitimate;
  const { times } = test;
  return {
    protocol: test.protocol,
    rows: totals.rows,
    transactions,
    frauds: totals.fraud,
    fraudRate: totals.fraud / transactions,
    figures: figuresOf(test, ranked, options),
    atThreshold: qualityAt(test, thresholds.fraud),
    thresholds: SHOWN_THRESHOLDS.map((at) => qualityAt(test, at)),
    curve: thin(operatingPoints(ranked)),
    tiers: tierTable(test, thresholds, test.amounts),
    calibration: calibrationBins(test),
    balancedCalibration: fraudBalancedBins(ranked),
    slices: {
      hour: times ? sliceTable(test, byHour(times), thresholds.medium) : [],
      amount: sliceTable(test, byAmount(test.amounts), thresholds.medium),
    },
    perDay: day && perDayOf(test, thresholds, day),
  };
}

function figuresOf(
  test: TestSet,
  ranked: RankedSample,
  { thresholds, seed, draws }: EvaluationOptions,
): Evaluation["figures"] {
  const precision = precisionInterval(test, thresholds.fraud);
  const recall = recallInterval(test, thresholds.fraud);
  const drawn = bootstrapIntervals(
    test,
    (weights) => {
      const draw: ScoredSample = { scores: test.scores, labels: test.labels, weights };
      return {
        ...rankingQuality(ranked, weights),
        brier: brierScore(draw),
        ece: expectedCalibrationError(calibrationBins(draw)),
        f1: qualityAt(draw, thresholds.fraud).f1,
      };
    },
    { seed, ...(draws !== undefined && { draws }) },
  );
  const { auprc, auc, f1 } = drawn;
  // Draws from rows that are all in the right order are in the right order too. What they cannot show is bounded by the
  // threshold that parts the classes: the recall it may have, and the precision.
  const inOrder = auc.value >= 1 - 1e-12;
  const parted = lowestFraud(test);
  const leastRecall = inOrder ? recallInterval(test, parted).low : 1;
  const leastPrecision = inOrder ? precisionInterval(test, parted).low : 1;
  return {
    ...drawn,
    auc: { ...auc, low: Math.min(auc.low, leastRecall) },
    auprc: {
      ...auprc,
      low: Math.min(auprc.low, leastRecall * leastPrecision, averagePrecisionFloor(test, auprc.value)),
    },
    precision,
    recall,
    // Nor do draws without a false alert know that there may be one: never narrower than the precision alone makes it.
    f1: {
      value: f1.value,
      low: Math.min(f1.low, harmonicMean(precision.low, recall.value)),
      high: Math.max(f1.high, harmonicMean(precision.high, recall.value || recall.high)),
    },
    alert_precision: precisionInterval(test, thresholds.medium),
    alert_recall: recallInterval(test, thresholds.medium),
    recall_by_value: recallByValueInterval(test, thresholds.fraud, test.amounts),
  };
}

function lowestFraud({ scores, labels }: ScoredSample): number {
  let lowest = Number.POSITIVE_INFINITY;
  for (let row = 0; row < scores.length; row++) {
    if (labels[row] === 1) lowest = Math.min(lowest, scores[row]!);
  }
  return lowest;
}

function harmonicMean(a: number, b: number): number {
  return a + b > 0 ? (2 * a * b) / (a + b) : 0;
}

function perDayOf(test: TestSet, thresholds: ModelCard["thresholds"], day: StreamDay): PerDay {
  const scaled = scaledToDay(test, day);
  const ranked = rank(scaled);
  const tiers = tierTable(scaled, thresholds, test.amounts);
  const top = scoreAtTop(ranked, 100);
  const precisionAt100 = fraudRateInterval(scaled, (row) => test.scores[row]! >= top);
  const at = (threshold: number): DayAtThreshold => {
    const quality = qualityAt(scaled, threshold);
    const { low } = precisionInterval(scaled, threshold);
    const most = low > 0 ? (quality.truePositives * (1 - low)) / low : day.transactions - day.frauds;
    return { ...quality, falsePositivesHigh: Math.max(quality.falsePositives, most) };
  };
  const alerts = at(thresholds.medium);
  return {
    ...day,
    alerts: alerts.truePositives + alerts.falsePositives,
    falseAlerts: alerts.falsePositives,
    falseAlertsHigh: alerts.falsePositivesHigh,
    reviews: tiers[2]!.transactions + tiers[3]!.transactions,
    tiers,
    thresholds: SHOWN_THRESHOLDS.map(at),
    precisionAt100: {
      value: precisionAtTop(ranked, 100),
      low: Math.min(precisionAt100.low, precisionAtTop(ranked, 100)),
      high: Math.max(precisionAt100.high, precisionAtTop(ranked, 100)),
    },
  };
}

/** The figures of an evaluation as the card's records. */
export function metricsOf(evaluation: Evaluation): ModelMetric[] {
  const { protocol } = evaluation;
  const records: ModelMetric[] = FIGURES.map((name) => ({ name, protocol, ...evaluation.figures[name] }));
  for (const tier of evaluation.tiers) {
    const name = `tier_${tier.tier.toLowerCase()}`;
    records.push({ name: `${name}_transactions`, protocol, value: tier.transactions });
    records.push({ name: `${name}_frauds`, protocol, value: tier.frauds });
    records.push({ name: `${name}_fraud_rate`, protocol, ...tier.fraudRateInterval });
    records.push({ name: `${name}_fraud_amount`, protocol, value: tier.fraudAmount });
  }
  if (evaluation.perDay) {
    const { transactions, frauds, fraudAmount, alerts, reviews, precisionAt100 } = evaluation.perDay;
    const basis = "the whole file over its span of time";
    records.push({ name: "transactions_per_day", protocol, value: transactions, note: basis });
    records.push({ name: "frauds_per_day", protocol, value: frauds, note: basis });
    records.push({ name: "fraud_amount_per_day", protocol, value: fraudAmount, note: basis });
    records.push({ name: "alerts_per_day", protocol, value: alerts, note: "Medium and above" });
    records.push({ name: "reviews_per_day", protocol, value: reviews, note: "High and Critical" });
    const note = "top 100 transactions a day: the data has no card ids";
    records.push({ name: "transaction_precision_at_100", protocol, ...precisionAt100, note });
  }
  return records;
}
