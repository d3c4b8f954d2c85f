/** Tiers from harmless to worst; a tier's index is its rank. */
export const RISK_TIERS = ["low", "medium", "high", "critical"] as const;
export type RiskTier = (typeof RISK_TIERS)[number];

/** 0 for the most harmless tier, 3 for the worst. */
export function rankOf(tier: RiskTier): number {
  return RISK_TIERS.indexOf(tier);
}

/** Something for each tier. */
export type ByTier<T> = Readonly<Record<RiskTier, T>>;

/** Makes something for each tier, in the order of {@link RISK_TIERS}. */
export function byTier<T>(make: (tier: RiskTier) => T): ByTier<T> {
  return Object.fromEntries(RISK_TIERS.map((tier) => [tier, make(tier)])) as Record<RiskTier, T>;
}
