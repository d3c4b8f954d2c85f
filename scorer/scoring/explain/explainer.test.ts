import { describe, expect, it } from "vitest";
import type { ModelCard } from "../../serving/registry.ts";
import { createExplainer } from "./explainer.ts";
import { modelFile, randomTree, regressorNode, seeded, type TestNode } from "./tree-fixture.ts";

const F = 5;

const card = {
  features: Array.from({ length: F }, (_, i) => ({
    name: `V${i + 1}`,
    transform: "identity",
    input: `V${i + 1}`,
    center: 0,
    scale: 1,
  })),
} as unknown as ModelCard;

const outputs = ["probability", "raw", "features"];
const random = seeded(5);
const trees = Array.from({ length: 3 }, () => randomTree(random, F, 4));
const row = Float32Array.from({ length: F }, () => random() * 2 - 1);
const coefficients = { dims: [F, 1], data: [0.5, -1, 0, 2, 0.25] };
const linear = coefficients.data.reduce((sum, c, i) => sum + c * row[i]!, 0);

const explain = (nodes: readonly TestNode[], constants: Parameters<typeof modelFile>[1] = {}, of = card) =>
  createExplainer(modelFile(nodes, constants, outputs), of);

describe("a linear model", () => {
  const explainer = explain(
    [
      { op: "MatMul", inputs: ["features", "w"], outputs: ["wx"] },
      { op: "Add", inputs: ["wx", "b"], outputs: ["sum"] },
      { op: "Reshape", inputs: ["sum", "shape"], outputs: ["raw"] },
    ],
    { w: coefficients, b: { dims: [1], data: [-3] }, shape: { dims: [1], data: [-1] } },
  );

  it("gets coefficient × distance from the typical transaction", () => {
    const { contributions, baseline, rawScore, unit } = explainer.explain(row);
    expect(baseline).toBe(-3);
    coefficients.data.forEach((c, i) => {
      expect(contributions[i]).toBeCloseTo(c * row[i]!, 12);
    });
    expect(rawScore).toBeCloseTo(linear - 3, 10);
    expect(unit).toBe("log-odds");
  });

  it("refuses a row of another width", () => {
    expect(() => explainer.explain(new Float32Array(F + 1))).toThrow("6 features instead of 5");
  });
});

describe("an ensemble in raw space", () => {
  it("gets the weighted sum of its parts' contributions", () => {
    const forest = explain([regressorNode(trees, "features", "raw")]);
    const half = { dims: [1], data: [0.5] };
    const both = explain(
      [
        regressorNode(trees, "features", "forest"),
        { op: "Mul", inputs: ["forest", "half"], outputs: ["a"] },
        { op: "Gemm", inputs: ["features", "w"], outputs: ["b"], attributes: {} },
        { op: "Add", inputs: ["a", "b"], outputs: ["raw"] },
      ],
      { half, w: coefficients },
    );
    const alone = forest.explain(row);
    const together = both.explain(row);
    expect(together.baseline).toBeCloseTo(alone.baseline / 2, 12);
    for (let i = 0; i < F; i++) {
      const expected = alone.contributions[i]! / 2 + coefficients.data[i]! * row[i]!;
      expect(together.contributions[i]).toBeCloseTo(expected, 10);
    }
    expect(together.method).toContain("TreeSHAP");
    expect(together.method).toContain("linear");
  });
});

