import { CURRENCY } from "../../impact/money.ts";
import type { Exploration } from "../exploration.ts";
import { count } from "../format.ts";
import { axis, type ChartSize, colours, draw, half, legendAbove, wide } from "./draw.ts";

/** Two bars on a logarithmic axis, each with its count. */
export function classBalance(title: string, legitimate: number, frauds: number, size?: ChartSize): string {
  const most = Math.max(legitimate, frauds);
  return draw(
    title,
    {
      grid: { left: 8, right: 60, top: 8, bottom: 18, containLabel: true },
      xAxis: axis("transactions (logarithmic)", {
        type: "log",
        min: 1,
        max: 10 ** Math.ceil(Math.log10(most)),
      }),
      yAxis: axis("", { type: "category", data: ["Fraud", "Legitimate"], splitLine: { show: false } }),
      series: [
        {
          type: "bar",
          barWidth: 26,
          data: [
            { value: frauds, itemStyle: { color: colours.fraud } },
            { value: legitimate, itemStyle: { color: colours.legitimate } },
          ],
          label: {
            show: true,
            position: "right",
            fontSize: 11,
            formatter: ({ value }: { value?: unknown }) => count(Number(value)),
          },
        },
      ],
    },
    { ...(size ?? half), height: 140 },
  );
}

/** Transactions an hour, one plot a class under each other: their scales differ five hundredfold. */
export function transactionsAgainstTime({ hours }: Exploration): string {
  const labels = hours.map(({ hour }) => String(hour));
  const every = (index: number): boolean => index % 6 === 0;
  return draw(
    "Transactions an hour, legitimate and fraud",
    {
      grid: [
        { left: 56, right: 12, top: 16, height: 100 },
        { left: 56, right: 12, top: 148, height: 80 },
      ],
      xAxis: [
        axis("", { type: "category", data: labels, gridIndex: 0, axisLabel: { show: false } }),
        axis("hour since the data began", {
          type: "category",
          data: labels,
          gridIndex: 1,
          axisLabel: { interval: every, color: colours.muted, fontSize: 10 },
        }),
      ],
      yAxis: [
        axis("legitimate", {
          gridIndex: 0,
          nameGap: 44,
          axisLabel: { formatter: (value: number) => count(value), fontSize: 10 },
        }),
        axis("fraud", { gridIndex: 1, nameGap: 44 }),
      ],
      series: [
        {
          type: "bar",
          xAxisIndex: 0,
          yAxisIndex: 0,
          data: hours.map((h) => Math.round(h.legitimate)),
          itemStyle: { color: colours.legitimate },
        },
        {
          type: "bar",
          xAxisIndex: 1,
          yAxisIndex: 1,
          data: hours.map((h) => h.frauds),
          itemStyle: { color: colours.fraud },
        },
      ],
    },
    { width: 720, height: 262 },
  );
}

/** Share of each class's transactions by amount. */
export function amountDistribution({ amounts }: Exploration): string {
  const { legend, top } = legendAbove(["Legitimate", "Fraud"], wide.width);
  return draw(
    "Amounts of legitimate and fraudulent transactions",
    {
      legend,
      xAxis: axis(`amount, ${CURRENCY}`, {
        type: "category",
        data: amounts.map((step) => step.label),
        splitLine: { show: false },
      }),
      yAxis: axis("share of the class", {
        nameGap: 34,
        axisLabel: { formatter: (value: number) => `${Math.round(100 * value)} %`, fontSize: 10 },
      }),
      grid: { left: 22, right: 8, top, bottom: 20, containLabel: true },
      series: [
        {
          name: "Legitimate",
          type: "bar",
          data: amounts.map((s) => s.legitimate),
          itemStyle: { color: colours.legitimate },
        },
        {
          name: "Fraud",
          type: "bar",
          data: amounts.map((s) => s.frauds),
          itemStyle: { color: colours.fraud },
        },
      ],
    },
    { ...wide, height: 190 },
  );
}

/** Pearson correlations as a square of colours. */
export function correlationHeatmap({ correlation: { names, values } }: Exploration): string {
  const cells: [number, number, number][] = [];
  const n = names.length;
  for (let row = 0; row < n; row++) {
    for (let column = 0; column < n; column++) {
      cells.push([column, n - 1 - row, Number(values[row * n + column]!.toFixed(3))]);
    }
  }
  const small = { interval: 0, fontSize: 9, color: colours.muted };
  return draw(
    "Correlations of the inputs and the class",
    {
      grid: { left: 112, right: 136, top: 6, bottom: 44 },
      xAxis: axis("", {
        type: "category",
        data: [...names],
        axisLabel: { ...small, rotate: 90 },
        splitLine: { show: false },
      }),
      yAxis: axis("", {
        type: "category",
        data: [...names].reverse(),
        axisLabel: small,
        splitLine: { show: false },
      }),
      visualMap: {
        min: -1,
        max: 1,
        calculable: false,
        orient: "vertical",
        right: 60,
        top: "middle",
        itemHeight: 200,
        text: ["+1", "−1"],
        inRange: { color: ["#2c5d92", "#9fbbd6", "#f7f7f5", "#e2a69b", "#b0322a"] },
      },
      series: [{ type: "heatmap", data: cells }],
    },
    { width: 720, height: 520 },
  );
}
