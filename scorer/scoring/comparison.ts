import type { ServedModel } from "./served-model.ts";

/** How a shadow compares with the models that answered. */
export interface ShadowComparison {
  /** Rows that both have scored. */
  rows: number;
  /** Rows that would have got another tier. */
  otherTier: number;
  /** Sum of |shadow − answer|. */
  absoluteDifference: number;
  /** Largest |shadow − answer|. */
  largestDifference: number;
  /** Rows that were left out, by why: "busy", "failed", or what the shadow needs and they had not: `needs v`. */
  readonly skipped: Map<string, number>;
  /** Rows that one of the two gave no probability for. */
  unanswered: number;
}

/** Reasons that are told apart; names of fields are the schema's, and there are few. */
const MOST_REASONS = 20;

/** Counts rows that are left out. */
export function skip({ skipped }: ShadowComparison, why: string, rows = 1): void {
  const reason = skipped.has(why) || skipped.size < MOST_REASONS ? why : "other";
  skipped.set(reason, (skipped.get(reason) ?? 0) + rows);
}

export function newComparison(): ShadowComparison {
  return {
    rows: 0,
    otherTier: 0,
    absoluteDifference: 0,
    largestDifference: 0,
    skipped: new Map(),
    unanswered: 0,
  };
}

/** Takes in one row. @param answer what `model` gave; `other` what `shadow` did */
export function compare(
  comparison: ShadowComparison,
  model: Pick<ServedModel, "tierOf">,
  answer: number,
  shadow: Pick<ServedModel, "tierOf">,
  other: number,
): void {
  const difference = Math.abs(other - answer);
  if (Number.isNaN(difference)) {
    comparison.unanswered++;
    return;
  }
  comparison.rows++;
  comparison.absoluteDifference += difference;
  comparison.largestDifference = Math.max(comparison.largestDifference, difference);
  if (model.tierOf(answer) !== shadow.tierOf(other)) comparison.otherTier++;
}
