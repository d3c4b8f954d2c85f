import { describe, expect, test } from "vitest";
import { Random } from "../../platform/math/random.ts";
import { inputNames } from "../data/dataset.ts";
import { newMatrix } from "../features/matrix.ts";
import { type Attribute, elementType, GraphBuilder, ML_DOMAIN } from "../graph/graph-builder.ts";
import { adaptClassifier, type Said } from "./adapt.ts";
import { checkClassifier, probeRows } from "./import-check.ts";
import { scoreOnnx } from "./parity.ts";

const ml = { domain: ML_DOMAIN };
const rows = (() => {
  const random = new Random(3);
  const matrix = newMatrix(200, inputNames);
  for (let r = 0; r < matrix.rows; r++) {
    for (let v = 1; v <= 28; v++) matrix.values[30 * r + v] = 4 * random.normal();
    matrix.values[30 * r] = r;
    matrix.values[30 * r + 29] = random.int(10_000) / 100;
  }
  return probeRows(matrix);
})();

/** One logistic regression in every disguise: fraud the likelier, the lower V14. */
const expected = Float32Array.from({ length: rows.rows }, (_, r) => sigmoid(margin(r)));
function margin(row: number): number {
  return -2 * rows.values[30 * row + 14]! - 6;
}
function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

type Labels = readonly (string | number)[];
const classes = (labels: Labels, numbers: string): Record<string, Attribute> =>
  typeof labels[0] === "string"
    ? { classlabels_strings: { strings: labels.map(String) } }
    : { [numbers]: { ints: labels.map(Number) } };

/** scikit-learn's LogisticRegression as its converter writes it, with fraud as column `fraud`. */
function linear(graph: GraphBuilder, input: string, labels: Labels, fraud: number): [string, string] {
  const coefficients = new Float32Array(60);
  coefficients[30 * fraud + 14] = -2;
  const intercepts = [0, 0];
  intercepts[fraud] = -6;
  const attributes: Record<string, Attribute> = {
    ...classes(labels, "classlabels_ints"),
    coefficients: { floats: coefficients },
    intercepts: { floats: intercepts },
    post_transform: { string: "SOFTMAX" },
  };
  return graph.nodes("LinearClassifier", [input], 2, attributes, ml) as [string, string];
}

/** A classifier with label and probabilities, or label and ZipMap. */
function classifier(labels: Labels, fraud: number, zipMap = false): Uint8Array {
  const graph = new GraphBuilder("sklearn");
  const [label, table] = linear(graph, graph.input("float_input", ["n", 30]), labels, fraud);
  graph.output(label, ["n"], typeof labels[0] === "string" ? "string" : "int64");
  if (zipMap) {
    const map = graph.node("ZipMap", [table], classes(labels, "classlabels_int64s"), ml);
    graph.output(map, [], "map");
  } else graph.output(table, ["n", 2]);
  return graph.finish();
}

/** −2 V14 − 6 out of any input [n, 30], [n, 1]. */
function score(graph: GraphBuilder, input: string): string {
  const v14 = graph.node("Gather", [input, graph.int64s("at", [14])], { axis: { int: 1 } });
  return graph.node("Sub", [graph.node("Mul", [v14, graph.floats("w", [-2])]), graph.floats("b", [6])]);
}

/** Columns legitimate and fraud, without labels. */
function table(graph: GraphBuilder, input: string, output?: string): string {
  const fraud = graph.node("Sigmoid", [score(graph, input)]);
  const legitimate = graph.node("Sub", [graph.floats("whole", [1]), fraud]);
  return graph.node("Concat", [legitimate, fraud], { axis: { int: 1 } }, output ? { output } : {});
}

function build(make: (graph: GraphBuilder) => void, metadata: Record<string, string> = {}): Uint8Array {
  const graph = new GraphBuilder("made");
  make(graph);
  return graph.finish(metadata);
}

async function expectTakenIn(bytes: Uint8Array, said: Said = {}): Promise<string> {
  const adapted = await adaptClassifier(bytes, rows, said);
  await checkClassifier(adapted.bytes, rows);
  const scores = await scoreOnnx(adapted.bytes, rows);
  for (let r = 0; r < rows.rows; r++) expect(scores[r]).toBeCloseTo(expected[r]!, 5);
  return adapted.source;
}

