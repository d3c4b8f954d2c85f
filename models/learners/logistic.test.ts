import { describe, expect, test } from "vitest";
import { newMatrix } from "../features/matrix.ts";
import type { TrainingSet } from "./learner.ts";
import { type LogisticModel, type LogisticParameters, logisticRegression } from "./logistic.ts";
import { derivativesAt, objectiveAt, solveCholesky } from "./logistic-newton.ts";
import { syntheticSet } from "./synthetic-set.ts";

async function fitted(set: TrainingSet, parameters: Partial<LogisticParameters> = {}) {
  return (await logisticRegression(parameters).fit(set, { seed: 1 })) as LogisticModel;
}

test("gradient and hessian are those of finite differences", () => {
  const { features, labels, weights } = syntheticSet(80, { columns: 3 });
  const point = Float64Array.of(0.3, -0.7, 1.1, -0.4);
  const { gradient, hessian } = derivativesAt(point, features, labels, weights);
  const nudge = (i: number, x: number) => point.with(i, point[i]! + x);
  for (let i = 0; i < 4; i++) {
    const at = (x: number) => objectiveAt(nudge(i, x), features, labels, weights);
    expect(gradient[i]).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 4);
    for (let j = 0; j <= i; j++) {
      const slope = (x: number) => derivativesAt(nudge(i, x), features, labels, weights).gradient[j]!;
      expect(hessian[i * 4 + j]).toBeCloseTo((slope(1e-5) - slope(-1e-5)) / 2e-5, 4);
    }
  }
});

test("Cholesky solves a system worked out by hand", () => {
  // [[4, 2], [2, 3]] x = [10, 9] has x = [1.5, 2].
  const x = solveCholesky(Float64Array.of(4, 0, 2, 3), Float64Array.of(10, 9));
  expect(x[0]).toBeCloseTo(1.5, 12);
  expect(x[1]).toBeCloseTo(2, 12);
});

describe("logistic regression", () => {
  test("finds the known optimum: log-odds of the two groups of a two-valued feature", async () => {
    const features = newMatrix(100, ["x"]);
    const labels = new Uint8Array(100);
    for (let r = 0; r < 100; r++) {
      features.values[r] = r < 60 ? 1 : -1;
      labels[r] = Number(r < 45 || r >= 96); // 45 of 60 against 4 of 40
    }
    const set = { features, labels, weights: new Float64Array(100).fill(1), times: new Float64Array(100) };
    const model = await fitted(set, { c: 1e7, classWeight: "none" });
    const [high, low] = [Math.log(45 / 15), Math.log(4 / 36)];
    expect(model.intercept).toBeCloseTo((high + low) / 2, 5);
    expect(model.coefficients[0]).toBeCloseTo((high - low) / 2, 5);
    expect(model.convergence.gradientNorm).toBeLessThan(1e-8);
    const balanced = await fitted(set, { c: 1e7 });
    const ratio = Math.log(51 / 49); // balancing moves every log-odds by the ratio of the classes
    expect(balanced.intercept).toBeCloseTo((high + low) / 2 + ratio, 5);
  });

  test("converges on classes that a line separates: the penalty holds the coefficients", async () => {
    const set = syntheticSet(300, { shift: 12 });
    const model = await fitted(set);
    expect(model.convergence.converged).toBe(true);
    expect(Math.max(...model.coefficients.map(Math.abs))).toBeLessThan(20);
  });

  test("stronger penalty, smaller coefficients", async () => {
    const set = syntheticSet(300);
    const length = async (c: number) => Math.hypot(...(await fitted(set, { c })).coefficients);
    expect(await length(0.001)).toBeLessThan(0.5 * (await length(1)));
  });

  test("hands out no model that did not converge", async () => {
    await expect(fitted(syntheticSet(300), { maxIterations: 2 })).rejects.toThrow(
      /did not converge in 2 iterations: the gradient is .* above 1e-8/,
    );
  });

  test("copes with a constant feature, refuses NaN and one class", async () => {
    const set = syntheticSet(200, { columns: 3 });
    for (let r = 0; r < 200; r++) set.features.values[3 * r + 2] = 5;
    expect((await fitted(set)).convergence.converged).toBe(true);
    set.features.values[4] = Number.NaN;
    await expect(fitted(set)).rejects.toThrow("row 1, x2: NaN is not a finite number");
    await expect(fitted(syntheticSet(100, { fraudShare: 0 }))).rejects.toThrow("there is no fraud");
  });
});
