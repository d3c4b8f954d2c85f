import { expect, test } from "vitest";
import { cleanSvg } from "./chart.ts";
import { FraudChart, partsOf } from "./fraud-chart.tsx";

const point = (
  minute: number,
  values: Partial<Record<"truthFraud" | "flagged" | "flaggedKnown" | "flaggedFraud", number>>,
) => ({
  minute: new Date(Date.UTC(2026, 10, 22, 12, minute)),
  byTier: { low: 100, medium: 0, high: 0, critical: 0 },
  transactions: 100,
  amount: 0,
  fraudPredicted: 0,
  truthFraud: 0,
  truePositives: 0,
  falsePositives: 0,
  flagged: 0,
  flaggedKnown: 0,
  flaggedFraud: 0,
  ...values,
});

test("a minute's flags are told apart by what is known to be true", () => {
  expect(partsOf(point(0, { truthFraud: 7, flagged: 9, flaggedKnown: 6, flaggedFraud: 5 }))).toEqual({
    caught: 5,
    missed: 2,
    falseAlarms: 1,
    unknown: 3,
  });
});

test("a drawn chart needs no hole in the CSP, and its colours follow the theme", () => {
  const points = Array.from({ length: 30 }, (_, i) =>
    point(i, { truthFraud: 3, flagged: 4, flaggedKnown: 3, flaggedFraud: 2 }),
  );
  const svg = String(FraudChart({ points, timeZone: "UTC" }));
  expect(svg.match(/<svg /g)).toHaveLength(2);
  expect(svg).not.toMatch(/<style|style=|<script| on\w+=|#01010/);
  for (const name of ["caught", "missed", "false", "unknown"]) expect(svg).toContain(`var(--chart-${name})`);
  expect(svg.match(/class="hit"/g)).toHaveLength(60);
  expect(svg).toContain("12:07: 100 transactions, 2 frauds caught, 1 missed, 1 false alarms");
});

test("an empty hour still draws its axes", () => {
  const svg = String(FraudChart({ points: [point(0, {}), point(1, {})], timeZone: "UTC" }));
  expect(svg).toContain(">0</text>");
});

test("labels and tooltips are escaped", () => {
  const svg = cleanSvg("<svg a></svg>", { width: 10, height: 10 }, `"><script>`, "wide", [
    { x: 0, width: 1, title: "<b>&" },
  ]);
  expect(svg).not.toContain("<script>");
  expect(svg).not.toContain("<b>");
});