describe("which class is fraud is read from the model's own labels", () => {
  test.each<[Labels, number]>([
    [["fraud", "legit"], 0],
    [["legit", "fraud"], 1],
    [["Fraudulent", "Genuine"], 0],
    [["is_fraud", "no_fraud"], 0],
    [["nonfraud", "fraud"], 1],
    [["not a fraud", "Fraud"], 1],
    [[1, 0], 0],
    [[0, 1], 1],
    [[1, -1], 0],
    [[-1, 1], 1],
    [["1", "0"], 0],
    [["1.0", "-1.0"], 0],
    [["True", "False"], 0],
    [["false", "true"], 1],
  ])("%j", async (labels, fraud) => {
    expect(await expectTakenIn(classifier(labels, fraud))).toContain(`class "${labels[fraud]}"`);
    expect(await expectTakenIn(classifier(labels, fraud, true))).toContain(`column ${fraud} of`);
  });

  test("of trees", async () => {
    const trees = build((graph) => {
      const attributes: Record<string, Attribute> = {
        ...classes([1, 0], "classlabels_int64s"),
        class_ids: { ints: [0, 1, 0, 1] },
        class_nodeids: { ints: [1, 1, 2, 2] },
        class_treeids: { ints: [0, 0, 0, 0] },
        class_weights: { floats: [0.75, 0.25, 0.25, 0.75] },
        nodes_falsenodeids: { ints: [2, 0, 0] },
        nodes_featureids: { ints: [14, 0, 0] },
        nodes_modes: { strings: ["BRANCH_LEQ", "LEAF", "LEAF"] },
        nodes_nodeids: { ints: [0, 1, 2] },
        nodes_treeids: { ints: [0, 0, 0] },
        nodes_truenodeids: { ints: [1, 0, 0] },
        nodes_values: { floats: [-3, 0, 0] },
        post_transform: { string: "NONE" },
      };
      const input = graph.input("X", ["n", 30]);
      const [label, p] = graph.nodes("TreeEnsembleClassifier", [input], 2, attributes, ml) as [
        string,
        string,
      ];
      graph.output(label, ["n"], "int64");
      graph.output(p, ["n", 2]);
    });
    const { bytes } = await adaptClassifier(trees, rows);
    const scores = await scoreOnnx(bytes, rows);
    expect(Array.from(scores)).toEqual(
      Array.from(expected, (_, r) => (rows.values[30 * r + 14]! <= -3 ? 0.75 : 0.25)),
    );
  });

  test("of a support vector machine", async () => {
    const vectors = new Float32Array(60);
    vectors[14] = -1;
    vectors[44] = 1;
    const machine = (labels: Labels) =>
      build((graph) => {
        const attributes: Record<string, Attribute> = {
          ...classes(labels, "classlabels_ints"),
          coefficients: { floats: [1, -1] },
          kernel_params: { floats: [1, 0, 3] },
          kernel_type: { string: "LINEAR" },
          post_transform: { string: "NONE" },
          prob_a: { floats: [-1] },
          prob_b: { floats: [0] },
          rho: { floats: [0] },
          support_vectors: { floats: vectors },
          vectors_per_class: { ints: [1, 1] },
        };
        const input = graph.input("X", ["n", 30]);
        const [label, p] = graph.nodes("SVMClassifier", [input], 2, attributes, ml) as [string, string];
        graph.output(label, ["n"], typeof labels[0] === "string" ? "string" : "int64");
        graph.output(p, ["n", 2]);
      });
    const scores = async (labels: Labels) =>
      scoreOnnx((await adaptClassifier(machine(labels), rows)).bytes, rows);
    const [first, second] = [await scores([1, 0]), await scores(["legit", "fraud"])];
    expect(first.some((p) => p > 0.9)).toBe(true);
    for (let r = 0; r < rows.rows; r++) expect(first[r]! + second[r]!).toBeCloseTo(1, 5);
  });

  test("of a label looked up in a list, as scikit-learn's neural networks have it, before those of an inner classifier", async () => {
    const looked = build((graph) => {
      const [, inner] = linear(graph, graph.input("X", ["n", 30]), [0, 1], 0);
      const best = graph.node("ArgMax", [inner], { axis: { int: 1 }, keepdims: { int: 0 } });
      const label = graph.node("ArrayFeatureExtractor", [graph.int64s("classes", [1, 0]), best], {}, ml);
      graph.output(graph.node("Reshape", [label, graph.int64s("flat", [-1])]), ["n"], "int64");
      graph.output(inner, ["n", 2]);
    });
    expect(await expectTakenIn(looked)).toContain('class "1"');
  });

  test("of a label renamed by a LabelEncoder", async () => {
    const renamed = build((graph) => {
      const [label, p] = linear(graph, graph.input("X", ["n", 30]), [0, 1], 0);
      const names: Record<string, Attribute> = {
        keys_int64s: { ints: [0, 1] },
        values_strings: { strings: ["fraud", "legit"] },
      };
      graph.output(graph.node("LabelEncoder", [label], names, ml), ["n"], "string");
      graph.output(p, ["n", 2]);
    });
    expect(await expectTakenIn(renamed)).toContain('class "fraud"');
  });

  test.each<[Labels]>([[["A", "B"]], [["fraud", "suspected fraud"]], [["good", "bad"]], [[1, 2]], [[0, -1]]])(
    "what does not say which is fraud is asked about: %j",
    async (labels) => {
      const bytes = classifier(labels, 0);
      await expect(adaptClassifier(bytes, rows)).rejects.toThrow(/does not say which .* give --fraud-class/);
      await expectTakenIn(bytes, { fraudClass: String(labels[0]) });
      await expect(adaptClassifier(bytes, rows, { fraudClass: "C" })).rejects.toThrow("none of its classes");
    },
  );

  test("a class that is asked for is taken, and the other one named", async () => {
    const bytes = classifier(["fraud", "legit"], 1);
    await expectTakenIn(bytes, { fraudClass: "legit" });
    expect((await adaptClassifier(bytes, rows)).otherClass).toBe("legit");
  });
});

