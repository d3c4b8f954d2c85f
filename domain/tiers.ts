/** Tiers from harmless to worst; a tier's index is its rank. */
export const RISK_TIERS = ["low", "medium", "high", "critical"] as const;
export type RiskTier = (typeof RISK_TIERS)[number];

export function isRiskTier(text: unknown): text is RiskTier {
  return (RISK_TIERS as readonly unknown[]).includes(text);
}

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

/** A tier as people read it: "Critical". */
export type TierName = Capitalize<RiskTier>;

/** The tiers' names, in the order of {@link RISK_TIERS}. */
export const TIER_NAMES: readonly TierName[] = RISK_TIERS.map(tierName);

/** "critical" → "Critical" */
export function tierName(tier: RiskTier): TierName {
  return `${tier.charAt(0).toUpperCase()}${tier.slice(1)}` as TierName;
}

/** Makes something for each tier, by its name. */
export function byTierName<T>(make: (tier: RiskTier) => T): Readonly<Record<TierName, T>> {
  return Object.fromEntries(RISK_TIERS.map((tier) => [tierName(tier), make(tier)])) as Record<TierName, T>;
}

/** A tier that opens at an edge: every one but the most harmless, which opens at 0. */
export type EdgedTier = Exclude<RiskTier, (typeof RISK_TIERS)[0]>;

/** The tiers that open at an edge, from harmless to worst. */
export const EDGED_TIERS: readonly EdgedTier[] = RISK_TIERS.filter((tier) => tier !== RISK_TIERS[0]);

/** Makes something for each tier that opens at an edge. */
export function byEdgedTier<T>(make: (tier: EdgedTier) => T): Readonly<Record<EdgedTier, T>> {
  return Object.fromEntries(EDGED_TIERS.map((tier) => [tier, make(tier)])) as Record<EdgedTier, T>;
}
