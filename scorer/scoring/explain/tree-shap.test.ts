import { describe, expect, it } from "vitest";
import { gaussLegendre } from "./gauss-legendre.ts";
import type { GraphNode } from "./onnx-graph.ts";
import { readGraph } from "./onnx-graph.ts";
import { evaluateTrees, readTreeEnsemble } from "./tree-ensemble.ts";
import { modelFile, randomTree, regressorNode, seeded, type TestTree } from "./tree-fixture.ts";
import { TreeShap } from "./tree-shap.ts";

const ensembleOf = (trees: readonly TestTree[]) => {
  const graph = readGraph(modelFile([regressorNode(trees, "features", "raw")], {}, ["raw"]));
  return readTreeEnsemble(graph.nodes[0] as GraphNode);
};

/** E[f | S]: the game of Lundberg et al. 2020, Algorithm 1, word for word. */
function conditional(tree: TestTree, row: ArrayLike<number>, coalition: number): number {
  if ("leaf" in tree) return Math.fround(tree.leaf);
  if (coalition & (1 << tree.feature)) {
    return conditional(row[tree.feature]! <= tree.threshold ? tree.yes : tree.no, row, coalition);
  }
  const yes = tree.yes.cover * conditional(tree.yes, row, coalition);
  const no = tree.no.cover * conditional(tree.no, row, coalition);
  return (yes + no) / (tree.yes.cover + tree.no.cover);
}

/** Shapley values by their definition, over all 2^F coalitions. */
function bruteForce(trees: readonly TestTree[], row: ArrayLike<number>, features: number): Float64Array {
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
  const size = (set: number): number => (set === 0 ? 0 : (set & 1) + size(set >>> 1));
  const values = Array.from({ length: 1 << features }, (_, set) =>
    trees.reduce((sum, tree) => sum + conditional(tree, row, set), 0),
  );
  return Float64Array.from({ length: features }, (_, i) =>
    values.reduce((sum, value, set) => {
      if (set & (1 << i)) return sum;
      const weight = (factorial(size(set)) * factorial(features - size(set) - 1)) / factorial(features);
      return sum + weight * (values[set | (1 << i)]! - value);
    }, 0),
  );
}

describe("Gauss-Legendre on [0, 1]", () => {
  it("integrates every polynomial up to degree 2n - 1", () => {
    for (let points = 1; points <= 16; points++) {
      const { nodes, weights } = gaussLegendre(points);
      for (let degree = 0; degree < 2 * points; degree++) {
        const integral = nodes.reduce((sum, t, k) => sum + weights[k]! * t ** degree, 0);
        expect(integral).toBeCloseTo(1 / (degree + 1), 13);
      }
    }
  });
});

describe("TreeSHAP", () => {
  it("equals Shapley values computed over all coalitions", () => {
    const random = seeded(7);
    for (let round = 0; round < 60; round++) {
      const features = 2 + (round % 7);
      const trees = Array.from({ length: 1 + (round % 4) }, () =>
        randomTree(random, features, 1 + (round % 6)),
      );
      const ensemble = ensembleOf(trees);
      const shap = new TreeShap(ensemble);
      const row = Float32Array.from({ length: features }, () => random() * 2 - 1);
      const contributions = new Float64Array(features);
      shap.addContributions(row, 1, contributions);
      const expected = bruteForce(trees, row, features);
      for (let i = 0; i < features; i++) expect(contributions[i]).toBeCloseTo(expected[i]!, 6);
      expect(shap.expected).toBeCloseTo(
        trees.reduce((sum, tree) => sum + conditional(tree, row, 0), 0),
        6,
      );
    }
  });

  it("adds up to the forest's value on deep trees", () => {
    const random = seeded(11);
    const ensemble = ensembleOf(Array.from({ length: 6 }, () => randomTree(random, 31, 12)));
    const shap = new TreeShap(ensemble);
    for (let round = 0; round < 20; round++) {
      const row = Float32Array.from({ length: 31 }, () => random() * 2 - 1);
      const contributions = new Float64Array(31);
      shap.addContributions(row, 1, contributions);
      const sum = contributions.reduce((a, b) => a + b, shap.expected);
      expect(sum).toBeCloseTo(evaluateTrees(ensemble, row), 10);
    }
  });

  it("gives a feature that no tree reads exactly nothing", () => {
    const random = seeded(3);
    const shap = new TreeShap(ensembleOf([randomTree(random, 4, 6)]));
    const contributions = new Float64Array(6);
    shap.addContributions(Float32Array.from([0, 0.1, -0.2, 0.3, 9, 9]), 1, contributions);
    expect([...contributions.subarray(4)]).toEqual([0, 0]);
  });

  it("shares the AND of two features equally", () => {
    // 1 only where both pass, each branch half of the training rows: 1 = 1/4 + 3/8 + 3/8.
    const leaf = (value: number): TestTree => ({ leaf: value, cover: 10 });
    const inner = { feature: 1, threshold: 0, yes: leaf(1), no: leaf(0), cover: 20 };
    const tree = { feature: 0, threshold: 0, yes: inner, no: { leaf: 0, cover: 20 }, cover: 40 };
    const shap = new TreeShap(ensembleOf([tree]));
    const contributions = new Float64Array(2);
    shap.addContributions(Float32Array.from([-1, -1]), 1, contributions);
    expect(shap.expected).toBe(0.25);
    expect(contributions[0]).toBeCloseTo(0.375, 12);
    expect(contributions[1]).toBeCloseTo(0.375, 12);
  });
});
