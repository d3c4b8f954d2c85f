import { describe, expect, test } from "vitest";
import { Random } from "../../platform/math/random.ts";
import { rocAuc } from "../evaluate/ranking.ts";
import { MOST_BINS } from "../features/binning.ts";
import { newMatrix } from "../features/matrix.ts";
import { leafOf, type Tree } from "../graph/tree-ensemble.ts";
import { type BoostedModel, type BoostingParameters, gradientBoosting } from "./boosting.ts";
import { derivatives, logisticLoss } from "./boosting-fit.ts";
import { quantum } from "./boosting-tree.ts";
import type { TrainingSet } from "./learner.ts";
import { syntheticSet } from "./synthetic-set.ts";

/** Nothing drawn, so that trees can be worked out by hand. */
const exact: Partial<BoostingParameters> = {
  subsample: 1,
  colsampleByTree: 1,
  minChildWeight: 0,
  learningRate: 1,
  baseScore: "prior",
};

async function boost(set: TrainingSet, parameters: Partial<BoostingParameters>, seed = 1, threads = 1) {
  return (await gradientBoosting(parameters).fit(set, { seed, threads })) as BoostedModel;
}

/** First and second derivatives at a constant margin. */
function derivativesAt(set: TrainingSet, margin: number) {
  const p = 1 / (1 + Math.exp(-margin));
  return {
    g: set.weights.map((w, r) => w * (p - set.labels[r]!)),
    h: set.weights.map((w) => w * p * (1 - p)),
  };
}

const sum = (values: Float64Array, keep: (r: number) => boolean) =>
  values.reduce((total, v, r) => total + (keep(r) ? v : 0), 0);

describe("the loss", () => {
  test("has the derivatives that finite differences have", () => {
    const { labels, weights } = syntheticSet(50);
    const margin = Float64Array.from(labels, (_, r) => (r - 25) / 8);
    const gradient = new Float64Array(50);
    const hessian = new Float64Array(50);
    derivatives(margin, labels, weights, quantum(150), gradient, hessian);
    const total = weights.reduce((a, b) => a + b, 0);
    for (let r = 0; r < 50; r++) {
      const at = (x: number) => total * logisticLoss(margin.with(r, margin[r]! + x), labels, weights);
      expect(gradient[r]).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 5);
      expect(hessian[r]).toBeCloseTo((at(1e-3) - 2 * at(0) + at(-1e-3)) / 1e-6, 4);
    }
  });
});

