import { money } from "../../impact/money.ts";
import type { TornadoBar } from "../../impact/sensitivity.ts";
import { axis, type ChartSize, colours, draw, half } from "./draw.ts";

/** A bar with its name; `spread` draws a whisker of that length to both sides. */
export interface NamedBar {
  readonly name: string;
  readonly value: number;
  readonly spread?: number;
}

/** Bars lying down, the first on top. */
export function rankedBars(
  title: string,
  bars: readonly NamedBar[],
  unit: string,
  colour: string = colours.legitimate,
  size: ChartSize = half,
): string {
  const names = bars.map((bar) => bar.name).reverse();
  const values = bars.map((bar) => bar.value).reverse();
  const whiskers = bars.map((bar) => bar.spread ?? 0).reverse();
  const most = Math.max(...values.map((value, i) => value + whiskers[i]!));
  return draw(
    title,
    {
      grid: { left: 8, right: 18, top: 6, bottom: 22, containLabel: true },
      xAxis: axis(unit, {
        ...(most > 0 && { max: niceCeiling(most) }),
        axisLabel: { fontSize: 10, color: colours.muted, hideOverlap: true },
      }),
      yAxis: axis("", { type: "category", data: names, splitLine: { show: false } }),
      series: [
        { type: "bar", data: values, itemStyle: { color: colour }, barWidth: "62%" },
        ...(whiskers.some((spread) => spread > 0)
          ? [
              {
                type: "custom" as const,
                data: values.map((value, i) => [value - whiskers[i]!, i, value + whiskers[i]!]),
                renderItem: whisker,
              },
            ]
          : []),
      ],
    },
    { ...size, height: Math.max(110, 36 + 20 * bars.length) },
  );
}

/** The next of 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((s) => s * power >= value * (1 - 1e-9)) ?? 10;
  return Number((step * power).toPrecision(3));
}

interface ChartApi {
  value(dimension: number): number | string;
  coord(point: (number | string)[]): number[];
}

function whisker(_: unknown, api: unknown) {
  const { value, coord } = api as ChartApi;
  const [x1 = 0, y = 0] = coord([value(0), value(1)]);
  const [x2 = 0] = coord([value(2), value(1)]);
  return {
    type: "line" as const,
    shape: { x1, y1: y, x2, y2: y },
    style: { stroke: colours.ink, lineWidth: 1 },
  };
}

/** Net benefit when one assumption moves: one bar from its low to its high end, around the base case. */
export function tornadoChart(bars: readonly TornadoBar[], base: number): string {
  const shown = [...bars].slice(0, 10).reverse();
  const ends = shown.flatMap((bar) => [bar.netAtLow, bar.netAtHigh]);
  const [least, most] = [Math.min(base, ...ends), Math.max(base, ...ends)];
  const room = 0.04 * (most - least);
  return draw(
    "Sensitivity of the net benefit",
    {
      grid: { left: 8, right: 30, top: 22, bottom: 22, containLabel: true },
      xAxis: axis("net benefit a year", {
        axisLabel: {
          formatter: (value: number) => money(value),
          fontSize: 10,
          hideOverlap: true,
          showMinLabel: false,
          showMaxLabel: false,
        },
        min: least - room,
        max: most + room,
      }),
      yAxis: axis("", {
        type: "category",
        splitLine: { show: false },
        data: shown.map((bar) => `${bar.assumption}\n${bar.lowText} … ${bar.highText}`),
        axisLabel: { fontSize: 9.5, lineHeight: 12, color: colours.ink },
      }),
      series: [
        {
          type: "custom",
          data: shown.map((bar, i) => [bar.netAtLow, i, bar.netAtHigh, base]),
          renderItem: swing,
          markLine: {
            symbol: "none",
            silent: true,
            lineStyle: { color: colours.ink, type: "solid", width: 1 },
            label: { formatter: `as assumed: ${money(base)}`, fontSize: 10, position: "end" },
            data: [{ xAxis: base }],
          },
        },
      ],
    },
    { width: 720, height: 70 + 36 * shown.length },
  );
}

function swing(_: unknown, api: unknown) {
  const { value, coord } = api as ChartApi;
  const row = value(1);
  const [low = 0, y = 0] = coord([value(0), row]);
  const [high = 0] = coord([value(2), row]);
  const [middle = 0] = coord([value(3), row]);
  const bar = (from: number, to: number, fill: string) => ({
    type: "rect" as const,
    shape: { x: Math.min(from, to), y: y - 8, width: Math.abs(to - from), height: 16 },
    style: { fill },
  });
  return {
    type: "group" as const,
    children: [bar(middle, low, colours.second), bar(middle, high, colours.legitimate)],
  };
}
