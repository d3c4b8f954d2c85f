import type { FC } from "hono/jsx";
import type { RiskTier } from "../../pipeline/store/schema.ts";
import { formatScore } from "./format.ts";

/** The lower edges of the tiers above Low. */
export interface TierEdges {
  readonly medium: number;
  readonly high: number;
  readonly critical: number;
}

/** The contract's edges; a model's card may set others. */
export const DEFAULT_EDGES: TierEdges = { medium: 0.1, high: 0.3, critical: 0.7 };

interface GaugeProps {
  readonly probability: number;
  readonly edges?: TierEdges;
}

/** Where a probability lies between 0 and 1, and in which tier. Drawn in shares of its width, so that text keeps its size. */
export const Gauge: FC<GaugeProps> = ({ probability, edges = DEFAULT_EDGES }) => {
  const bands: readonly (readonly [RiskTier, number, number])[] = [
    ["low", 0, edges.medium],
    ["medium", edges.medium, edges.high],
    ["high", edges.high, edges.critical],
    ["critical", edges.critical, 1],
  ];
  return (
    <svg class="gauge" role="img" aria-label={`Fraud probability ${formatScore(probability)}`}>
      {bands.map(([tier, from, to]) => (
        <rect
          class={`band-${tier}`}
          x={percent(from)}
          y="15"
          width={percent(to - from)}
          height="9"
          opacity={probability >= from && (probability < to || to === 1) ? "1" : "0.28"}
        />
      ))}
      {[edges.medium, edges.high, edges.critical].map((edge) => (
        <line x1={percent(edge)} x2={percent(edge)} y1="15" y2="24" />
      ))}
      {/* A drawing within the drawing: its corner is a share of the width, its path is in pixels. */}
      <svg class="pointer" x={percent(probability)} y="0" width="1" height="12" aria-hidden="true">
        <path d="M-6 2h12l-6 9z" fill="currentColor" />
      </svg>
      {[0, edges.medium, edges.high, edges.critical, 1].map((edge) => (
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
