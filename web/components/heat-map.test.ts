import { expect, test } from "vitest";
import type { Heat, HeatCell } from "../../domain/analytics.ts";
import { chartFile } from "./chart-file.ts";
import { HeatDrawing } from "./heat-map.tsx";
import { cellWords, heatSentence, heatValue, shortValue } from "./heat-words.ts";

const cell = (weekday: number, hour: number, payments: number, risky = 0, hours = 1): HeatCell => ({
  ...{ weekday, hour, hours, payments, risky },
});
const heatOf = (...cells: HeatCell[]): Heat => ({
  ...{ timeZone: "UTC", cells },
  payments: cells.reduce((sum, { payments }) => sum + payments, 0),
  risky: cells.reduce((sum, { risky }) => sum + risky, 0),
});

test("a rate is of the time that the hour had, and a share of enough payments alone", () => {
  expect(heatValue(cell(1, 3, 10, 0, 4), "payments")).toBe(2.5);
  expect(heatValue(cell(1, 3, 10, 0, 0.1), "payments")).toBeNull();
  expect(heatValue(cell(1, 3, 19, 19), "risky")).toBeNull();
  expect(heatValue(cell(1, 3, 40, 2), "risky")).toBe(0.05);
});

test("figures in cells are short", () => {
  const short = [0, 0.25, 9.94, 9.96, 999.4, 999.5, 9_949, 9_951, 999_499, 999_500, 25e6];
  expect(short.map((value) => shortValue(value, "payments"))).toEqual([
    ...["0", "0.3", "9.9", "10", "999", "1.0k", "9.9k", "10k", "999k", "1.0M", "25M"],
  ]);
  expect([0, 0.004, 0.123, 1].map((value) => shortValue(value, "risky"))).toEqual([
    ...["0.0%", "0.4%", "12%", "100%"],
  ]);
});

test("the sentence says what one reads off the map", () => {
  const heat = heatOf(cell(1, 9, 100, 1), cell(5, 23, 400, 40));
  expect(heatSentence(heat, "payments")).toBe(
    "Busiest Friday, 23:00 to 00:00 (400 an hour), quietest Monday, 09:00 to 10:00 (100 an hour).",
  );
  expect(heatSentence(heat, "risky")).toContain(
    "Riskiest Friday, 23:00 to 00:00 (10.0 % of 400), safest Monday",
  );
  expect(heatSentence(heatOf(cell(1, 0, 0), cell(1, 1, 5)), "payments")).toContain(
    "in 1 of 2 hours no payment came",
  );
  expect(heatSentence(heatOf(cell(1, 1, 5)), "risky")).toContain("too few for a share");
  expect(heatSentence(heatOf(cell(1, 1, 50)), "risky")).toBe("No payment was risky.");
  expect(cellWords(cell(7, 0, 0))).toBe("Sunday, 00:00 to 01:00: 0 payments, 0.0 an hour; 0 risky");
});

test("the map needs no hole in the CSP, and as a file no style sheet", async () => {
  const heat = heatOf(cell(1, 9, 100, 1), cell(5, 23, 400, 40));
  const svg = String(await HeatDrawing({ heat, measure: "payments", shape: "narrow" }));
  expect(svg).not.toMatch(/<style|style=|<script| on\w+=|NaN/);
  expect(svg.match(/<title>/g)).toHaveLength(2);
  const file = chartFile(svg, 'A & "B" <C>');
  expect(file).toContain("A &#38; &#34;B&#34; &#60;C&#62;</text>");
  expect(file).toContain('fill="#0a6b54"');
  expect(file).not.toContain("var(");
});