describe("a small network", () => {
  const hidden = { dims: [F, 3], data: Array.from({ length: F * 3 }, () => random() * 2 - 1) };
  const out = { dims: [3, 1], data: [1, -2, 0.5] };
  const nodes: TestNode[] = [
    { op: "Gemm", inputs: ["features", "hidden", "bias"], outputs: ["h"] },
    { op: "Relu", inputs: ["h"], outputs: ["r"] },
    { op: "MatMul", inputs: ["r", "out"], outputs: ["raw"] },
  ];
  const bias = { dims: [3], data: [0.1, -0.2, 0.3] };
  const network = (x: ArrayLike<number>): number =>
    out.data.reduce((sum, w, j) => {
      let h = Math.fround(bias.data[j]!);
      for (let i = 0; i < F; i++) h += Math.fround(hidden.data[i * 3 + j]!) * x[i]!;
      return sum + w * Math.max(0, h);
    }, 0);

  it("is explained by sampling, near the values over all coalitions and summing exactly", () => {
    const explainer = explain(nodes, { hidden, out, bias });
    const { contributions, baseline, rawScore, method } = explainer.explain(row);
    expect(baseline).toBeCloseTo(network(new Float64Array(F)), 6);
    expect(rawScore).toBeCloseTo(network(row), 6);
    expect(method).toContain("128 sampled feature orders");
    const exact = shapley((set) => network(row.map((x, i) => (set & (1 << i) ? x : 0))));
    for (let i = 0; i < F; i++) expect(Math.abs(contributions[i]! - exact[i]!)).toBeLessThan(0.1);
  });

  it("always answers the same row the same way", () => {
    const explainer = explain(nodes, { hidden, out, bias });
    const first = explainer.explain(row).contributions;
    explainer.explain(row.map((x) => -x));
    expect(explainer.explain(row).contributions).toEqual(first);
  });
});

/** By the definition, over all 2^F coalitions. */
function shapley(game: (set: number) => number): number[] {
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
  const size = (set: number): number => (set === 0 ? 0 : (set & 1) + size(set >>> 1));
  return Array.from({ length: F }, (_, i) => {
    let sum = 0;
    for (let set = 0; set < 1 << F; set++) {
      if (set & (1 << i)) continue;
      const weight = (factorial(size(set)) * factorial(F - size(set) - 1)) / factorial(F);
      sum += weight * (game(set | (1 << i)) - game(set));
    }
    return sum;
  });
}

describe("the unit", () => {
  const forest = [
    { feature: 0, threshold: 0, cover: 4, yes: { leaf: 0.1, cover: 2 }, no: { leaf: 0.9, cover: 2 } },
  ];
  const node = regressorNode(forest, "features", "raw");

  it("is a probability when the score cannot leave [0, 1]", () => {
    expect(explain([node]).unit).toBe("probability");
    expect(explain([regressorNode([...forest, ...forest], "features", "raw")]).unit).toBe("log-odds");
  });

  it("is what the card says", () => {
    expect(explain([node], {}, { ...card, link: "logistic" }).unit).toBe("log-odds");
    expect(explain([node], {}, { ...card, link: "identity" }).unit).toBe("probability");
  });
});

describe("a model it does not understand", () => {
  it("says so, naming the operator", () => {
    const explainer = explain([{ op: "Einsum", inputs: ["features"], outputs: ["raw"] }]);
    expect(explainer.supported).toBe(false);
    expect(explainer.why).toContain("operator Einsum is not understood");
    expect(() => explainer.explain(row)).toThrow("cannot be explained");
  });

  it("says so when there is no raw score in the graph", () => {
    const bytes = modelFile([regressorNode(trees, "features", "raw")], {}, ["probability"]);
    expect(createExplainer(bytes, card).why).toContain('no output "features"');
  });

  it("refuses bytes that are no model", () => {
    expect(() => createExplainer(new Uint8Array([255, 1, 2]), card)).toThrow("not an ONNX model");
  });
});

describe("trees without covers", () => {
  it("are sampled against the typical transaction, and still sum to the score", () => {
    const node = regressorNode(trees, "features", "raw");
    const { nodes_hitrates: _, ...attributes } = node.attributes as Record<string, number[]>;
    const explainer = explain([{ ...node, attributes }]);
    expect(explainer.method).toContain("sampled feature orders");
    const exact = explain([node]).explain(row);
    expect(explainer.explain(row).rawScore).toBeCloseTo(exact.rawScore, 10);
  });
});
