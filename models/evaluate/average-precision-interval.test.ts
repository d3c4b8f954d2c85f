import { expect, test } from "vitest";
import { Random } from "../../platform/math/random.ts";
import { averagePrecisionFloor } from "./average-precision-interval.ts";
import { evaluate } from "./evaluation.ts";

const thresholds = { medium: 0.1, high: 0.3, critical: 0.7, fraud: 0.5 };
const frauds = (count: number, weight = 1) => ({
  scores: new Float64Array(count),
  labels: new Uint8Array(count).fill(1),
  weights: new Float64Array(count).fill(weight),
});

test("few frauds that were nearly all ranked first prove less than draws from them say", () => {
  // 60 verdicts, 19 of them fraud, one of those below a legitimate one.
  const random = new Random(5);
  const labels = Uint8Array.from({ length: 60 }, (_, i) => Number(i < 19));
  const scores = Float64Array.from(labels, (label, i) => (i === 18 ? 0.4 : label + random.next()) / 2);
  scores[59] = 0.45;
  const amounts = new Float64Array(60).fill(10);
  const { figures } = evaluate({ protocol: "test", scores, labels, amounts }, { thresholds, seed: 1 });
  expect(figures.auprc.value).toBeGreaterThan(0.97);
  expect(figures.auprc.low).toBeLessThan(0.85);
});

test("is the exact bound of a share: without a miss, the n-th root of the error", () => {
  expect(averagePrecisionFloor(frauds(20), 1)).toBeCloseTo(0.025 ** (1 / 20), 9);
  expect(averagePrecisionFloor(frauds(20, 7), 1)).toBeCloseTo(0.025 ** (1 / 20), 9);
  expect(averagePrecisionFloor(frauds(40), 1)).toBeGreaterThan(averagePrecisionFloor(frauds(20), 1));
});

test("says nothing where frauds are many enough", () => {
  expect(averagePrecisionFloor(frauds(87), 0.83)).toBe(1);
});
