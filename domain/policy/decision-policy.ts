import type { Action } from "../actions.ts";
import { type ByTier, EDGED_TIERS, type EdgedTier, RISK_TIERS, type RiskTier } from "../tiers.ts";
import type { PolicyRule } from "./rules.ts";

/** Lower edges (inclusive) of the tiers, rising, from the model's card; the most harmless tier starts at 0. */
export type TierEdges = Readonly<Record<EdgedTier, number>>;

/** The edges of a card that does not say (DESIGN §3). */
export const DEFAULT_EDGES: TierEdges = { medium: 0.1, high: 0.3, critical: 0.7 };

/** Minutes that a case of a tier may stay open, where neither the policy nor the operator says. */
export const DEFAULT_SLA_MINUTES = { high: 240, critical: 60 } as const;

/** A year. */
export const MAX_SLA_MINUTES = 525_600;

/** What a tier asks for. */
export interface TierRule {
  readonly action: Action;
  /** Whether a person has to look at it. */
  readonly review: boolean;
  /** How long a case may stay open, minutes; null leaves it to the operator (REVIEW_SLA_…_MINUTES). */
  readonly slaMinutes: number | null;
}

/** What is done with payments: by tier, and where a rule says otherwise. Immutable; another text is another version. */
export interface DecisionPolicy {
  /** Kept with every decision that it made. */
  readonly version: string;
  readonly tiers: ByTier<TierRule>;
  readonly rules: readonly PolicyRule[];
}

/** The policy of the house: by tier. */
export const TIER_POLICY: DecisionPolicy = {
  version: "tiers-1",
  tiers: {
    low: { action: "approve", review: false, slaMinutes: null },
    medium: { action: "monitor", review: false, slaMinutes: null },
    high: { action: "verify", review: true, slaMinutes: null },
    critical: { action: "block", review: true, slaMinutes: null },
  },
  rules: [],
};

/** The tiers that a policy sends to people whatever its rules say, from harmless to worst. */
export function reviewedTiers(policy: Pick<DecisionPolicy, "tiers"> = TIER_POLICY): readonly RiskTier[] {
  return RISK_TIERS.filter((tier) => policy.tiers[tier].review);
}

/** How long a case may stay open, milliseconds, by tier; undefined where the tier is not reviewed. */
export type ReviewSla = Readonly<Partial<Record<RiskTier, number>>>;

/**
 * The tier of a probability. Both are compared as float32, which is what the model answers: an edge such as 0.1 belongs
 * to the tier it opens, also where the probability comes as a double.
 *
 * @throws RangeError when it is no number: what falls through every comparison must not come out as the worst tier
 */
export function tierOf(probability: number, edges: TierEdges): RiskTier {
  return RISK_TIERS[rankAt(probability, asFloat32(edges))] as RiskTier;
}

/** As {@link tierOf}, with the edges of one card looked at once. The returned function throws what that throws. */
export function tiersBy(edges: TierEdges): (probability: number) => RiskTier {
  const ordered = asFloat32(edges);
  return (probability) => RISK_TIERS[rankAt(probability, ordered)] as RiskTier;
}

/** The edges in the order of {@link EDGED_TIERS}. */
function asFloat32(edges: TierEdges): readonly number[] {
  return EDGED_TIERS.map((tier) => Math.fround(edges[tier]));
}

/** How many of the rising edges a probability has passed: the rank of its tier. */
function rankAt(probability: number, edges: readonly number[]): number {
  if (Number.isNaN(probability)) throw new RangeError("no probability, no tier");
  const score = Math.fround(probability);
  let rank = 0;
  while (rank < edges.length && score >= (edges[rank] as number)) rank++;
  return rank;
}
