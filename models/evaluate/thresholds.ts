import type { ScoredSample } from "./sample.ts";

/** Weighted counts at one threshold; a score ≥ the threshold is an alert. */
export interface Confusion {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  readonly trueNegatives: number;
}

/** What follows from a confusion matrix. Precision of no alerts, and F1 without both, is 0. */
export interface ThresholdQuality extends Confusion {
  readonly threshold: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly accuracy: number;
  /** Share of legitimate transactions that raise an alert. */
  readonly falsePositiveRate: number;
  /** Share of all transactions that raise an alert. */
  readonly alertRate: number;
}

/** Weighted confusion matrix at a threshold. */
export function confusionAt(sample: ScoredSample, threshold: number): Confusion {
  const { scores, labels, weights } = sample;
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < scores.length; i++) {
    counts[(scores[i]! >= threshold ? 2 : 0) + labels[i]!]! += weights ? weights[i]! : 1;
  }
  const [trueNegatives = 0, falseNegatives = 0, falsePositives = 0, truePositives = 0] = counts;
  return { truePositives, falsePositives, falseNegatives, trueNegatives };
}

/** Precision, recall, F1 and rates of a confusion matrix. */
export function qualityOf(threshold: number, confusion: Confusion): ThresholdQuality {
  const { truePositives: tp, falsePositives: fp, falseNegatives: fn, trueNegatives: tn } = confusion;
  const total = tp + fp + fn + tn;
  const ratio = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);
  return {
    threshold,
    ...confusion,
    precision: ratio(tp, tp + fp),
    recall: ratio(tp, tp + fn),
    f1: ratio(2 * tp, 2 * tp + fp + fn),
    accuracy: ratio(tp + tn, total),
    falsePositiveRate: ratio(fp, fp + tn),
    alertRate: ratio(tp + fp, total),
  };
}

/** {@link qualityOf} at one threshold of a sample. */
export function qualityAt(sample: ScoredSample, threshold: number): ThresholdQuality {
  return qualityOf(threshold, confusionAt(sample, threshold));
}
