import type { FC } from "hono/jsx";
import { RISK_TIERS, type RiskTier } from "../../pipeline/store/schema.ts";
import { formatScore, TIER_NAME } from "./format.ts";

/** The tier as a word and a meter of four steps: readable without colour. */
export const Tier: FC<{ readonly tier: RiskTier }> = ({ tier }) => {
  const steps = RISK_TIERS.indexOf(tier) + 1;
  return (
    <span class="tier" data-tier={tier}>
      <svg viewBox="0 0 14 11" fill="currentColor" aria-hidden="true">
        {[0, 1, 2, 3].map((step) => (
          <rect
            x={step * 3.8}
            y={7 - step * 2.2}
            width="2.6"
            height={4 + step * 2.2}
            rx="0.8"
            class={step < steps ? undefined : "off"}
          />
        ))}
      </svg>
      {TIER_NAME[tier]}
    </span>
  );
};

/**
 * A bar of a share. Width is an SVG attribute: a style attribute would need a hole in the CSP.
 *
 * @param share [0, 1]; anything above zero stays visible
 */
export const Meter: FC<{ readonly share: number; readonly tier?: RiskTier }> = ({ share, tier }) => (
  <svg class="meter" viewBox="0 0 100 6" preserveAspectRatio="none" data-tier={tier} aria-hidden="true">
    <rect width={share > 0 ? Math.max(1.5, Math.min(1, share) * 100).toFixed(1) : "0"} height="6" />
  </svg>
);

/** A fraud probability as bar and number. */
export const Score: FC<{ readonly probability: number; readonly tier: RiskTier }> = ({
  probability,
  tier,
}) => (
  <span class="score" data-tier={tier}>
    <Meter share={probability} tier={tier} />
    <span>{formatScore(probability)}</span>
  </span>
);
