import { describe, expect, test } from "vitest";
import { Random } from "../../platform/math/random.ts";
import { newMatrix } from "../features/matrix.ts";
import { type Forest, type ForestParameters, randomForest } from "./forest.ts";
import type { TrainingSet } from "./learner.ts";

/** Fraud when x + y > 1.5 (with `noise` of the labels turned); z is noise. */
function corner(rows: number, noise = 0): TrainingSet {
  const random = new Random(11);
  const features = newMatrix(rows, ["x", "y", "z"]);
  const labels = new Uint8Array(rows);
  for (let r = 0; r < rows; r++) {
    const [x, y, z] = [random.next(), random.next(), random.next()];
    features.values.set([x, y, z], 3 * r);
    labels[r] = Number(x + y > 1.5) ^ Number(random.next() < noise);
  }
  return { features, labels, weights: new Float64Array(rows).fill(1), times: new Float64Array(rows) };
}

async function grow(set: TrainingSet, parameters: Partial<ForestParameters>, seed = 1, threads = 1) {
  return (await randomForest(parameters).fit(set, { seed, threads })) as Forest;
}

describe("a forest", () => {
  test("finds the corner, ignores the noise, and its out-of-bag scores are honest", async () => {
    const set = corner(3_000, 0.05);
    const forest = await grow(set, { trees: 40 });
    const clean = corner(3_000);
    const right = forest
      .predict(clean.features)
      .filter((p, r) => Number(p >= 0.5) === clean.labels[r]).length;
    expect(right / 3_000).toBeGreaterThan(0.97);
    const [x, y, z] = forest.importance as unknown as [number, number, number];
    expect(Math.min(x, y)).toBeGreaterThan(3 * z);
    expect(x + y + z).toBeCloseTo(1, 9);
    const held = forest.outOfBag;
    const agree = held.filter((p, r) => Number(p >= 0.5) === set.labels[r]).length / 3_000;
    const seen =
      forest.predict(set.features).filter((p, r) => Number(p >= 0.5) === set.labels[r]).length / 3_000;
    expect(agree).toBeLessThan(seen);
    expect(agree).toBeGreaterThan(0.9);
  });

  test("is the same for one seed whatever the number of threads, and another for another seed", async () => {
    const set = corner(800);
    const [one, three, other] = [
      await grow(set, { trees: 7 }, 1, 1),
      await grow(set, { trees: 7 }, 1, 3),
      await grow(set, { trees: 7 }, 2, 1),
    ];
    expect(three.trees).toEqual(one.trees);
    expect(other.trees).not.toEqual(one.trees);
  });

  test("keeps to depth and leaf size", async () => {
    const set = corner(1_000, 0.2);
    const { trees } = await grow(set, { trees: 3, maxDepth: 3, minSamplesLeaf: 40 });
    for (const tree of trees) {
      const depth = new Int32Array(tree.feature.length);
      for (let i = 0; i < depth.length; i++) {
        if (tree.feature[i]! < 0) {
          // Cover counts draws, of which a distinct row has at least one.
          expect(tree.cover[i]).toBeGreaterThanOrEqual(40);
          continue;
        }
        depth[tree.left[i]!] = depth[i]! + 1;
        depth[tree.right[i]!] = depth[i]! + 1;
        expect(tree.cover[i]).toBeCloseTo(tree.cover[tree.left[i]!]! + tree.cover[tree.right[i]!]!, 3);
      }
      expect(Math.max(...depth)).toBe(3);
      expect(tree.cover[0]).toBe(1_000);
    }
  });

  test("a row of weight 3 is three rows of weight 1: shares follow the weights", async () => {
    // One feature with two values: every tree is one split, its leaves are class shares.
    const features = newMatrix(400, ["x"]);
    features.values.set(Array.from({ length: 400 }, (_, r) => r % 2));
    const labels = Uint8Array.from({ length: 400 }, (_, r) => Number(r % 4 === 0));
    const weights = Float64Array.from(labels, (label) => (label === 1 ? 1 : 3));
    const set = { features, labels, weights, times: new Float64Array(400) };
    const forest = await grow(set, { trees: 60, classWeight: "none" });
    const [even, odd] = forest.predict(features);
    expect(odd).toBe(0);
    expect(even).toBeGreaterThan(0.22);
    expect(even).toBeLessThan(0.28);
    const balanced = await grow(set, { trees: 60, classWeight: "balanced" });
    // 100 frauds weigh what 300 rows of 3 weigh: 1 against 100/300.
    expect(balanced.predict(features)[0]).toBeCloseTo(0.75, 1);
  });

  test("the best split of a node is the one brute force finds", async () => {
    const set = corner(300, 0.1);
    const forest = await grow(set, { trees: 5, maxDepth: 1, maxFeatures: 3, classWeight: "none" });
    const { bootstrapCounts } = await import("./forest-tree.ts");
    for (const [t, tree] of forest.trees.entries()) {
      const counts = bootstrapCounts(300, 1, t);
      const impurity = (feature: number, threshold: number) => {
        const sides = [
          [0, 0],
          [0, 0],
        ];
        for (let r = 0; r < 300; r++) {
          const side = set.features.values[3 * r + feature]! <= threshold ? 0 : 1;
          sides[side]![set.labels[r]!]! += counts[r]!;
        }
        return sides.reduce((sum, [a, b]) => sum + (a! + b! > 0 ? (2 * a! * b!) / (a! + b!) : 0), 0);
      };
      let best = Number.POSITIVE_INFINITY;
      for (let r = 0; r < 300; r++)
        for (let f = 0; f < 3; f++) best = Math.min(best, impurity(f, set.features.values[3 * r + f]!));
      expect(impurity(tree.feature[0]!, tree.threshold[0]!)).toBeLessThan(best * 1.02 + 1e-9);
    }
  });
});
