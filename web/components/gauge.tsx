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

/** Where a probability lies between 0 and 1, and in which tier; drawn for wide and for narrow screens. */
export const Gauge: FC<GaugeProps> = ({ probability, edges = DEFAULT_EDGES }) => (
  <div class="gauge">
    <Scale probability={probability} edges={edges} width={960} className="wide" />
    <Scale probability={probability} edges={edges} width={340} className="narrow" />
  </div>
);

const Scale: FC<Required<GaugeProps> & { readonly width: number; readonly className: string }> = ({
  probability,
  edges,
  width,
  className,
}) => {
  const bands: readonly (readonly [RiskTier, number, number])[] = [
    ["low", 0, edges.medium],
    ["medium", edges.medium, edges.high],
    ["high", edges.high, edges.critical],
    ["critical", edges.critical, 1],
  ];
  const x = (share: number): number => 7 + share * (width - 14);
  const at = x(probability);
  return (
    <svg
      class={className}
      viewBox={`0 0 ${width} 44`}
      role="img"
      aria-label={`Fraud probability ${formatScore(probability)}`}
    >
      {bands.map(([tier, from, to]) => (
        <rect
          class={`band-${tier}`}
          x={(x(from) + 1).toFixed(1)}
          y="15"
          width={(x(to) - x(from) - 2).toFixed(1)}
          height="9"
          rx="2"
          opacity={probability >= from && (probability < to || to === 1) ? "1" : "0.28"}
        />
      ))}
      <path d={`M${(at - 6).toFixed(1)} 2h12l-6 9z`} fill="currentColor" />
      {[0, edges.medium, edges.high, edges.critical, 1].map((edge) => (
        <text
          x={x(edge).toFixed(1)}
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
