import { expect, test } from "vitest";
import { normalCdf, normalQuantile } from "./normal-distribution.ts";

test("the values that every table has", () => {
  for (const [z, p] of [
    [0, 0.5],
    [1.959963985, 0.975],
    [-1.281551566, 0.1],
    [3.090232306, 0.999],
  ] as const) {
    expect(normalCdf(z)).toBeCloseTo(p, 6);
    expect(normalQuantile(p)).toBeCloseTo(z, 6);
  }
});

test("quantile and distribution undo each other", () => {
  for (let p = 0.0001; p < 1; p += 0.0037) expect(normalCdf(normalQuantile(p))).toBeCloseTo(p, 6);
  expect(() => normalQuantile(0)).toThrow(RangeError);
});