describe("a boosted tree", () => {
  test("splits where trying every threshold of every feature finds the highest gain", async () => {
    const set = syntheticSet(200, { columns: 4, shift: 1 });
    const lambda = 2;
    const model = await boost(set, { ...exact, trees: 1, maxDepth: 1, lambda });
    const { g, h } = derivativesAt(set, model.base);
    const value = (keep: (r: number) => boolean) => sum(g, keep) ** 2 / (sum(h, keep) + lambda);
    let best = { gain: -1, feature: -1, left: "" };
    const members = (keep: (r: number) => boolean) => [...g.keys()].filter(keep).join();
    for (let c = 0; c < 4; c++) {
      const x = (r: number) => set.features.values[r * 4 + c]!;
      for (let at = 0; at < 200; at++) {
        const left = (r: number) => x(r) <= x(at);
        const gain = value(left) + value((r) => !left(r)) - value(() => true);
        if (gain > best.gain) best = { gain, feature: c, left: members(left) };
      }
    }
    const tree = model.trees[0]!;
    expect(tree.feature[0]).toBe(best.feature);
    const goesLeft = (r: number) => leafOf(tree, set.features.values, 4 * r) === tree.left[0];
    expect(members(goesLeft)).toBe(best.left);
  });

  test("has the value −η G / (H + λ) in every leaf, and true covers, however deep", async () => {
    const set = syntheticSet(2_000);
    for (const growth of ["level", "leaf"] as const) {
      const p = { ...exact, growth, trees: 1, maxDepth: 5, maxLeaves: 12, lambda: 3, learningRate: 0.3 };
      const model = await boost(set, p);
      const { g, h } = derivativesAt(set, model.base);
      const tree = model.trees[0]!;
      const leaves = Array.from(set.labels, (_, r) => leafOf(tree, set.features.values, 6 * r));
      expect(new Set(leaves).size).toBeGreaterThan(5);
      for (const leaf of new Set(leaves)) {
        const inside = (r: number) => leaves[r] === leaf;
        expect(tree.value[leaf]).toBeCloseTo((-0.3 * sum(g, inside)) / (sum(h, inside) + 3), 6);
        expect(tree.cover[leaf]).toBe(sum(set.weights, inside));
      }
      for (let n = 0; n < tree.feature.length; n++) {
        if (tree.feature[n]! >= 0)
          expect(tree.cover[n]).toBe(tree.cover[tree.left[n]!]! + tree.cover[tree.right[n]!]!);
      }
    }
  });

  test("keeps to depth, leaves and child weight", async () => {
    const set = syntheticSet(2_000, { shift: 0.5 });
    const depthOf = (tree: Tree, node = 0): number =>
      tree.feature[node]! < 0
        ? 0
        : 1 + Math.max(depthOf(tree, tree.left[node]!), depthOf(tree, tree.right[node]!));
    const level = await boost(set, { trees: 5, maxDepth: 3 });
    expect(Math.max(...level.trees.map((t) => depthOf(t)))).toBe(3);
    const leaf = await boost(set, { trees: 5, growth: "leaf", maxLeaves: 6, maxDepth: 10 });
    for (const tree of leaf.trees) expect(tree.feature.filter((f) => f < 0).length).toBe(6);
    const heavy = await boost(set, { ...exact, trees: 1, maxDepth: 6, minChildWeight: 20 });
    const { h } = derivativesAt(set, heavy.base);
    const tree = heavy.trees[0]!;
    const leaves = Array.from(set.labels, (_, r) => leafOf(tree, set.features.values, 6 * r));
    for (const leaf of new Set(leaves)) expect(sum(h, (r) => leaves[r] === leaf)).toBeGreaterThanOrEqual(20);
  });

  test("cuts on the left side of bins that are empty in the node, or halves them", async () => {
    // Below the cut on x2, x1 is 0 or 9 alone; the bins of 1 to 8 are filled on the other side.
    const features = newMatrix(220, ["x1", "x2"]);
    const labels = new Uint8Array(220);
    for (let r = 0; r < 220; r++) {
      const below = r < 20;
      features.values.set([below ? 9 * (r % 2) : r % 10, Number(!below)], 2 * r);
      labels[r] = Number(!below || r % 2 === 1);
    }
    const ones = Float64Array.from(labels, () => 1);
    const set = { features, labels, weights: ones, times: ones };
    const cuts = async (emptyBins: "right" | "halved") => {
      const { trees } = await boost(set, { ...exact, trees: 1, maxDepth: 2, emptyBins });
      const { feature, threshold } = trees[0]!;
      return Array.from(threshold).filter((_, node) => feature[node] === 0);
    };
    expect(await cuts("right")).toEqual([0.5]);
    expect(await cuts("halved")).toEqual([4.5]);
  });

  test("has bins of equal loss, or of equal weight of both classes", async () => {
    // Frauds are the highest four of 1,000 values; a split can only fall on an edge between bins.
    const features = newMatrix(1_000, ["x"]);
    const labels = new Uint8Array(1_000);
    for (let r = 0; r < 1_000; r++) {
      features.values[r] = r;
      labels[r] = Number(r >= 996);
    }
    const ones = Float64Array.from(labels, () => 1);
    const set = { features, labels, weights: ones, times: ones };
    const cut = async (binWeights: "loss" | "balanced") =>
      (await boost(set, { ...exact, trees: 1, maxDepth: 1, maxBins: 8, binWeights })).trees[0]!.threshold[0]!;
    expect(await cut("loss")).toBeLessThan(900);
    expect(await cut("balanced")).toBeGreaterThan(990);
  });

  test("finds the split that every value tried would give, with as many bins as values", async () => {
    const random = new Random(5);
    const features = newMatrix(2_000, ["x", "y"]);
    const labels = new Uint8Array(2_000);
    for (let r = 0; r < 2_000; r++) {
      features.values.set([random.normal(), random.normal()], 2 * r);
      labels[r] = Number(features.values[2 * r]! > 2.5 || random.next() < 0.01);
    }
    const ones = Float64Array.from(labels, () => 1);
    const p = {
      ...exact,
      trees: 1,
      maxDepth: 1,
      maxBins: MOST_BINS,
      emptyBins: "halved",
      baseScore: 0.5,
      lambda: 1,
    } as const;
    const { trees } = await boost({ features, labels, weights: ones, times: ones }, p);
    // Gain of a cut, from the gradients at 0.5: ±½ a row, ¼ of hessian.
    const gainOf = (column: number, cut: number) => {
      const sums = [0, 0, 0, 0];
      for (let r = 0; r < 2_000; r++) {
        const side = Number(features.values[2 * r + column]! > cut);
        sums[side]! += 0.5 - labels[r]!;
        sums[2 + side]! += 0.25;
      }
      return sums[0]! ** 2 / (sums[2]! + 1) + sums[1]! ** 2 / (sums[3]! + 1);
    };
    let most = Number.NEGATIVE_INFINITY;
    for (let r = 0; r < 2_000; r++) {
      for (const column of [0, 1]) most = Math.max(most, gainOf(column, features.values[2 * r + column]!));
    }
    const { feature, threshold } = trees[0]!;
    expect(gainOf(feature[0]!, threshold[0]!)).toBeCloseTo(most, 9);
  });

  test("counts a row of weight 2 as two rows", async () => {
    const once = syntheticSet(300, { columns: 3 });
    const features = newMatrix(600, once.features.names);
    features.values.set(once.features.values);
    features.values.set(once.features.values, 900);
    const twice = (values: ArrayLike<number>) => [...Array.from(values), ...Array.from(values)];
    const doubled: TrainingSet = {
      features,
      labels: Uint8Array.from(twice(once.labels)),
      weights: Float64Array.from(twice(once.weights)),
      times: Float64Array.from(twice(once.times)),
    };
    const weighted = { ...once, weights: once.weights.map((w) => 2 * w) };
    const p = { ...exact, trees: 5, learningRate: 0.3, maxDepth: 3, maxBins: 256 };
    const [a, b] = [await boost(doubled, p), await boost(weighted, p)];
    a.predict(once.features).forEach((raw, r) => {
      expect(raw).toBeCloseTo(b.predict(once.features)[r]!, 6);
    });
  });
});

