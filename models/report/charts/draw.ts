import { type EChartsOption, init } from "echarts";

/** The report's colours: ink on paper, one blue, one red. */
export const colours = {
  ink: "#1b2430",
  muted: "#5f6b7a",
  line: "#e3e7ec",
  legitimate: "#3b6ea5",
  fraud: "#c0392b",
  second: "#8aa4bf",
  third: "#b9a44c",
  good: "#2f7d5b",
} as const;

/** From calm to alarm, by the tier's rank. */
export const tierColours = ["#5b9279", "#d9a92f", "#dd7a33", "#b0322a"] as const;

const font = "Liberation Sans, Helvetica Neue, Arial, sans-serif";

export interface ChartSize {
  readonly width: number;
  readonly height: number;
}

/** Full text width, a half, by what a chart needs. */
export const wide: ChartSize = { width: 720, height: 250 };
export const half: ChartSize = { width: 350, height: 250 };

/**
 * Draws a chart on the server as an SVG string that scales with its box. `title` is read out to those who cannot see it.
 */
export function draw(title: string, option: EChartsOption, size: ChartSize): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, ...size });
  try {
    chart.setOption({
      animation: false,
      textStyle: { fontFamily: font, color: colours.ink, fontSize: 11 },
      grid: { left: 8, right: 14, top: 28, bottom: 8, containLabel: true },
      ...option,
    });
    // Without what only matters to a script or a mouse: a third of the size.
    const svg = chart
      .renderToSVGString()
      .replaceAll(/ (ecmeta_\w+|class)="[^"]*"/g, "")
      .replaceAll(/<style.*?<\/style>/gs, "");
    const { width, height } = size;
    return svg.replace(
      /^<svg [^>]*>/,
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeAttribute(title)}">`,
    );
  } finally {
    chart.dispose();
  }
}

/** A numeric or category axis in the report's style. */
export function axis(name: string, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    type: "value",
    name,
    nameLocation: "middle",
    nameGap: 26,
    nameTextStyle: { color: colours.muted, fontSize: 10 },
    axisLine: { show: true, lineStyle: { color: "#aab3bf" } },
    axisTick: { show: false },
    axisLabel: { color: colours.muted, fontSize: 10 },
    splitLine: { lineStyle: { color: colours.line } },
    ...more,
  };
}

const ITEM = 14;
const LETTER = 6;
const GAP = 15;
const LINE = 18;

/**
 * A legend above the plot, and how far down the plot begins so that no line of it lies over a curve: long names need more
 * than one.
 *
 * @param names in the order of the series
 * @param width of the chart
 */
export function legendAbove(names: readonly string[], width: number) {
  let [lines, used] = [1, 0];
  for (const name of names) {
    const needed = ITEM + GAP + LETTER * name.length;
    if (used > 0 && used + needed > width) [lines, used] = [lines + 1, 0];
    used += needed;
  }
  return {
    top: 10 + LINE * lines,
    legend: {
      top: 0,
      left: 0,
      itemWidth: ITEM,
      itemHeight: 8,
      data: [...names],
      textStyle: { color: colours.ink, fontSize: 10 },
    },
  };
}

function escapeAttribute(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
