import { raw } from "hono/html";
import type { FC } from "hono/jsx";
import type { MinutePoint } from "../../pipeline/store/stats.ts";
import { CHART_COLOR, type ChartSize, drawChart, type HitArea } from "./chart.ts";
import { formatCount, formatMinute } from "./format.ts";

interface Parts {
  readonly confirmed: number;
  readonly falseAlarms: number;
  /** Flagged and not judged yet. */
  readonly waiting: number;
  readonly missed: number;
}

/** A minute's flags (High, Critical), told apart by what people made of them, and the frauds that got no flag. */
export function partsOf({ flagged, confirmed, falseAlarms, missed }: MinutePoint): Parts {
  return { confirmed, falseAlarms, waiting: flagged - confirmed - falseAlarms, missed };
}

/** The fewest minutes that are drawn. */
const FEWEST = 10;

/** The minutes from the first in which anything was scored: before it there is nothing to see. */
export function fromTheFirst(points: readonly MinutePoint[]): readonly MinutePoint[] {
  const first = points.findIndex((point) => point.transactions > 0);
  return points.slice(Math.max(0, Math.min(first, points.length - FEWEST)));
}

const MARGIN = { left: 34, right: 6, top: 10, bottom: 24 };

interface Drawn {
  readonly timeZone: string;
  /** Also what was missed, which only a simulation knows. */
  readonly truth: boolean;
}

function draw(
  points: readonly MinutePoint[],
  { timeZone, truth }: Drawn,
  size: ChartSize,
  className: string,
): string {
  const parts = points.map((point) => ({ ...partsOf(point), ...(!truth && { missed: 0 }) }));
  const series = [
    { name: "Fraud", color: CHART_COLOR.caught, data: parts.map((p) => p.confirmed) },
    { name: "False alarm", color: CHART_COLOR.falseAlarm, data: parts.map((p) => p.falseAlarms) },
    { name: "Waiting", color: CHART_COLOR.unknown, data: parts.map((p) => p.waiting) },
    ...(truth ? [{ name: "Missed", color: CHART_COLOR.missed, data: parts.map((p) => p.missed) }] : []),
  ];
  const sum = (part: keyof Parts): string => formatCount(parts.reduce((total, p) => total + p[part], 0));
  const most = Math.max(...parts.map((p) => p.confirmed + p.falseAlarms + p.waiting + p.missed));
  const step = (size.width - MARGIN.left - MARGIN.right) / Math.max(1, points.length);
  const hits: HitArea[] = points.map((point, index) => {
    const p = parts[index] as Parts;
    return {
      x: Math.round((MARGIN.left + index * step) * 10) / 10,
      width: Math.round(step * 10) / 10,
      title: `${formatMinute(point.minute, timeZone)}: ${formatCount(point.transactions)} transactions, ${point.flagged} flagged: ${p.confirmed} called fraud, ${p.falseAlarms} false alarms, ${p.waiting} waiting for a verdict${truth ? `; ${p.missed} missed` : ""}`,
    };
  });
  const every = Math.ceil(points.length / (size.width < 500 ? 5 : 10));
  return drawChart(
    {
      grid: MARGIN,
      xAxis: {
        type: "category",
        data: points.map((point) => formatMinute(point.minute, timeZone)),
        axisTick: { show: false },
        axisLine: { lineStyle: { color: CHART_COLOR.line } },
        // Counted from the right, so that the running minute always has its label's place.
        axisLabel: {
          color: CHART_COLOR.text,
          fontSize: 11,
          interval: (index: number) => (points.length - 1 - index) % every === Math.floor(every / 2),
        },
      },
      yAxis: {
        type: "value",
        // An axis of an empty chart still needs a top.
        ...(most < 4 ? { max: 4 } : {}),
        minInterval: 1,
        splitNumber: 4,
        splitLine: { lineStyle: { color: CHART_COLOR.line } },
        axisLabel: { color: CHART_COLOR.text, fontSize: 11 },
      },
      series: series.map(({ name, color, data }) => ({
        type: "bar",
        name,
        stack: "minute",
        data,
        barCategoryGap: "28%",
        itemStyle: { color },
      })),
    },
    size,
    `Payments flagged in each of the last ${points.length} minutes. Together: ${sum("confirmed")} called fraud, ${sum("falseAlarms")} false alarms, ${sum("waiting")} waiting for a verdict${truth ? `, ${sum("missed")} missed` : ""}.`,
    className,
    hits,
  );
}

/** Flags minute by minute, drawn for wide and for narrow screens. */
export const FraudChart: FC<Drawn & { readonly points: readonly MinutePoint[] }> = ({ points, ...drawn }) => {
  const shown = fromTheFirst(points);
  return (
    <figure class="chart">
      {raw(draw(shown, drawn, { width: 760, height: 320 }, "wide"))}
      {raw(draw(shown, drawn, { width: 340, height: 210 }, "narrow"))}
    </figure>
  );
};

export const FraudLegend: FC<Pick<Drawn, "truth">> = ({ truth }) => (
  <ul class="legend">
    <li>
      <i class="key-caught"></i>Called fraud
    </li>
    <li>
      <i class="key-false"></i>False alarm
    </li>
    <li>
      <i class="key-unknown"></i>Waiting for a verdict
    </li>
    {truth && (
      <li>
        <i class="key-missed"></i>Missed (simulation's truth)
      </li>
    )}
  </ul>
);
