import { expect, test } from "vitest";
import { byTier } from "../../domain/tiers.ts";
import type { MinutePoint } from "../../pipeline/store/stats.ts";
import { cleanSvg } from "./chart.ts";
import { FraudChart, fromTheFirst, partsOf } from "./fraud-chart.tsx";

const point = (minute: number, values: Partial<MinutePoint>): MinutePoint => ({
  minute: new Date(Date.UTC(2026, 10, 22, 12, minute)),
  byTier: byTier((tier) => (tier === "low" ? 100 : 0)),
  transactions: 100,
  flagged: 0,
  confirmed: 0,
  falseAlarms: 0,
  missed: 0,
  ...values,
});

test("a minute's flags are told apart by what people made of them, never by what the source knows", () => {
  expect(partsOf(point(0, { flagged: 9, confirmed: 5, falseAlarms: 1, missed: 2 }))).toEqual({
    confirmed: 5,
    falseAlarms: 1,
    waiting: 3,
    missed: 2,
  });
});

test("a drawn chart needs no hole in the CSP, and its colours follow the theme", () => {
  const points = Array.from({ length: 30 }, (_, i) =>
    point(i, { flagged: 4, confirmed: 2, falseAlarms: 1, missed: 1 }),
  );
  const svg = String(FraudChart({ points, timeZone: "UTC", truth: true }));
  expect(svg.match(/<svg /g)).toHaveLength(2);
  expect(svg).not.toMatch(/<style|style=|<script| on\w+=|#01010/);
  for (const name of ["caught", "missed", "false", "unknown"]) expect(svg).toContain(`var(--chart-${name})`);
  expect(svg.match(/class="hit"/g)).toHaveLength(60);
  expect(svg).toContain(
    "12:07: 100 transactions, 4 flagged: 2 called fraud, 1 false alarms, 1 waiting for a verdict; 1 missed",
  );
});

test("a chart begins with the first minute that had something, and has ten at the least", () => {
  const points = Array.from({ length: 30 }, (_, i) => point(i, { transactions: 0 }));
  const drawn = (from: number): number =>
    fromTheFirst(points.map((p, i) => (i < from ? p : { ...p, transactions: 1 }))).length;
  expect([drawn(0), drawn(12), drawn(28), drawn(30)]).toEqual([30, 18, 10, 30]);
});

test("an empty hour still draws its axes", () => {
  const svg = String(FraudChart({ points: [point(0, {}), point(1, {})], timeZone: "UTC", truth: true }));
  expect(svg).toContain(">0</text>");
});

test("labels and tooltips are escaped", () => {
  const svg = cleanSvg("<svg a></svg>", { width: 10, height: 10 }, `"><script>`, "wide", [
    { x: 0, width: 1, title: "<b>&" },
  ]);
  expect(svg).not.toContain("<script>");
  expect(svg).not.toContain("<b>");
});
