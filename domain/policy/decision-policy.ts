import type { Action } from "../actions.ts";
import { type ByTier, EDGED_TIERS, type EdgedTier, RISK_TIERS, type RiskTier } from "../tiers.ts";

/** Lower edges (inclusive) of the tiers, rising, from the model's card; the most harmless tier starts at 0. */
export type TierEdges = Readonly<Record<EdgedTier, number>>;

/** The edges of a card that does not say (DESIGN §3). */
export const DEFAULT_EDGES: TierEdges = { medium: 0.1, high: 0.3, critical: 0.7 };

/** Minutes that a case of a tier may stay open, by default. */
export const DEFAULT_SLA_MINUTES = { high: 240, critical: 60 } as const;

/** What a tier asks for. */
export interface TierRule {
  readonly action: Action;
  /** Whether a person has to look at it. */
  readonly review: boolean;
}

/** Tier → action and review, and how long a case may stay open. Rules that say otherwise come on top of it later. */
export interface DecisionPolicy {
  /** Kept with every decision that it made. */
  readonly version: string;
  readonly rules: ByTier<TierRule>;
}

/** The policy of the house: by tier. */
export const TIER_POLICY: DecisionPolicy = {
  version: "tiers-1",
  rules: {
    low: { action: "approve", review: false },
    medium: { action: "monitor", review: false },
    high: { action: "verify", review: true },
    critical: { action: "block", review: true },
  },
};

/** The tiers that a policy sends to people, from harmless to worst. */
export function reviewedTiers(policy: DecisionPolicy = TIER_POLICY): readonly RiskTier[] {
  return RISK_TIERS.filter((tier) => policy.rules[tier].review);
}

/** How long a case may stay open, milliseconds, by tier; undefined where the tier is not reviewed. */
export type ReviewSla = Readonly<Partial<Record<RiskTier, number>>>;

/** What the policy says of a probability. */
export interface PolicyDecision extends TierRule {
  readonly riskTier: RiskTier;
  readonly policyVersion: string;
}

/**
 * The tier of a probability. Both are compared as float32, which is what the model answers: an edge such as 0.1 belongs
 * to the tier it opens, also where the probability comes as a double.
 *
 * @throws RangeError when it is no number: what falls through every comparison must not come out as the worst tier
 */
export function tierOf(probability: number, edges: TierEdges): RiskTier {
  return RISK_TIERS[rankAt(probability, asFloat32(edges))] as RiskTier;
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

/**
 * Compiles a policy for the edges of a model's card into what decides: pure, the same for the same inputs. What comes out
 * is one of a tier's objects made here, so that deciding costs a few comparisons.
 *
 * The returned function throws RangeError when the probability is no number.
 */
export function compilePolicy(
  edges: TierEdges,
  policy: DecisionPolicy = TIER_POLICY,
): (probability: number) => PolicyDecision {
  const outcomes = RISK_TIERS.map((riskTier) =>
    Object.freeze({ riskTier, ...policy.rules[riskTier], policyVersion: policy.version }),
  );
  const ordered = asFloat32(edges);
  return (probability) => outcomes[rankAt(probability, ordered)] as PolicyDecision;
}
