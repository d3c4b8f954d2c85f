import { expect, test } from "vitest";
import { logGamma } from "./log-gamma.ts";

test("the logarithm of Γ is that of factorials, and of ½ that of √π", () => {
  expect(logGamma(1)).toBeCloseTo(0, 12);
  expect(logGamma(11)).toBeCloseTo(Math.log(3_628_800), 10);
  expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 12);
});