describe("outputs", () => {
  const input = (graph: GraphBuilder) => graph.input("x", ["n", 30]);

  test.each<[string, (graph: GraphBuilder) => void]>([
    ["a table without a static width", (g) => g.output(table(g, input(g)), ["n", "k"])],
    ["a table called probability", (g) => g.output(table(g, input(g), "probability"), ["n", 2])],
    [
      "a table of float64",
      (g) => {
        const wide = g.node("Cast", [table(g, input(g))], { to: { int: elementType.double } });
        g.output(wide, ["n", 2], "double");
      },
    ],
    ["one number a row", (g) => g.output(g.node("Sigmoid", [score(g, input(g))]), ["n", 1])],
    [
      "scores before the probabilities",
      (g) => {
        const logits = score(g, input(g));
        g.output(logits, ["n", 1]);
        g.output(g.node("Sigmoid", [logits]), ["n", 1]);
      },
    ],
    [
      "both probabilities, one output each",
      (g) => {
        const p = g.node("Sigmoid", [score(g, input(g))], {}, { output: "p_fraud" });
        g.node("Sub", [g.floats("whole", [1]), p], {}, { output: "p_legit" });
        g.output("p_legit", ["n", 1]);
        g.output("p_fraud", ["n", 1]);
      },
    ],
    [
      "a verdict of 0 and 1 beside the probability",
      (g) => {
        const p = g.node("Sigmoid", [score(g, input(g))]);
        g.output(g.node("Round", [p]), ["n", 1]);
        g.output(p, ["n", 1]);
      },
    ],
    [
      "a tensor inside that is called probability",
      (g) => {
        const p = g.node("Sigmoid", [score(g, input(g))], {}, { output: "probability" });
        g.output(g.node("Identity", [p]), ["n", 1]);
      },
    ],
  ])("%s", async (_, make) => {
    await expectTakenIn(build(make));
  });

  test("of a single number the other class is one minus it", async () => {
    const legitimate = build((g) => {
      const p = g.node("Sigmoid", [score(g, input(g))]);
      g.output(g.node("Sub", [g.floats("whole", [1]), p]), ["n", 1]);
    });
    expect((await adaptClassifier(legitimate, rows)).otherClass).toBe("0");
    expect(await expectTakenIn(legitimate, { fraudClass: "0" })).toContain("1 − its output");
  });

  test("two that could be it are asked about by name", async () => {
    const two = build((g) => {
      const p = g.node("Sigmoid", [score(g, input(g))], {}, { output: "first" });
      g.node("Mul", [p, p], {}, { output: "second" });
      g.output("second", ["n", 1]);
      g.output("first", ["n", 1]);
    });
    await expect(adaptClassifier(two, rows)).rejects.toThrow("its outputs second, first could be");
    await expectTakenIn(two, { output: "first" });
  });

  test("sums that miss 1 by rounding are cut there, and what is no number stays none", async () => {
    const bytes = build((g) => {
      const x = input(g);
      const p = g.node("Sigmoid", [score(g, x)]);
      const above = g.node("Mul", [p, g.floats("rounding", [1.000001])]);
      const amount = g.node("Gather", [x, g.int64s("amount", [29])], { axis: { int: 1 } });
      const root = g.node("Sqrt", [g.node("Sub", [g.floats("limit", [1e8]), amount])]);
      g.output(g.node("Add", [above, g.node("Mul", [root, g.floats("nothing", [0])])]), ["n", 1]);
    });
    const { bytes: cut } = await adaptClassifier(bytes, rows);
    const scores = await scoreOnnx(cut, rows);
    const amounts = Array.from(scores, (_, r) => rows.values[30 * r + 29]!);
    expect(Math.max(...scores.filter((score) => !Number.isNaN(score)))).toBe(1);
    expect(Array.from(scores, Number.isNaN)).toEqual(amounts.map((amount) => amount > 1e8));
    await expect(checkClassifier(cut, rows)).rejects.toThrow(/no probability .* NaN .* Amount 1000000000/);
  });

  test("a file that has `probability` already stays as it is", async () => {
    const made = await adaptClassifier(classifier(["fraud", "legit"], 0), rows);
    expect((await adaptClassifier(made.bytes, rows)).bytes).toBe(made.bytes);
  });
});

