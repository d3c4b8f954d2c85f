import type { FC } from "hono/jsx";
import type { TierEdges } from "../../domain/policy/decision-policy.ts";
import { EDGED_TIERS, RISK_TIERS, type RiskTier } from "../../domain/tiers.ts";
import { formatScore, TIER_NAME } from "./format.ts";

export interface GaugeProps {
  readonly probability: number;
  /** The tier it was put in. */
  readonly tier: RiskTier;
  /** Those of the model that said so; null when nobody can tell them. */
  readonly edges: TierEdges | null;
}

/**
 * Where a probability lies between 0 and 1, and among the tiers of its model. Without their edges the bar only reaches as
 * far as the probability, in its tier's colour. Drawn in shares of its width, so that text keeps its size.
 */
export const Gauge: FC<GaugeProps> = ({ probability, tier: mine, edges }) => {
  const inner = edges ? EDGED_TIERS.map((tier) => edges[tier]) : [];
  const bands: readonly (readonly [RiskTier, number, number])[] = edges
    ? RISK_TIERS.map((tier, rank) => [tier, inner[rank - 1] ?? 0, inner[rank] ?? 1] as const)
    : [[mine, 0, probability]];
  return (
    <svg
      class="gauge"
      role="img"
      aria-label={`Fraud probability ${formatScore(probability)}, ${TIER_NAME[mine]}`}
    >
      {edges === null && <rect class="track" x="0" y="15" width="100%" height="9" />}
      {bands.map(([tier, from, to]) => (
        <rect
          data-tier={tier}
          x={percent(from)}
          y="15"
          width={percent(to - from)}
          height="9"
          opacity={tier === mine ? "1" : "0.28"}
        />
      ))}
      {inner.map((edge) => (
        <line x1={percent(edge)} x2={percent(edge)} y1="15" y2="24" />
      ))}
      {/* A drawing within the drawing: its corner is a share of the width, its path is in pixels. */}
      <svg class="pointer" x={percent(probability)} y="0" width="1" height="12" aria-hidden="true">
        <path d="M-6 2h12l-6 9z" fill="currentColor" />
      </svg>
      {[0, ...inner, 1].map((edge) => (
        <text
          x={percent(edge)}
          y="40"
          font-size="12"
          fill="currentColor"
          opacity="0.65"
          text-anchor={edge === 0 ? "start" : edge === 1 ? "end" : "middle"}
        >
          {edge}
        </text>
      ))}
    </svg>
  );
};

const percent = (share: number): string => `${(share * 100).toFixed(2)}%`;