describe("gradient boosting", () => {
  test("gives the margins of XGBoost 1.7.4 (exact and hist alike) where every value has its bin", async () => {
    const features = newMatrix(120, ["a", "b", "c"]);
    const labels = new Uint8Array(120);
    for (let r = 0; r < 120; r++) {
      const [a, b, c] = [(37 * r) % 113, (r * r + 3 * r) % 101, (r * r * r) % 97];
      features.values.set([a, b, c], 3 * r);
      labels[r] = Number(a > 80 || (b < 20 && c > 40) || r % 17 === 0);
    }
    const weights = Float64Array.from(labels, (_, r) => 1 + (r % 3));
    const drawn = { subsample: 1, colsampleByTree: 1 };
    const model = await boost(
      { features, labels, weights, times: weights },
      { ...drawn, trees: 3, maxDepth: 3, learningRate: 0.3 },
    );
    const margins = model.predict(features);
    const reference = [-0.981211, -0.981211, -0.981211, 1.370871, -1.018181, -1.294133, 1.370871, -1.018181];
    reference.forEach((margin, r) => {
      expect(margins[r]).toBeCloseTo(margin, 5);
    });
    expect(margins.reduce((a, b) => a + b, 0)).toBeCloseTo(-8.92677, 4);
  });

  test("learns what a line cannot: exclusive or", async () => {
    const set = syntheticSet(2_000, { columns: 3, shift: 0 });
    set.labels.forEach((_, r) => {
      const [x, y] = set.features.values.subarray(3 * r, 3 * r + 2);
      set.labels[r] = Number(x! > 0 !== y! > 0);
    });
    const model = await boost(set, { trees: 60, maxDepth: 3, learningRate: 0.2 });
    expect(rocAuc({ scores: model.predict(set.features), labels: set.labels })).toBeGreaterThan(0.995);
    const [x, y, z] = model.importance as unknown as [number, number, number];
    expect(Math.min(x, y)).toBeGreaterThan(10 * z);
    expect(x + y + z).toBeCloseTo(1, 9);
  });

  test("is the same for one seed whatever the number of threads, and another for another seed", async () => {
    const set = syntheticSet(600);
    const p = { trees: 8, bags: 3 };
    const [one, two, other] = [
      await boost(set, p, 5, 1),
      await boost(set, p, 5, 2),
      await boost(set, p, 6, 1),
    ];
    expect(two.trees).toEqual(one.trees);
    expect(two.base).toBe(one.base);
    expect(other.trees).not.toEqual(one.trees);
  });

  test("stops when the later rows say so, and keeps the best number of trees", async () => {
    const set = syntheticSet(1_500, { shift: 1 });
    for (const metric of ["auprc", "logloss"] as const) {
      const earlyStopping = { share: 0.3, rounds: 10, metric, refit: false };
      const model = await boost(set, { trees: 400, learningRate: 0.3, earlyStopping });
      const { trees, history } = model.boosters[0]!;
      expect(history.length).toBeLessThan(400);
      expect(history.length - trees).toBe(10);
      expect(history[trees - 1]).toBe(Math.max(...history));
      expect(model.trees.length).toBe(trees);
      const again = await boost(set, {
        trees: 400,
        learningRate: 0.3,
        earlyStopping: { ...earlyStopping, refit: true },
      });
      expect(again.trees.length).toBe(trees);
      expect(again.trees[0]!.cover[0]).toBe(set.weights.reduce((a, b) => a + b, 0));
    }
  });

  test("without trees worth growing says the base rate; a constant feature is never split on", async () => {
    const set = syntheticSet(400, { columns: 3, shift: 0 });
    set.features.values.fill(1.5);
    const flat = await boost(set, { ...exact, trees: 3 });
    const fraud = set.labels.reduce((a, b) => a + b, 0);
    const rate = fraud / (fraud + 3 * (400 - fraud));
    for (const raw of flat.predict(set.features)) expect(1 / (1 + Math.exp(-raw))).toBeCloseTo(rate, 6);
    const partly = syntheticSet(400, { columns: 3 });
    for (let r = 0; r < 400; r++) partly.features.values[3 * r + 1] = 7;
    const model = await boost(partly, { trees: 20 });
    expect(model.importance[1]).toBe(0);
  });

  test("with equal row weights grows as on unweighted data, but counts covers in transactions", async () => {
    const set = syntheticSet(600);
    const plain = { ...set, weights: set.weights.map(() => 1) };
    const [equal, unweighted] = [
      await boost(set, { trees: 5, rowWeights: "equal" }),
      await boost(plain, { trees: 5 }),
    ];
    expect(equal.predict(set.features)).toEqual(unweighted.predict(set.features));
    expect(equal.trees[0]!.cover[0]).toBe(set.weights.reduce((a, b) => a + b, 0));
    expect(unweighted.trees[0]!.cover[0]).toBe(600);
  });

  test("starts where it is told to", async () => {
    expect((await boost(syntheticSet(200), { trees: 1 })).base).toBe(0);
    expect((await boost(syntheticSet(200), { trees: 1, baseScore: 0.2 })).base).toBeCloseTo(
      Math.log(0.25),
      6,
    );
  });

  test("splits on no feature that it is told to ignore", async () => {
    const set = syntheticSet(600);
    const model = await boost(set, { trees: 10, ignore: ["x1", "x4"] });
    expect(model.importance[0]).toBe(0);
    expect(model.importance[3]).toBe(0);
    expect(model.importance[1]).toBeGreaterThan(0.3);
    await expect(boost(set, { ignore: ["x9"] })).rejects.toThrow("no feature x9 to ignore");
  });

  test("refuses NaN, one class only and early stopping without times", async () => {
    const nan = syntheticSet(100);
    nan.features.values[62] = Number.NaN;
    await expect(boost(nan, {})).rejects.toThrow("row 10, x3: NaN is not a finite number");
    const legit = syntheticSet(100, { fraudShare: 0 });
    await expect(boost(legit, {})).rejects.toThrow("there is no fraud");
    const fraud = syntheticSet(100, { fraudShare: 1.1 });
    await expect(boost(fraud, {})).rejects.toThrow("there is no legitimate row");
    const timeless = syntheticSet(100);
    timeless.times.fill(Number.NaN);
    const earlyStopping = { share: 0.2, rounds: 5, metric: "auprc", refit: false } as const;
    await expect(boost(timeless, { earlyStopping })).rejects.toThrow("have no time");
    expect(() => gradientBoosting({ subsample: 0 })).toThrow("subsample cannot be 0");
  });
});
