import type { ModelCard, ModelMetric } from "../../platform/model-registry.ts";
import { bootstrapIntervals, type Interval } from "./bootstrap.ts";
import {
  brierScore,
  type CalibrationBin,
  calibrationBins,
  expectedCalibrationError,
  fraudBalancedBins,
} from "./calibration-quality.ts";
import { type OperatingPoint, operatingPoints, thin } from "./curves.ts";
import { rank, rankingQuality } from "./ranking.ts";
import { classTotals, type ScoredSample } from "./sample.ts";
import { byAmount, byHour, type SliceRow, sliceTable } from "./slices.ts";
import { qualityAt, type ThresholdQuality } from "./thresholds.ts";
import { type TierRow, tierTable } from "./tiers.ts";
import { precisionAtTop, recallByValue } from "./workload.ts";

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
  /** Transactions a day of the real stream; undefined where a day means nothing (a balanced, synthetic test set). */
  readonly transactionsPerDay?: number | undefined;
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

/** Figures in the currency of a day's work. */
export interface PerDay {
  readonly transactions: number;
  readonly frauds: number;
  /** Transactions a day that are not Low. */
  readonly alerts: number;
  /** High and Critical: what analysts see. */
  readonly reviews: number;
  /** Precision among the 100 top-scored transactions a day: the stand-in for Card-Precision@100. */
  readonly precisionAt100: number;
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

/** Judges a scored test set; see {@link classTotals} for what is refused. */
export function evaluate(test: TestSet, options: EvaluationOptions): Evaluation {
  const { thresholds, seed, transactionsPerDay, draws } = options;
  const totals = classTotals(test);
  const ranked = rank(test);
  const figures = bootstrapIntervals(
    test,
    (weights) => {
      const drawn: ScoredSample = { scores: test.scores, labels: test.labels, weights };
      const { precision, recall, f1 } = qualityAt(drawn, thresholds.fraud);
      const alerts = qualityAt(drawn, thresholds.medium);
      return {
        ...rankingQuality(ranked, weights),
        brier: brierScore(drawn),
        ece: expectedCalibrationError(calibrationBins(drawn)),
        precision,
        recall,
        f1,
        alert_precision: alerts.precision,
        alert_recall: alerts.recall,
        recall_by_value: recallByValue(drawn, thresholds.fraud, test.amounts),
      };
    },
    { seed, ...(draws !== undefined && { draws }) },
  );
  const tiers = tierTable(test, thresholds, test.amounts);
  const transactions = totals.fraud + totals.legitimate;
  const { times } = test;
  return {
    protocol: test.protocol,
    rows: totals.rows,
    transactions,
    frauds: totals.fraud,
    fraudRate: totals.fraud / transactions,
    figures,
    atThreshold: qualityAt(test, thresholds.fraud),
    thresholds: [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9].map((at) => qualityAt(test, at)),
    curve: thin(operatingPoints(ranked)),
    tiers,
    calibration: calibrationBins(test),
    balancedCalibration: fraudBalancedBins(ranked),
    slices: {
      hour: times ? sliceTable(test, byHour(times), thresholds.medium) : [],
      amount: sliceTable(test, byAmount(test.amounts), thresholds.medium),
    },
    perDay:
      transactionsPerDay === undefined
        ? undefined
        : {
            transactions: transactionsPerDay,
            frauds: (totals.fraud / transactions) * transactionsPerDay,
            alerts: (1 - tiers[0]!.share) * transactionsPerDay,
            reviews: (tiers[2]!.share + tiers[3]!.share) * transactionsPerDay,
            precisionAt100: precisionAtTop(ranked, (100 * transactions) / transactionsPerDay),
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
    records.push({ name: `${name}_fraud_rate`, protocol, value: tier.fraudRate });
    records.push({ name: `${name}_fraud_amount`, protocol, value: tier.fraudAmount });
  }
  if (evaluation.perDay) {
    const { transactions, alerts, reviews, precisionAt100 } = evaluation.perDay;
    records.push({ name: "transactions_per_day", protocol, value: transactions });
    records.push({ name: "alerts_per_day", protocol, value: alerts, note: "Medium and above" });
    records.push({ name: "reviews_per_day", protocol, value: reviews, note: "High and Critical" });
    const note = "top 100 transactions a day: the data has no card ids";
    records.push({ name: "transaction_precision_at_100", protocol, value: precisionAt100, note });
  }
  return records;
}
