import type { FC } from "hono/jsx";
import type { TornadoBar } from "../../models/impact/sensitivity.ts";

const WIDTH = 200;
const HEIGHT = 14;

/** Where a net benefit lies on the bars, which all share one scale. */
export interface TornadoScale {
  readonly base: number;
  at(net: number): number;
}

/** @param base the net benefit as assumed */
export function tornadoScale(bars: readonly TornadoBar[], base: number): TornadoScale {
  const ends = [base, ...bars.flatMap((bar) => [bar.netAtLow, bar.netAtHigh])];
  const least = Math.min(...ends);
  const span = Math.max(...ends) - least || 1;
  return { base, at: (net) => ((net - least) / span) * WIDTH };
}

/** One assumption's swing: pale towards its low end, dark towards its high end. The figures stand beside it. */
export const TornadoBarSvg: FC<{ bar: TornadoBar; scale: TornadoScale }> = ({ bar, scale }) => {
  const middle = scale.at(scale.base);
  const part = (net: number, name: string) => {
    const end = scale.at(net);
    return (
      <rect class={name} x={Math.min(middle, end)} y="2" width={Math.abs(end - middle)} height={HEIGHT - 4} />
    );
  };
  return (
    <svg class="tornado" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true" preserveAspectRatio="none">
      {part(bar.netAtLow, "low")}
      {part(bar.netAtHigh, "high")}
      <line class="base" x1={middle} x2={middle} y1="0" y2={HEIGHT} />
    </svg>
  );
};
