import type { CalibrationBin } from "../../evaluate/calibration-quality.ts";
import type { CostPoint, OperatingPoint } from "../../evaluate/curves.ts";
import type { TierRow } from "../../evaluate/tiers.ts";
import { money } from "../../impact/money.ts";
import { axis, type ChartSize, colours, draw, half, legendAbove, tierColours, wide } from "./draw.ts";

/** A named curve and its colour. */
export interface NamedCurve {
  readonly name: string;
  readonly points: readonly OperatingPoint[];
  readonly colour: string;
}

const asPercent = (value: number): string => `${Number((100 * value).toPrecision(3))} %`;
const square: ChartSize = { ...half, height: 240 };

/** True-positive against false-positive rate. */
export function rocCurves(title: string, curves: readonly NamedCurve[]): string {
  const { legend, top } = legendAbove([...curves.map((curve) => curve.name), "chance"], square.width);
  return draw(
    title,
    {
      legend,
      grid: { left: 24, right: 14, top, bottom: 22, containLabel: true },
      xAxis: axis("legitimate transactions alerted", {
        min: 0,
        max: 1,
        axisLabel: { formatter: asPercent, fontSize: 10 },
      }),
      yAxis: axis("frauds caught (recall)", {
        min: 0,
        max: 1,
        nameGap: 40,
        axisLabel: { formatter: asPercent, fontSize: 10 },
      }),
      series: [
        ...curves.map((curve) =>
          line(
            curve.name,
            curve.colour,
            curve.points.map((p) => [p.falsePositiveRate, p.recall]),
          ),
        ),
        {
          ...line("chance", "#b4bcc6", [
            [0, 0],
            [1, 1],
          ]),
          lineStyle: { type: "dashed" as const, width: 1, color: "#b4bcc6" },
        },
      ],
    },
    square,
  );
}

/** Precision against recall, steps as average precision counts them. */
export function precisionRecallCurves(title: string, curves: readonly NamedCurve[]): string {
  const { legend, top } = legendAbove(
    curves.map((curve) => curve.name),
    square.width,
  );
  return draw(
    title,
    {
      legend,
      grid: { left: 24, right: 14, top, bottom: 22, containLabel: true },
      xAxis: axis("frauds caught (recall)", {
        min: 0,
        max: 1,
        axisLabel: { formatter: asPercent, fontSize: 10 },
      }),
      yAxis: axis("alerts that are fraud (precision)", {
        min: 0,
        max: 1,
        nameGap: 40,
        axisLabel: { formatter: asPercent, fontSize: 10 },
      }),
      series: curves.map((curve) => ({
        ...line(
          curve.name,
          curve.colour,
          curve.points.map((p) => [p.recall, p.precision]),
        ),
        step: "start" as const,
      })),
    },
    square,
  );
}

/**
 * What the model said against what happened, both logarithmic; on the diagonal it means what it says. The plot goes on a
 * little beyond its last labels, so that dots at the ends stand whole inside it.
 */
export function calibrationChart(bins: readonly CalibrationBin[]): string {
  const least = 1e-5;
  const points = bins.map((bin) => ({
    value: [Math.max(bin.meanScore, least), Math.max(bin.fraudRate, least)],
    symbolSize: Math.min(12, 5 + 2 * Math.sqrt(bin.frauds)),
  }));
  const beyond = 2;
  const logarithmic = {
    type: "log",
    min: least / beyond,
    max: beyond,
    axisLabel: { formatter: asPercent, fontSize: 10, showMinLabel: false, showMaxLabel: false },
  };
  return draw(
    "Calibration: fraud rate against score",
    {
      grid: { left: 26, right: 14, top: 12, bottom: 22, containLabel: true },
      xAxis: axis("mean score of the group", logarithmic),
      yAxis: axis("fraud rate that was observed", { ...logarithmic, nameGap: 52 }),
      series: [
        {
          ...line("as it should be", "#b4bcc6", [
            [least, least],
            [1, 1],
          ]),
          lineStyle: { type: "dashed", color: "#b4bcc6", width: 1 },
        },
        {
          type: "scatter",
          data: points,
          itemStyle: { color: colours.legitimate, opacity: 0.7 },
        },
      ],
    },
    square,
  );
}

/** The cheapest threshold: cost of a thousand transactions against the share that raises an alert. */
export function costChart(points: readonly CostPoint[]): string {
  const shown = points.filter((p) => p.alertRate > 0 && p.alertRate < 0.02);
  const best = shown.reduce((low, p) => (p.cost < low.cost ? p : low), shown[0]!);
  const kept = shown.filter((p, i) => i % Math.ceil(shown.length / 600) === 0 || p === best);
  return draw(
    "Expected cost against the share of transactions alerted",
    {
      grid: { left: 22, right: 22, top: 22, bottom: 22, containLabel: true },
      xAxis: axis("share of transactions alerted", {
        type: "log",
        axisLabel: { formatter: asPercent, fontSize: 10 },
      }),
      yAxis: axis("cost of 1,000 transactions", {
        nameGap: 40,
        min: 0,
        axisLabel: { formatter: money, fontSize: 10, color: colours.muted },
      }),
      series: [
        {
          ...line(
            "cost",
            colours.legitimate,
            kept.map((p) => [p.alertRate, 1_000 * p.cost]),
          ),
          markPoint: {
            symbol: "circle",
            symbolSize: 9,
            itemStyle: { color: colours.good },
            label: {
              position: "bottom" as const,
              formatter: `cheapest: alert from ${best.threshold.toPrecision(2)}`,
              fontSize: 10,
              color: colours.ink,
            },
            data: [{ name: "cheapest", xAxis: best.alertRate, yAxis: 1_000 * best.cost }],
          },
        },
      ],
    },
    square,
  );
}

/** How the frauds and the transactions share themselves out over the tiers. */
export function tierChart(
  tiers: readonly TierRow[],
  title: string,
  size: ChartSize = { ...wide, height: 150 },
): string {
  const rows: readonly [string, (tier: TierRow) => number][] = [
    ["money lost to fraud", (tier) => tier.fraudMoneyShare],
    ["frauds", (tier) => tier.fraudShare],
    ["transactions", (tier) => tier.share],
  ];
  const { legend, top } = legendAbove(
    tiers.map((tier) => tier.tier),
    size.width,
  );
  return draw(
    title,
    {
      legend,
      grid: { left: 8, right: 22, top, bottom: 8, containLabel: true },
      xAxis: axis("", { min: 0, max: 1, axisLabel: { formatter: asPercent, fontSize: 10 } }),
      yAxis: axis("", { type: "category", data: rows.map(([name]) => name), splitLine: { show: false } }),
      series: tiers.map((tier, rank) => ({
        name: tier.tier,
        type: "bar" as const,
        stack: "all",
        barWidth: "72%",
        data: rows.map(([, of]) => of(tier)),
        itemStyle: { color: tierColours[rank] ?? colours.fraud },
        label: {
          show: true,
          fontSize: 10,
          color: "#fff",
          formatter: ({ value }: { value?: unknown }) =>
            Number(value) >= 0.06 ? asPercent(Number(value)) : "",
        },
      })),
    },
    size,
  );
}

function line(name: string, colour: string, data: readonly (readonly number[])[]) {
  return {
    name,
    type: "line" as const,
    showSymbol: false,
    data: data.map((point) => [...point]),
    lineStyle: { color: colour, width: 1.8 },
    itemStyle: { color: colour },
  };
}
