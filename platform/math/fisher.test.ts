import { expect, test } from "vitest";
import { fisherP } from "./fisher.ts";

test("Fisher's tea: three of four cups right is chance", () => {
  // One tail is 17/70.
  expect(fisherP(3, 4, 4, 8)).toBeCloseTo(34 / 70, 10);
  expect(fisherP(4, 4, 4, 8)).toBeCloseTo(2 / 70, 10);
});

test("few hits in a small part of a whole with hardly any are seen", () => {
  expect(fisherP(5, 20, 40, 8_000)).toBeLessThan(1e-5);
  expect(fisherP(0, 20, 40, 8_000)).toBe(1);
  expect(fisherP(40, 8_000, 40, 8_000)).toBe(1);
  expect(fisherP(0, 10, 0, 100)).toBe(1);
});

test("none among many is fewer than usual", () => {
  expect(fisherP(0, 4_000, 80, 8_000)).toBeLessThan(1e-20);
});
