import { expect, test } from "vitest";
import { Random } from "../../platform/math/random.ts";
import { aucDifference } from "./delong.ts";
import { rocAuc } from "./ranking.ts";

function drawn(seed: number, rows: number, skill: number) {
  const random = new Random(seed, 1);
  const labels = Uint8Array.from({ length: rows }, (_, r) => Number(r % 4 === 0));
  const score = (label: number, by: number) => Math.fround(Math.round(8 * (random.next() + by * label)) / 8);
  const a = Float32Array.from(labels, (label) => score(label, 0.3));
  const b = Float32Array.from(labels, (label) => score(label, skill));
  return { a, b, labels, weights: new Float64Array(rows).fill(1) };
}

test("the difference is that of the two areas, ties and weights counted", () => {
  const rows = { ...drawn(1, 200, 0.5), weights: Float64Array.from({ length: 200 }, (_, r) => 1 + (r % 3)) };
  const { labels, weights } = rows;
  const areas = [rows.a, rows.b].map((scores) => rocAuc({ scores, labels, weights }));
  expect(aucDifference(rows).difference).toBeCloseTo(areas[1]! - areas[0]!, 12);
});

test("the interval covers no difference in about nineteen of twenty draws without one, and finds a large one", () => {
  let covered = 0;
  for (let seed = 0; seed < 400; seed++) {
    const { low, high } = aucDifference(drawn(seed, 120, 0.3));
    if (low <= 0 && high >= 0) covered++;
  }
  expect(covered / 400).toBeGreaterThan(0.92);
  expect(covered / 400).toBeLessThan(0.985);
  expect(aucDifference(drawn(3, 400, 1)).low).toBeGreaterThan(0);
});

test("the variance is DeLong's: by hand for three frauds and two others", () => {
  const labels = Uint8Array.of(1, 1, 1, 0, 0);
  const a = Float32Array.of(0.9, 0.4, 0.7, 0.5, 0.1);
  const b = Float32Array.of(0.9, 0.6, 0.7, 0.5, 0.1);
  // Of a: the second fraud is above one of two others; components 1, ½, 1 and ⅔, 1. Of b: all are above.
  const { difference, low } = aucDifference({ a, b, labels, weights: new Float64Array(5).fill(1) });
  expect(difference).toBeCloseTo(1 / 6, 12);
  const off = [0, 0.5, 0].map((part) => (part - 1 / 6) ** 2);
  const others = [1 / 3, 0].map((part) => (part - 1 / 6) ** 2);
  const variance = (off[0]! + off[1]! + off[2]!) / 9 + (others[0]! + others[1]!) / 4;
  expect(low).toBeCloseTo(1 / 6 - 1.959963985 * Math.sqrt(variance), 8);
});
