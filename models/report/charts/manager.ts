import type { Interval } from "../../evaluate/bootstrap.ts";
import { money } from "../../impact/money.ts";
import { count } from "../format.ts";
import type { AlertGroup, FoundPoint } from "../manager/figures.ts";
import { axis, type ChartSize, colours, draw, half } from "./draw.ts";

interface ChartApi {
  coord(point: number[]): number[];
}

const BAND = "#dbe5ef";
const size: ChartSize = { ...half, height: 170 };

/** Where the model works today, and how many payments a day the analysts who are assumed can look at. */
export interface WorkingPoint {
  readonly perDay: number;
  readonly found: Interval;
  readonly analysts: number;
  readonly capacity: number;
}

/** Frauds found of 100 against payments looked at a day: the curve in its interval, today's point on it. */
export function foundChart(title: string, curve: readonly FoundPoint[], today: WorkingPoint): string {
  const most = Math.max(...curve.map((point) => point.perDay), today.perDay, today.capacity);
  const ends = (end: keyof Interval): number[][] =>
    curve.map((point) => [point.perDay, 100 * point.found[end]]);
  const outline = [...ends("low"), ...ends("high").reverse()];
  const point = [today.perDay, 100 * today.found.value];
  return draw(
    title,
    {
      grid: { left: 22, right: 14, top: 20, bottom: 24, containLabel: true },
      xAxis: axis("payments looked at a day", { min: 0, max: most, axisLabel: endless }),
      yAxis: axis("of 100 frauds, found", { min: 0, max: 100, interval: 25, nameGap: 30 }),
      series: [
        {
          type: "custom",
          data: [point],
          renderItem: (_: unknown, api: unknown) => ({
            type: "polygon" as const,
            shape: { points: outline.map((corner) => (api as ChartApi).coord(corner)) },
            style: { fill: BAND },
          }),
        },
        {
          type: "line",
          showSymbol: false,
          data: curve.map(({ perDay, found }) => [perDay, 100 * found.value]),
          lineStyle: { color: colours.legitimate, width: 2 },
          markLine: {
            symbol: "none",
            silent: true,
            lineStyle: { color: colours.muted, type: "dashed", width: 1 },
            label: {
              formatter: `${today.analysts} analysts: ${count(today.capacity)} a day`,
              fontSize: 10,
              color: colours.muted,
              position: "end",
              // Never out of the plot at either side.
              align: today.capacity < most / 2 ? "left" : "right",
              distance: 4,
            },
            data: [{ xAxis: today.capacity }],
          },
        },
        {
          type: "custom",
          data: [point],
          renderItem: upright(100 * today.found.low, 100 * today.found.high),
        },
        {
          type: "scatter",
          data: [point],
          symbolSize: 10,
          itemStyle: { color: colours.fraud, opacity: 1 },
          label: {
            show: true,
            position: today.found.value > 0.45 ? "bottom" : "top",
            distance: 30,
            fontSize: 11,
            fontWeight: "bold",
            color: colours.ink,
            formatter: `today: ${count(today.perDay)} a day,\n${count(100 * today.found.value)} of 100`,
          },
        },
      ],
    },
    size,
  );
}

const endless = { color: colours.muted, fontSize: 10, showMaxLabel: false };

function upright(low: number, high: number) {
  return (_: unknown, api: unknown) => {
    const { coord, value } = api as ChartApi & { value(dimension: number): number };
    const [x1 = 0, y1 = 0] = coord([value(0), low]);
    const [, y2 = 0] = coord([value(0), high]);
    return whisker({ x1, y1, x2: x1, y2 });
  };
}

/** A line with a cap at both ends. */
function whisker({ x1, y1, x2, y2 }: { x1: number; y1: number; x2: number; y2: number }) {
  const style = { stroke: colours.ink, lineWidth: 1.3 };
  const [across, along] = x1 === x2 ? [3, 0] : [0, 3];
  const line = (shape: typeof ends) => ({ type: "line" as const, shape, style });
  const ends = { x1, y1, x2, y2 };
  const cap = (x: number, y: number) =>
    line({ x1: x - across, y1: y - along, x2: x + across, y2: y + along });
  return { type: "group" as const, children: [line(ends), cap(x1, y1), cap(x2, y2)] };
}

