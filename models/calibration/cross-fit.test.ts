import { describe, expect, test } from "vitest";
import type { FittedModel, Learner } from "../learners/learner.ts";
import { logisticRegression } from "../learners/logistic.ts";
import { syntheticSet } from "../learners/synthetic-set.ts";
import { calibrate } from "./calibrate.ts";
import { crossFit, timeBlocks } from "./cross-fit.ts";

/** Says of every row whether it was fitted on it. */
const memory: Learner = {
  algorithm: "memory",
  parameters: {},
  fit: async ({ features }) => {
    const seen = new Set(features.values);
    return {
      predict: (m) =>
        Float64Array.from({ length: m.rows }, (_, r) => Number(seen.has(m.values[r * m.columns]!))),
    } as FittedModel;
  },
};

describe("cross-fitting", () => {
  test("scores every row by a model that has not seen it", async () => {
    const set = syntheticSet(500);
    const raw = await crossFit(memory, set, 5, { seed: 1 });
    expect(raw).toEqual(new Float64Array(500));
  });

  test("cuts blocks of time with the frauds shared out; rows of one time stay together", () => {
    const set = syntheticSet(2_000);
    const blocks = timeBlocks(set, 4);
    const frauds = [0, 0, 0, 0];
    for (let r = 0; r < 2_000; r++) {
      frauds[blocks[r]!]! += set.labels[r]!;
      if (r > 0) expect(blocks[r]).toBeGreaterThanOrEqual(blocks[r - 1]!);
    }
    expect(Math.max(...frauds) - Math.min(...frauds)).toBeLessThanOrEqual(1);
    set.times.fill(7);
    expect(new Set(timeBlocks(set, 4)).size).toBe(1);
    expect(() => timeBlocks(syntheticSet(100, { fraudShare: 0 }), 4)).toThrow("0 frauds cannot be cut");
  });

  test("refuses frauds that all lie at one time, before anything is fitted", async () => {
    const set = syntheticSet(500);
    set.times.fill(7);
    const learner = { ...logisticRegression(), fit: () => Promise.reject(new Error("fitted")) };
    await expect(crossFit(learner, set, 4, { seed: 1 })).rejects.toThrow(
      "all frauds of the training part lie at one time",
    );
  });

  test("calibrates to the true base rate, also a learner that was told the classes weigh the same", async () => {
    const set = syntheticSet(4_000, { shift: 1 });
    const learner = logisticRegression({ classWeight: "balanced" });
    const model = await learner.fit(set, { seed: 1 });
    const { calibrator, fittedOn } = await calibrate({ method: "platt", blocks: 4 }, learner, model, set, {
      seed: 1,
    });
    expect(fittedOn).toContain("4 blocks of time");
    const p = calibrator.apply(model.predict(set.features));
    const total = (of: (r: number) => number) => set.weights.reduce((sum, w, r) => sum + w * of(r), 0);
    expect(total((r) => p[r]!) / total((r) => set.labels[r]!)).toBeCloseTo(1, 1);
  });
});
