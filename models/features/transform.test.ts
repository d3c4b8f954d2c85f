import { expect, test } from "vitest";
import { inputNames } from "../data/dataset.ts";
import { newMatrix } from "./matrix.ts";
import { deployedFeatures, derive, fitScaling, originalFeatures, transform } from "./transform.ts";

function inputs(rows: { time: number; amount: number; v?: number }[]) {
  const matrix = newMatrix(rows.length, inputNames);
  for (const [r, { time, amount, v = 0 }] of rows.entries()) {
    matrix.values.set([time, ...Array<number>(28).fill(v), amount], r * 30);
  }
  return matrix;
}

test("hour of day starts again after a day and keeps its fraction", () => {
  const derived = derive(
    inputs([
      { time: 5_400, amount: 0 },
      { time: 91_800, amount: 0 },
    ]),
    deployedFeatures,
  );
  expect([derived.values[29], derived.values[59]]).toEqual([1.5, 1.5]);
});

test("the original's hour is whole and runs on to the second day", () => {
  const derived = derive(inputs([{ time: 91_800, amount: 0 }]), originalFeatures);
  expect(derived.names.at(-2)).toBe("hour");
  expect(derived.values[30]).toBe(25);
});

test("the amount's logarithm", () => {
  const derived = derive(
    inputs([
      { time: 0, amount: 0 },
      { time: 0, amount: Math.fround(Math.E - 1) },
    ]),
    deployedFeatures,
  );
  expect(derived.values[28]).toBe(0);
  expect(derived.values[58]).toBeCloseTo(1, 6);
});

test("robust scaling: median and interquartile range as RobustScaler; a constant column keeps its unit", () => {
  const raw = inputs([1, 2, 3, 4, 10].map((v) => ({ time: 3_600, amount: 7, v })));
  const features = fitScaling(derive(raw, deployedFeatures), deployedFeatures);
  expect(features[0]).toMatchObject({ name: "V1", center: 3, scale: 2 });
  expect(features[29]).toMatchObject({ name: "hour", center: 1, scale: 1 });
  const scaled = transform(raw, features);
  expect(Array.from({ length: 5 }, (_, r) => scaled.values[r * 30])).toEqual([-1, -0.5, 0, 0.5, 3.5]);
});

test("weighted scaling is that of the rows the weights stand for", () => {
  const values = [1, 2, 3, 4, 10];
  const weights = [1, 5, 1, 1, 2];
  const raw = inputs(values.map((v) => ({ time: 0, amount: 0, v })));
  const repeated = inputs(values.flatMap((v, i) => Array(weights[i]).fill({ time: 0, amount: 0, v })));
  const [weighted] = fitScaling(derive(raw, deployedFeatures), deployedFeatures, weights);
  const [plain] = fitScaling(derive(repeated, deployedFeatures), deployedFeatures);
  expect(weighted!.center).toBe(2);
  expect(Math.abs(weighted!.center - plain!.center)).toBeLessThanOrEqual(0.5);
  expect(weighted!.scale).toBe(2);
});