/** Of 100 alerts of each kind, how many are fraud and how many honest; below each bar how far the two may shift. */
export function alertsChart(title: string, groups: readonly AlertGroup[]): string {
  const shown = [...groups].reverse();
  const parts = [
    { name: "fraud", colour: colours.fraud, ink: "#fff", of: (share: number) => 100 * share },
    { name: "honest", colour: "#c3d0de", ink: colours.ink, of: (share: number) => 100 * (1 - share) },
  ];
  return draw(
    title,
    {
      legend: {
        top: 0,
        left: 0,
        itemWidth: 14,
        itemHeight: 8,
        data: parts.map((part) => part.name),
        textStyle: { color: colours.ink, fontSize: 10 },
      },
      grid: { left: 8, right: 14, top: 22, bottom: 24, containLabel: true },
      xAxis: axis("of 100 alerts", { min: 0, max: 100, interval: 25 }),
      yAxis: axis("", {
        type: "category",
        splitLine: { show: false },
        data: shown.map((group) => `${group.name}\n${count(group.perDay)} a day`),
        axisLabel: { fontSize: 9.5, lineHeight: 11, color: colours.ink },
      }),
      series: [
        ...parts.map(({ name, colour, ink, of }) => ({
          name,
          type: "bar" as const,
          stack: "all",
          barWidth: 14,
          data: shown.map((group) => of(group.fraud.value)),
          itemStyle: { color: colour },
          label: {
            show: true,
            fontSize: 11,
            fontWeight: "bold" as const,
            color: ink,
            position: name === "fraud" ? ("insideLeft" as const) : ("insideRight" as const),
            formatter: ({ value }: { value?: unknown }) => (Number(value) >= 8 ? count(Number(value)) : ""),
          },
        })),
        whiskers(
          shown.map((group) => [100 * group.fraud.low, 100 * group.fraud.high]),
          11,
        ),
      ],
    },
    size,
  );
}

/** A sum of money a year; with ends where the test leaves them open. */
export interface MoneyBar {
  readonly name: string;
  readonly colour: string;
  readonly amount: { readonly value: number; readonly low?: number; readonly high?: number };
}

/** Money a year, bars lying down, the first on top, each with its sum behind it. */
export function moneyChart(title: string, bars: readonly MoneyBar[]): string {
  const shown = [...bars].reverse();
  const ends = ({ amount: { value, low = value, high = value } }: MoneyBar): [number, number] => [low, high];
  const tips = shown.map((bar) => Math.max(0, bar.amount.value, ends(bar)[1]));
  return draw(
    title,
    {
      grid: { left: 8, right: 70, top: 6, bottom: 24, containLabel: true },
      xAxis: axis("euros a year", {
        axisLabel: { formatter: (value: number) => money(value), fontSize: 10, color: colours.muted },
      }),
      yAxis: axis("", {
        type: "category",
        splitLine: { show: false },
        data: shown.map((bar) => bar.name),
        axisLabel: { fontSize: 11, color: colours.ink },
      }),
      series: [
        {
          type: "bar",
          barWidth: "60%",
          data: shown.map(({ amount, colour }) => ({ value: amount.value, itemStyle: { color: colour } })),
        },
        whiskers(shown.map(ends)),
        {
          // The sums stand behind bar and whisker.
          type: "scatter",
          symbolSize: 0.01,
          data: tips.map((tip, row) => [tip, row]),
          label: {
            show: true,
            position: "right",
            distance: 6,
            fontSize: 11,
            fontWeight: "bold",
            color: colours.ink,
            formatter: ({ dataIndex }: { dataIndex: number }) => money(shown[dataIndex]!.amount.value),
          },
        },
      ],
    },
    { width: 720, height: 44 + 22 * bars.length },
  );
}

/** Lines over bars that lie down, or so far below their middles, from an end to the other; none where the two are one. */
function whiskers(ends: readonly (readonly [number, number])[], below = 0) {
  return {
    type: "custom" as const,
    z: 5,
    data: ends.flatMap(([low, high], row) => (high > low ? [[low, row, high]] : [])),
    renderItem: (_: unknown, api: unknown) => {
      const { coord, value } = api as ChartApi & { value(dimension: number): number };
      const [x1 = 0, y = 0] = coord([value(0), value(1)]);
      const [x2 = 0] = coord([value(2), value(1)]);
      return whisker({ x1, y1: y + below, x2, y2: y + below });
    },
  };
}
