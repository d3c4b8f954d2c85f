import { describe, expect, test } from "vitest";
import { Random } from "../../platform/random.ts";
import { inputNames } from "../data/dataset.ts";
import { newMatrix } from "../features/matrix.ts";
import { adaptClassifier } from "./adapt.ts";
import { type Attribute, GraphBuilder, ML_DOMAIN } from "./graph-builder.ts";
import { checkClassifier } from "./import-check.ts";
import { scoreOnnx } from "./parity.ts";

/** A stump on V14 as scikit-learn's converter writes it: V14 ≤ −3 is a fraud with 0.9, else with 0.1. */
const stump: Record<string, Attribute> = {
  classlabels_int64s: { ints: [0, 1] },
  class_ids: { ints: [0, 1, 0, 1] },
  class_nodeids: { ints: [1, 1, 2, 2] },
  class_treeids: { ints: [0, 0, 0, 0] },
  class_weights: { floats: [0.1, 0.9, 0.9, 0.1] },
  nodes_falsenodeids: { ints: [2, 0, 0] },
  nodes_featureids: { ints: [14, 0, 0] },
  nodes_modes: { strings: ["BRANCH_LEQ", "LEAF", "LEAF"] },
  nodes_nodeids: { ints: [0, 1, 2] },
  nodes_treeids: { ints: [0, 0, 0] },
  nodes_truenodeids: { ints: [1, 0, 0] },
  nodes_values: { floats: [-3, 0, 0] },
  post_transform: { string: "NONE" },
};

function sklearnLike(zipMap = false): Uint8Array {
  const graph = new GraphBuilder("sklearn");
  const input = graph.input("float_input", ["n", 30]);
  const [label, probabilities] = graph.nodes("TreeEnsembleClassifier", [input], 2, stump, {
    domain: ML_DOMAIN,
  }) as [string, string];
  graph.output(label, ["n"], "int64");
  if (zipMap) {
    const attributes = { classlabels_int64s: { ints: [0, 1] } };
    const map = graph.node("ZipMap", [probabilities], attributes, { domain: ML_DOMAIN });
    graph.output(map, [], "map");
  } else graph.output(probabilities, ["n", 2]);
  return graph.finish();
}

function rows(count: number) {
  const random = new Random(3);
  const matrix = newMatrix(count, inputNames);
  for (let i = 0; i < matrix.values.length; i++)
    matrix.values[i] = Math.abs(3 * random.normal()) * (i % 30 === 14 ? -1 : 1);
  return matrix;
}

describe("a classifier from elsewhere gets the output that the scorer reads", () => {
  test.each([
    ["label and probabilities [n,2]", sklearnLike(), "column 1 of its output"],
    ["label and a ZipMap", sklearnLike(true), "what its ZipMap zipmap reads"],
  ])("%s", async (_, bytes, source) => {
    const adapted = adaptClassifier(bytes);
    expect(adapted.source).toContain(source);
    await checkClassifier(adapted.bytes);
    const given = rows(200);
    const scores = await scoreOnnx(adapted.bytes, given);
    const expected = Array.from(scores, (_, r) => Math.fround(given.values[30 * r + 14]! <= -3 ? 0.9 : 0.1));
    expect(Array.from(scores)).toEqual(expected);
    expect(new Set(expected).size).toBe(2);
  });

  test("one float output [n,1], and a file that has `probability` already stays as it is", async () => {
    const graph = new GraphBuilder("single");
    const sum = graph.node("ReduceSum", [graph.input("x", ["n", 30]), graph.int64s("axes", [1])]);
    graph.node("Sigmoid", [sum], {}, { output: "p" });
    graph.output("p", ["n", 1]);
    const adapted = adaptClassifier(graph.finish());
    await checkClassifier(adapted.bytes);
    expect(adapted.source).toBe("its output p");
    expect(adaptClassifier(adapted.bytes).bytes).toBe(adapted.bytes);
  });
});

describe("what is refused", () => {
  test("bytes that are no model", () => {
    expect(() => adaptClassifier(Buffer.from("this is no model at all"))).toThrow("not an ONNX model");
    expect(() => adaptClassifier(new Uint8Array(0))).toThrow("no graph in it");
  });

  test("a file cut short", () => {
    const whole = sklearnLike();
    expect(() => adaptClassifier(whole.subarray(0, whole.length - 40))).toThrow("not an ONNX model");
  });

  test("outputs none of which is a probability", () => {
    const graph = new GraphBuilder("wide");
    graph.node("Identity", [graph.input("x", ["n", 30])], {}, { output: "same" });
    graph.output("same", ["n", 30]);
    expect(() => adaptClassifier(graph.finish())).toThrow("none of its outputs is a probability");
  });

  test("another number of inputs", async () => {
    const graph = new GraphBuilder("narrow");
    const sum = graph.node("ReduceSum", [graph.input("x", ["n", 29]), graph.int64s("axes", [1])]);
    graph.node("Sigmoid", [sum], {}, { output: "p" });
    graph.output("p", ["n", 1]);
    await expect(checkClassifier(adaptClassifier(graph.finish()).bytes)).rejects.toThrow("must be [n,30]");
  });

  test("an answer outside 0 to 1", async () => {
    const graph = new GraphBuilder("margin");
    graph.node("ReduceSum", [graph.input("x", ["n", 30]), graph.int64s("axes", [1])], {}, { output: "p" });
    graph.output("p", ["n", 1]);
    await expect(checkClassifier(adaptClassifier(graph.finish()).bytes)).rejects.toThrow("is no probability");
  });

  test("a row scored otherwise among others than alone", async () => {
    const graph = new GraphBuilder("batch");
    const widths = graph.int64s("widths", [29, 1]);
    const [, amount] = graph.nodes("Split", [graph.input("x", ["n", 30]), widths], 2, { axis: { int: 1 } });
    const scores = graph.node("Div", [amount!, graph.floats("most", [40_000])]);
    const mean = graph.node("ReduceMean", [scores], { axes: { ints: [0] } });
    graph.node("Mul", [scores, mean], {}, { output: "p" });
    graph.output("p", ["n", 1]);
    await expect(checkClassifier(adaptClassifier(graph.finish()).bytes)).rejects.toThrow("alone and");
  });
});
