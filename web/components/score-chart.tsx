import { raw } from "hono/html";
import type { FC } from "hono/jsx";
import type { Scores } from "../../domain/analytics.ts";
import { CHART_COLOR, type ChartSize, drawChart, type HitArea } from "./chart.ts";
import { formatCount, formatScore, formatShare } from "./format.ts";

const MARGIN = { left: 52, right: 8, top: 10, bottom: 40 };

/** Shares of bins as decades above a floor; null of none, which a logarithm has no place for. */
const decades = (counts: readonly number[], of: number, floor: number): (number | null)[] =>
  counts.map((count) => (count === 0 ? null : Math.log10(count / of) - floor));

/** The decade below the rarest share, so that its bar has a height. */
function floorOf(sides: readonly (readonly [counts: readonly number[], of: number])[]): number {
  const shares = sides.flatMap(([counts, of]) => counts.flatMap((count) => (count > 0 ? [count / of] : [])));
  return shares.length === 0 ? -2 : Math.floor(Math.log10(Math.min(...shares)) - 0.1);
}

/** Scores of a range beside those of the one before, by shares on a log scale. */
export function drawScores(scores: Scores, size: ChartSize, className: string): string {
  const { bins, drawn, drawnBefore } = scores;
  const [counts, countsBefore] = [bins.map((bin) => bin.now), bins.map((bin) => bin.before)];
  const floor = floorOf([
    [counts, drawn],
    [countsBefore, drawnBefore],
  ]);
  const now = decades(counts, drawn, floor);
  const before = decades(countsBefore, drawnBefore, floor);
  const step = (size.width - MARGIN.left - MARGIN.right) / bins.length;
  const edge = (value: number): string => value.toFixed(2);
  const hits: HitArea[] = bins.map((bin, i) => ({
    x: Math.round((MARGIN.left + i * step) * 10) / 10,
    width: Math.round(step * 10) / 10,
    title:
      `Scores from ${edge(bin.low)} to ${edge(bin.high)}: ${formatCount(bin.now)} of ${formatCount(drawn)} payments drawn` +
      `${drawn ? ` (${formatShare(bin.now / drawn)})` : ""}` +
      `${drawnBefore ? `; before ${formatCount(bin.before)} of ${formatCount(drawnBefore)} (${formatShare(bin.before / drawnBefore)})` : ""}`,
  }));
  const every = size.width < 500 ? 4 : 2;
  return drawChart(
    {
      grid: MARGIN,
      xAxis: {
        type: "category",
        data: bins.map((bin) => edge(bin.low)),
        name: "fraud probability, from",
        nameLocation: "middle",
        nameGap: 24,
        nameTextStyle: { color: CHART_COLOR.text, fontSize: 11 },
        axisTick: { show: false },
        axisLine: { lineStyle: { color: CHART_COLOR.line } },
        axisLabel: {
          ...{ color: CHART_COLOR.text, fontSize: 11 },
          interval: (index: number) => index % every === 0,
        },
      },
      yAxis: {
        // Bars of a logarithmic axis of ECharts hang from 1.
        type: "value",
        ...{ min: 0, max: -floor, interval: 1 },
        splitLine: { lineStyle: { color: CHART_COLOR.line } },
        axisLabel: {
          ...{ color: CHART_COLOR.text, fontSize: 11 },
          formatter: (value: number) => `${Number((100 * 10 ** (value + floor)).toPrecision(1))} %`,
        },
      },
      series: [
        {
          ...{ type: "bar", name: "Now", data: now, barGap: "0%", barCategoryGap: "22%" },
          itemStyle: { color: CHART_COLOR.accent },
        },
        ...(drawnBefore > 0
          ? [
              {
                ...{ type: "bar", name: "Before", data: before },
                itemStyle: { color: CHART_COLOR.unknown },
              },
            ]
          : []),
      ],
    },
    size,
    `How scores are spread, share of payments on a log scale. ${scores.words}`,
    className,
    hits,
  );
}

/** Drawn for wide and for narrow screens. */
export const ScoreChart: FC<{ readonly scores: Scores }> = ({ scores }) => (
  <figure class="chart">
    {raw(drawScores(scores, { width: 760, height: 300 }, "wide"))}
    {raw(drawScores(scores, { width: 340, height: 240 }, "narrow"))}
  </figure>
);

export const ScoreLegend: FC<{ readonly scores: Scores }> = ({ scores }) => (
  <ul class="legend">
    <li>
      <i class="key-now"></i>This range
    </li>
    {scores.drawnBefore > 0 && (
      <li>
        <i class="key-before"></i>The range before
      </li>
    )}
  </ul>
);

/** The same figures as a table. */
export const ScoreTable: FC<{ readonly scores: Scores }> = ({ scores: { bins, drawn, drawnBefore } }) => (
  <div class="table-wrap">
    <table>
      <caption class="visually-hidden">Payments drawn by score</caption>
      <thead>
        <tr>
          <th scope="col">Score</th>
          <th scope="col" class="number">
            This range
          </th>
          <th scope="col" class="number">
            Before
          </th>
        </tr>
      </thead>
      <tbody>
        {bins.map(({ low, high, now, before }) => (
          <tr>
            <td class="nowrap">{`${formatScore(low)} to ${formatScore(high)}`}</td>
            <td class="number">
              {formatCount(now)}
              <span class="second">{drawn > 0 ? formatShare(now / drawn) : "–"}</span>
            </td>
            <td class="number">
              {drawnBefore > 0 ? formatCount(before) : "–"}
              {drawnBefore > 0 && <span class="second">{formatShare(before / drawnBefore)}</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);
