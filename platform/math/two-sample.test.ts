import { expect, test } from "vitest";
import { driftOf } from "./drift.ts";
import { normalQuantile } from "./normal-distribution.ts";
import { Random } from "./random.ts";
import { chiSquareP, falseDiscoveryRates, kolmogorovSmirnovP } from "./two-sample.ts";

test("p-values are those of the tables", () => {
  // Smirnov's table: λ = 1.36 at 5 %, 1.63 at 1 %; of large samples the correction is small.
  const many = 2_000_000;
  const root = Math.sqrt(many / 2);
  expect(kolmogorovSmirnovP(1.358 / root, many, many)).toBeCloseTo(0.05, 3);
  expect(kolmogorovSmirnovP(1.628 / root, many, many)).toBeCloseTo(0.01, 3);
  expect(kolmogorovSmirnovP(0, 50, 50)).toBe(1);
  expect(kolmogorovSmirnovP(1, 50, 50)).toBeLessThan(1e-12);
  // χ² of two classes with 60 and 40 of 100 against 50 and 50 is 2.02; 0.155 of the distribution lies above.
  expect(chiSquareP([60, 40], [50, 50])).toBeCloseTo(0.155, 2);
  expect(chiSquareP([30, 30, 40], [30, 30, 40])).toBeGreaterThan(0.99);
  expect(chiSquareP([100, 0, 0], [0, 100, 0])).toBeLessThan(1e-6);
  // A class that nobody had before, and rare ones, which are one class together.
  expect(chiSquareP([98, 1, 1, 0], [98, 0, 1, 1])).toBeGreaterThan(0.9);
  expect(chiSquareP([], [])).toBe(1);
});

test("samples of one distribution are told apart as often as said", () => {
  const random = new Random(7, 1);
  const draw = (n: number): number[] => Array.from({ length: n }, () => normalQuantile(random.next() || 0.5));
  let called = 0;
  for (let i = 0; i < 400; i++) {
    const { ks } = driftOf("x", { values: draw(300) }, { values: draw(300) });
    if (kolmogorovSmirnovP(ks, 300, 300) < 0.05) called++;
  }
  // 5 % of 400 is 20, give or take three standard errors of 4.4.
  expect(called).toBeGreaterThan(6);
  expect(called).toBeLessThan(34);
});

test("of many tests, those that chance would pass by itself are not taken for real", () => {
  // Benjamini & Hochberg 1995, example of 15: four are below 0.05 adjusted.
  const p = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528,
    0.759, 1,
  ];
  const rates = falseDiscoveryRates(p);
  expect(rates.filter((rate) => rate <= 0.05)).toHaveLength(4);
  expect(rates[3]).toBeCloseTo((0.0095 * 15) / 4, 10);
  expect(falseDiscoveryRates([0.04, 0.01])).toEqual([0.04, 0.02]);
});
