import type { Action, RiskTier } from "../client/types.ts";

/** Tiers from harmless to worst; a tier's index is its rank. */
export const RISK_TIERS = ["low", "medium", "high", "critical"] as const satisfies readonly RiskTier[];

/** What each tier asks for, in the order of {@link RISK_TIERS}. */
export const ACTIONS = ["approve", "monitor", "verify", "block"] as const satisfies readonly Action[];

/** Lower edges (inclusive) from the model's card; Low starts at 0. */
export interface Thresholds {
  readonly medium: number;
  readonly high: number;
  readonly critical: number;
  /** `fraud_predicted` from here on. */
  readonly fraud: number;
}

/**
 * The rank of a probability's tier: 0 Low, 1 Medium, 2 High, 3 Critical. The probability is a float32 and is compared
 * with the edge as a float32, so that an edge such as 0.1 belongs to the tier it opens.
 *
 * @throws RangeError when it is no number: what falls through every comparison must not come out as the worst tier
 */
export function tierRank(probability: number, thresholds: Thresholds): 0 | 1 | 2 | 3 {
  if (Number.isNaN(probability)) throw new RangeError("no probability, no tier");
  if (probability < Math.fround(thresholds.medium)) return 0;
  if (probability < Math.fround(thresholds.high)) return 1;
  return probability < Math.fround(thresholds.critical) ? 2 : 3;
}
