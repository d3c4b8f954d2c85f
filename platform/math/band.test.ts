import { expect, test } from "vitest";
import { bandOfCounts, bandOfShares, offBand, stabilityIndex } from "./band.ts";

test("two weeks make no band, three do", () => {
  expect(bandOfCounts([100, 110])).toBeUndefined();
  expect(bandOfCounts([100, 110, 90])?.mean).toBe(100);
});

test("an hour like the others lies in the band, none or three times as many do not", () => {
  const band = bandOfCounts([3_600, 3_700, 3_500, 3_650])!;
  expect(offBand(3_550, band)).toBeLessThan(1);
  expect(offBand(0, band)).toBeGreaterThan(5);
  expect(offBand(10_800, band)).toBeGreaterThan(5);
});

test("weeks that are all alike make no band so narrow that chance leaves it", () => {
  expect(offBand(105, bandOfCounts([100, 100, 100])!)).toBeLessThan(1);
  expect(offBand(3, bandOfCounts([1, 1, 1])!)).toBeLessThanOrEqual(2);
});

test("a share is judged by how many payments it is of", () => {
  const weeks = [10, 9, 11, 10].map((part) => ({ part, whole: 1_000 }));
  // One of fifty is 2 %, and chance.
  expect(offBand(1 / 50, bandOfShares(weeks, 50)!)).toBeLessThan(4);
  expect(offBand(0.05, bandOfShares(weeks, 1_000)!)).toBeGreaterThan(4);
  expect(bandOfShares(weeks.slice(2), 1_000)).toBeUndefined();
});

test("the stability index is zero for what is alike, and large for a shift", () => {
  expect(stabilityIndex([900, 50, 30, 20], [9_000, 500, 300, 200])).toBeCloseTo(0, 10);
  expect(stabilityIndex([500, 200, 200, 100], [9_000, 500, 300, 200])).toBeGreaterThan(0.25);
  expect(stabilityIndex([1_000, 0, 0, 0], [990, 10, 0, 0])).toBeLessThan(0.1);
});