describe("inputs", () => {
  test("one a column, in any order and spelling, Time in whole seconds", async () => {
    const bytes = build((graph) => {
      const names = [...inputNames].reverse();
      const spelled = names.map((name) =>
        graph.input(name.replace("V", "v_"), ["n", 1], name === "Time" ? "int64" : "float"),
      );
      const cast = graph.node("Cast", [spelled[29]!], { to: { int: elementType.float } });
      const all = graph.node("Concat", [cast, ...spelled.slice(0, 29).reverse()], { axis: { int: 1 } });
      graph.output(table(graph, all), ["n", 2]);
    });
    expect(await expectTakenIn(bytes)).toContain("fed by name: 30 of the columns");
  });

  test("only those of the columns that the model wants", async () => {
    const single = build((graph) => {
      const column = graph.node("Mul", [graph.input("V14", ["n"]), graph.floats("w", [-2])]);
      graph.output(graph.node("Sigmoid", [graph.node("Sub", [column, graph.floats("b", [6])])]), ["n"]);
    });
    expect(await expectTakenIn(single)).toContain("fed by name: 1 of the columns");
    const without = build(
      (graph) => {
        const at = graph.int64s("at", [13]);
        const v14 = graph.node("Gather", [graph.input("x", ["n", 29]), at], { axis: { int: 1 } });
        const column = graph.node("Mul", [v14, graph.floats("w", [-2])]);
        graph.output(graph.node("Sigmoid", [graph.node("Sub", [column, graph.floats("b", [6])])]), ["n", 1]);
      },
      { columns: inputNames.slice(1).join(",") },
    );
    expect(await expectTakenIn(without)).toContain("29 columns in the order of its metadata");
  });

  test("columns in the order that the metadata names", async () => {
    const swapped = [...inputNames];
    [swapped[14], swapped[3]] = [swapped[3]!, swapped[14]!];
    const bytes = build(
      (graph) => {
        const input = graph.input("x", ["n", 30]);
        const order = Array.from({ length: 30 }, (_, i) => (i === 14 ? 3 : i === 3 ? 14 : i));
        const ours = graph.node("Gather", [input, graph.int64s("order", order)], { axis: { int: 1 } });
        graph.output(table(graph, ours), ["n", 2]);
      },
      { producer: "somebody", feature_names: JSON.stringify(swapped) },
    );
    expect(await expectTakenIn(bytes)).toContain("order of its metadata");
  });

  test("float64, and a number of rows that is fixed in the declaration only", async () => {
    await expectTakenIn(
      build((graph) => {
        const wide = graph.input("x", [1, 30], "double");
        const input = graph.node("Cast", [wide], { to: { int: elementType.float } });
        graph.output(table(graph, input), [1, 2]);
      }),
    );
  });
});

