import { BarChart, LineChart } from "echarts/charts";
import { GridComponent } from "echarts/components";
import { type EChartsCoreOption, init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

use([BarChart, LineChart, GridComponent, SVGRenderer]);

/**
 * Colours that stand for a CSS variable while ECharts draws (it wants to calculate with them) and become it afterwards,
 * so that one drawing fits the light and the dark theme.
 */
const STANDS_FOR: Readonly<Record<string, string>> = {
  "#010101": "var(--chart-caught)",
  "#010102": "var(--chart-missed)",
  "#010103": "var(--chart-false)",
  "#010104": "var(--chart-unknown)",
  "#010105": "var(--line)",
  "#010106": "var(--ink-faint)",
  "#010107": "var(--accent)",
};

export const CHART_COLOR = {
  caught: "#010101",
  missed: "#010102",
  falseAlarm: "#010103",
  unknown: "#010104",
  line: "#010105",
  text: "#010106",
  accent: "#010107",
} as const;

/** A place on the chart that tells its figures when pointed at. */
export interface HitArea {
  readonly x: number;
  readonly width: number;
  readonly title: string;
}

export interface ChartSize {
  readonly width: number;
  readonly height: number;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

/**
 * ECharts' server rendering as an SVG that a strict CSP takes: no style element, no style attributes, colours by CSS
 * variables, our own tooltips.
 *
 * @param label what the chart says, for those who do not see it
 * @returns SVG markup; every text in it is escaped
 */
export function drawChart(
  option: EChartsCoreOption,
  size: ChartSize,
  label: string,
  className: string,
  hits: readonly HitArea[] = [],
): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, ...size });
  let svg: string;
  try {
    chart.setOption({ animation: false, ...option });
    svg = chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
  return cleanSvg(svg, size, label, className, hits);
}

/** What {@link drawChart} does to ECharts' markup. */
export function cleanSvg(
  svg: string,
  { width, height }: ChartSize,
  label: string,
  className: string,
  hits: readonly HitArea[],
): string {
  const areas = hits
    .map(
      (hit) =>
        `<rect class="hit" x="${hit.x}" y="0" width="${hit.width}" height="${height}"><title>${escapeXml(hit.title)}</title></rect>`,
    )
    .join("");
  return (
    svg
      .replace(/<style\b[\s\S]*?<\/style>/g, "")
      .replace(/ (?:style|class|ecmeta_\w+|pointer-events)="[^"]*"/g, "")
      .replace(
        /<svg [^>]*>/,
        `<svg class="${className}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeXml(label)}">`,
      )
      // Two drawings on a page must not share the ids of their clip paths.
      .replace(/\bzr\d+-c/g, `${className}-c`)
      .replace(/#01010[1-7]\b/g, (color) => STANDS_FOR[color] ?? color)
      .replace(/\n/g, "")
      .replace(/<\/svg>$/, `${areas}</svg>`)
  );
}
