import { expect, test } from "vitest";
import { legendAbove } from "./draw.ts";
import { calibrationChart, rocCurves } from "./quality.ts";

/** Where the texts of a chart stand: y of each by its words. */
function textHeights(svg: string): Map<string, number> {
  const texts = svg.matchAll(/<text[^>]*transform="translate\(([\d.-]+) ([\d.-]+)\)"[^>]*>([^<]*)<\/text>/g);
  return new Map([...texts].map(([, , y, words]) => [words!, Number(y)]));
}

test("a legend of long names takes the lines it needs, and the curves begin below all of them", () => {
  const names = ["fraud-champion@2", "fraud-champion@3", "fraud-forest@2", "fraud-champion@4"];
  const points = [0, 0.5, 1].map((at) => ({
    threshold: 1 - at,
    recall: at,
    precision: 1 - at,
    falsePositiveRate: at,
    alertRate: at,
  }));
  const heights = textHeights(
    rocCurves(
      "ROC",
      names.map((name) => ({ name, points, colour: "#000" })),
    ),
  );
  const lowest = Math.max(...names.map((name) => heights.get(name)!));
  // The axis says 100 % where the plot begins.
  expect(lowest).toBeLessThan(heights.get("100 %")! - 5);
  expect(legendAbove(["one"], 350).top).toBeLessThan(legendAbove(names, 350).top);
});

test("dots at the ends of the calibration plot stand whole inside it", () => {
  const ends = [0, 1].map((at) => ({ transactions: 9, frauds: 9, meanScore: at, fraudRate: at }));
  const svg = calibrationChart(ends);
  const dots = [
    ...svg.matchAll(/transform="matrix\(([\d.]+),0,0,[\d.]+,([\d.]+),([\d.]+)\)" fill="#3b6ea5"/g),
  ];
  expect(dots).toHaveLength(2);
  const [, left, top, width, height] = /<path d="M([\d.]+) ([\d.]+)l([\d.]+) 0l0 ([\d.]+)/
    .exec(svg)!
    .map(Number);
  for (const [radius, x, y] of dots.map((dot) => dot.slice(1).map(Number) as [number, number, number])) {
    expect(x - radius).toBeGreaterThan(left!);
    expect(x + radius).toBeLessThan(left! + width!);
    expect(y - radius).toBeGreaterThan(top!);
    expect(y + radius).toBeLessThan(top! + height!);
  }
});
