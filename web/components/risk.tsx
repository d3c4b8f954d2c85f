import type { FC } from "hono/jsx";
import { RISK_TIERS, type RiskTier, rankOf } from "../../domain/tiers.ts";
import { formatScore, TIER_NAME } from "./format.ts";

/** The tier as a word and a meter of a step for each: readable without colour. */
export const Tier: FC<{ readonly tier: RiskTier }> = ({ tier }) => {
  const steps = rankOf(tier) + 1;
  return (
    <span class="tier" data-tier={tier}>
      <svg viewBox="0 0 14 11" fill="currentColor" aria-hidden="true">
        {RISK_TIERS.map((_, step) => (
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

/**
 * A count as a bar on a logarithmic scale, a line at each power of ten: four tiers whose counts are thousands apart can
 * be read side by side. One is the first line, so that a single payment is already seen.
 *
 * @param most the largest count there can be; the scale ends at the power of ten that holds it
 */
export const CountBar: FC<{ readonly count: number; readonly most: number; readonly tier: RiskTier }> = ({
  count,
  most,
  tier,
}) => {
  const powers = Math.max(1, Math.ceil(Math.log10(Math.max(1, most))));
  const at = (value: number): string => ((100 * (1 + Math.log10(value))) / (1 + powers)).toFixed(1);
  return (
    <svg
      class="meter count-bar"
      viewBox="0 0 100 8"
      preserveAspectRatio="none"
      data-tier={tier}
      aria-hidden="true"
    >
      <rect width={count > 0 ? at(count) : "0"} height="8" />
      {Array.from({ length: powers }, (_, power) => (
        <line x1={at(10 ** power)} x2={at(10 ** power)} y1="0" y2="8" />
      ))}
    </svg>
  );
};

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