describe("what is refused, in words for the person who exported it", () => {
  const refusal = async (bytes: Uint8Array): Promise<string> => {
    try {
      const adapted = await adaptClassifier(bytes, rows);
      await checkClassifier(adapted.bytes, rows);
    } catch (error) {
      const { message } = error as Error;
      expect(message).not.toMatch(/onnxruntime_src|Status Message|::|Non-zero/);
      return message;
    }
    throw new Error("it was taken in");
  };
  const plain = (change: (graph: GraphBuilder, input: string) => string, width = 30) =>
    build((graph) => graph.output(change(graph, graph.input("x", ["n", width])), ["n", 1]));

  test("bytes that are no model, and a file cut short", async () => {
    expect(await refusal(Buffer.from("this is no model at all"))).toContain("not an ONNX model");
    expect(await refusal(new Uint8Array(0))).toContain("no graph in it");
    const whole = classifier([0, 1], 1);
    expect(await refusal(whole.subarray(0, whole.length - 40))).toContain("not an ONNX model");
  });

  test("outputs none of which is a probability", async () => {
    expect(await refusal(plain((g, x) => g.node("Identity", [x])))).toContain(
      "none of its outputs is a probability",
    );
    expect(await refusal(plain(score))).toMatch(/no probability between 0 and 1 .*: export predict_proba/);
  });

  test("another number of inputs, and columns of unknown names", async () => {
    const sum = (g: GraphBuilder, x: string) =>
      g.node("Sigmoid", [g.node("ReduceSum", [x, g.int64s("axes", [1])])]);
    expect(await refusal(plain(sum, 29))).toContain("it reads x float32 [n,29]. It must have one input");
    const ages = build((g) => {
      const both = g.node("Add", [g.input("age", ["n", 1]), g.input("Amount", ["n", 1])]);
      g.output(g.node("Sigmoid", [both]), ["n", 1]);
    });
    expect(await refusal(ages)).toContain("it reads age float32 [n,1]. It must have one input");
  });

  test("a number of rows that is fixed inside", async () => {
    const fixed = plain((g, x) =>
      g.node("Sigmoid", [score(g, g.node("Reshape", [x, g.int64s("one", [1, 30])]))]),
    );
    expect(await refusal(fixed)).toContain("export it with a free number of rows");
  });

  test("operators of tomorrow and of nobody", async () => {
    const unknown = plain((g, x) => g.node("Sigmoid", [g.node("Frobnicate", [x])]));
    expect(await refusal(unknown)).toContain("the operator Frobnicate, which ONNX Runtime does not know");
    const bytes = Buffer.from(plain((g, x) => g.node("Sigmoid", [score(g, x)])));
    // The operator set's version is the file's last byte.
    bytes[bytes.length - 1] = 99;
    expect(await refusal(bytes)).toMatch(
      /version 99 of the operator set ai.onnx.*export it with target_opset \d+/,
    );
  });

  test("a row scored otherwise among others than alone", async () => {
    const batch = plain((g, x) => {
      const p = g.node("Sigmoid", [score(g, x)]);
      return g.node("Mul", [p, g.node("ReduceMean", [p], { axes: { ints: [0] } })]);
    });
    expect(await refusal(batch)).toContain("alone and");
  });
});
