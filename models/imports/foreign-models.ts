import { type Attribute, elementType, GraphBuilder, ML_DOMAIN } from "../graph/graph-builder.ts";
import type { Said } from "../onnx/adapt.ts";

/** A file of a kind that people bring: what tests try and docs/imports-table.md tells. */
export interface ForeignModel {
  /** Whose exporter writes such files. */
  readonly from: string;
  readonly what: string;
  readonly bytes: Uint8Array;
  readonly said?: Said;
  /** It answers something else than {@link expectedScore}. */
  readonly own?: true;
  /** What a refusal must say; left out for a file that is taken in. */
  readonly refused?: RegExp;
  /** A sample of scores is given beside it: of the model itself, of the other class, or of one with columns mixed up. */
  readonly sample?: "right" | "other class" | "other columns";
}

/** All but whose it is. */
type Unsigned = Omit<ForeignModel, "from">;

const ml = { domain: ML_DOMAIN };
/** The model in every disguise: its margin is V1 + V2 + V3 + V4 − 4, which synthetic frauds have above 0. */
const WANTED = [1, 2, 3, 4] as const;

/** What all of them answer, were they taken in rightly. @param row Time, V1…V28, Amount */
export function expectedScore(row: ArrayLike<number>): number {
  return 1 / (1 + Math.exp(4 - WANTED.reduce((sum, column) => sum + row[column]!, 0)));
}

type Labels = readonly (string | number)[];

/** Attributes of a list of classes, under the names that converters use. */
function classes(labels: Labels, numbers = "classlabels_ints"): Record<string, Attribute> {
  return typeof labels[0] === "string"
    ? { classlabels_strings: { strings: labels.map(String) } }
    : { [numbers]: { ints: labels.map(Number) } };
}

/** A label and a table of two probabilities, fraud in column `fraud`. */
function linear(graph: GraphBuilder, input: string, labels: Labels, fraud: number): [string, string] {
  const coefficients = new Float32Array(60);
  for (const column of WANTED) coefficients[30 * fraud + column] = 1;
  const intercepts = [0, 0];
  intercepts[fraud] = -4;
  const attributes: Record<string, Attribute> = {
    ...classes(labels),
    coefficients: { floats: coefficients },
    intercepts: { floats: intercepts },
    post_transform: { string: "SOFTMAX" },
  };
  return graph.nodes("LinearClassifier", [input], 2, attributes, ml) as [string, string];
}

interface Shape {
  readonly labels: Labels;
  readonly fraud: number;
  readonly zipMap?: boolean;
  readonly rows?: number | string;
}

/** A classifier as skl2onnx and its like write it. */
function classifier({ labels, fraud, zipMap = false, rows = "n" }: Shape): Uint8Array {
  return build((graph) => {
    const [label, table] = linear(graph, graph.input("float_input", [rows, 30]), labels, fraud);
    graph.output(label, [rows], typeof labels[0] === "string" ? "string" : "int64");
    if (!zipMap) {
      graph.output(table, [rows, 2]);
      return;
    }
    graph.output(graph.node("ZipMap", [table], classes(labels, "classlabels_int64s"), ml), [], "map");
  });
}

function build(make: (graph: GraphBuilder) => void, metadata: Record<string, string> = {}): Uint8Array {
  const graph = new GraphBuilder("made");
  make(graph);
  return graph.finish(metadata);
}

/** The margin [n, 1] out of a matrix whose columns `at` are wanted. */
function margin(graph: GraphBuilder, input: string, at: readonly number[] = WANTED): string {
  const some = graph.node("Gather", [input, graph.int64s("wanted", at)], { axis: { int: 1 } });
  const sum = graph.node("ReduceSum", [some, graph.int64s("axes", [1])]);
  return graph.node("Sub", [sum, graph.floats("offset", [4])]);
}

function sigmoid(graph: GraphBuilder, input: string, output?: string): string {
  return graph.node("Sigmoid", [input], {}, output === undefined ? {} : { output });
}

/** Columns legitimate and fraud, or the other way round. */
function pair(graph: GraphBuilder, input: string, fraudFirst = false): string {
  const fraud = sigmoid(graph, margin(graph, input));
  const legitimate = graph.node("Sub", [graph.floats("whole", [1]), fraud]);
  const columns = fraudFirst ? [fraud, legitimate] : [legitimate, fraud];
  return graph.node("Concat", columns, { axis: { int: 1 } });
}

const matrix = (graph: GraphBuilder): string => graph.input("x", ["n", 30]);

/** One number a row out of [n, 30]. */
function single(make: (graph: GraphBuilder, input: string) => string, metadata = {}): Uint8Array {
  return build((graph) => graph.output(make(graph, matrix(graph)), ["n", 1]), metadata);
}

/** Trees with a weight towards class 1 alone, as XGBoost and LightGBM have them. */
function trees(labels: readonly number[], zipMap = false): Uint8Array {
  return build((graph) => {
    const nodes = WANTED.flatMap((column, tree) => [
      { tree, id: 0, column, mode: "BRANCH_LT", value: 1, yes: 1, no: 2 },
      { tree, id: 1, column: 0, mode: "LEAF", value: 0, yes: 0, no: 0 },
      { tree, id: 2, column: 0, mode: "LEAF", value: 0, yes: 0, no: 0 },
    ]);
    const leaves = WANTED.flatMap((_, tree) => [
      { tree, node: 1, weight: -2 },
      { tree, node: 2, weight: 1.5 },
    ]);
    const attributes: Record<string, Attribute> = {
      ...classes(labels, "classlabels_int64s"),
      base_values: { floats: [-1] },
      class_ids: { ints: leaves.map(() => 0) },
      class_nodeids: { ints: leaves.map(({ node }) => node) },
      class_treeids: { ints: leaves.map(({ tree }) => tree) },
      class_weights: { floats: leaves.map(({ weight }) => weight) },
      nodes_falsenodeids: { ints: nodes.map(({ no }) => no) },
      nodes_featureids: { ints: nodes.map(({ column }) => column) },
      nodes_modes: { strings: nodes.map(({ mode }) => mode) },
      nodes_nodeids: { ints: nodes.map(({ id }) => id) },
      nodes_treeids: { ints: nodes.map(({ tree }) => tree) },
      nodes_truenodeids: { ints: nodes.map(({ yes }) => yes) },
      nodes_values: { floats: nodes.map(({ value }) => value) },
      post_transform: { string: "LOGISTIC" },
    };
    const input = graph.input("input", ["n", 30]);
    const [label, p] = graph.nodes("TreeEnsembleClassifier", [input], 2, attributes, ml) as [string, string];
    graph.output(label, ["n"], "int64");
    if (zipMap) graph.output(graph.node("ZipMap", [p], classes(labels, "classlabels_int64s"), ml), [], "map");
    else graph.output(p, ["n", 2]);
  });
}

const columnNames = ["Time", ...Array.from({ length: 28 }, (_, i) => `V${i + 1}`), "Amount"];

/** ML.NET: an input a column, the label among them, each handed on as an output beside Score and Probability. */
function mlNet(more: (graph: GraphBuilder, p: string, label: string) => string = (_, p) => p): Uint8Array {
  return build((graph) => {
    const columns = columnNames.map((name) => graph.input(name, [-1, 1]));
    const label = graph.input("Class", [-1, 1], "bool");
    const all = graph.node("Concat", columns, { axis: { int: 1 } });
    const score = graph.node("Identity", [margin(graph, all)], {}, { output: "Score.output" });
    const p = more(graph, sigmoid(graph, score), label);
    graph.node("Identity", [p], {}, { output: "Probability.output" });
    const predicted = graph.node("Greater", [score, graph.floats("zero", [0])]);
    graph.node("Identity", [predicted], {}, { output: "PredictedLabel.output" });
    graph.node("Identity", ["V28"], {}, { output: "V28.output" });
    graph.output("V28.output", [-1, 1]);
    graph.output("PredictedLabel.output", [-1, 1], "bool");
    graph.output("Score.output", [-1, 1]);
    graph.output("Probability.output", [-1, 1]);
  });
}

/** An input a column, in any order of declaration. */
function byName(names: readonly string[], read: (name: string) => string = (name) => name): Uint8Array {
  return build((graph) => {
    const inputs = new Map(names.map((name) => [read(name), graph.input(name, ["n", 1])]));
    const wanted = WANTED.map((column) => inputs.get(columnNames[column]!)!);
    const all = graph.node("Concat", wanted, { axis: { int: 1 } });
    graph.output(sigmoid(graph, margin(graph, all, [0, 1, 2, 3])), ["n", 1]);
  });
}

const reversed = [...columnNames].reverse();
const reversedPlaces = WANTED.map((column) => 29 - column);

/** A version byte stands last in a file without metadata. */
function withLastByte(bytes: Uint8Array, value: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[copy.length - 1] = value;
  return copy;
}

/** No number for one amount, which one row in some hundred has. */
function hole(graph: GraphBuilder, input: string): string {
  const amount = graph.node("Gather", [input, graph.int64s("at", [29])], { axis: { int: 1 } });
  const root = graph.node("Sqrt", [graph.node("Sub", [graph.floats("limit", [200]), amount])]);
  const nothing = graph.node("Mul", [root, graph.floats("no", [0])]);
  return graph.node("Add", [sigmoid(graph, margin(graph, input)), nothing]);
}

const scikit: readonly Unsigned[] = [
  { what: "classes 0, 1; probabilities `[n,2]`", bytes: classifier({ labels: [0, 1], fraud: 1 }) },
  { what: "classes 0, 1; ZipMap", bytes: classifier({ labels: [0, 1], fraud: 1, zipMap: true }) },
  { what: "classes 1, 0", bytes: classifier({ labels: [1, 0], fraud: 0 }) },
  { what: "classes 1, −1", bytes: classifier({ labels: [1, -1], fraud: 0 }) },
  { what: "classes −1, 1; ZipMap", bytes: classifier({ labels: [-1, 1], fraud: 1, zipMap: true }) },
  { what: "classes fraud, legit", bytes: classifier({ labels: ["fraud", "legit"], fraud: 0 }) },
  {
    what: "classes fraud, legit; ZipMap",
    bytes: classifier({ labels: ["fraud", "legit"], fraud: 0, zipMap: true }),
  },
  { what: "classes legit, fraud", bytes: classifier({ labels: ["legit", "fraud"], fraud: 1 }) },
  { what: "classes True, False", bytes: classifier({ labels: ["True", "False"], fraud: 0 }) },
  {
    what: "classes A, B",
    bytes: classifier({ labels: ["A", "B"], fraud: 0 }),
    refused: /"A", "B", which does not say which of them is fraud: give --fraud-class LABEL/,
  },
  {
    what: "classes A, B; `--fraud-class A`",
    bytes: classifier({ labels: ["A", "B"], fraud: 0 }),
    said: { fraudClass: "A" },
  },
  {
    what: "classes A, B; `--fraud-class B`, which is the other one",
    bytes: classifier({ labels: ["A", "B"], fraud: 0 }),
    said: { fraudClass: "B" },
    refused: /rank legitimate above fraud: .* Then give --fraud-class A/,
  },
  {
    what: "classes A, B; `--fraud-class C`",
    bytes: classifier({ labels: ["A", "B"], fraud: 0 }),
    said: { fraudClass: "C" },
    refused: /--fraud-class C is none of its classes/,
  },
  {
    what: "labels renamed to text by a LabelEncoder of tensors",
    bytes: withLastByte(
      build((graph) => {
        const [label, p] = linear(graph, matrix(graph), [0, 1], 0);
        const names: Record<string, Attribute> = {
          keys_int64s: { ints: [0, 1] },
          values_tensor: { texts: ["fraud", "legit"] },
        };
        graph.output(graph.node("LabelEncoder", [label], names, ml), ["n"], "string");
        graph.output(p, ["n", 2]);
      }),
      4,
    ),
  },
  {
    what: "a neural network, whose classes are a list of text in a Constant",
    bytes: build((graph) => {
      const table = pair(graph, matrix(graph), true);
      const best = graph.node("ArgMax", [table], { axis: { int: 1 }, keepdims: { int: 0 } });
      const names = graph.node("Constant", [], { value: { texts: ["fraud", "legit"] } });
      graph.output(graph.node("ArrayFeatureExtractor", [names, best], {}, ml), [1, "n"], "string");
      graph.output(table, ["n", 2]);
    }),
  },
  {
    what: "float64 in and out",
    bytes: build((graph) => {
      const input = graph.node("Cast", [graph.input("x", ["n", 30], "double")], {
        to: { int: elementType.float },
      });
      graph.output(
        graph.node("Cast", [pair(graph, input)], { to: { int: elementType.double } }),
        ["n", 2],
        "double",
      );
    }),
  },
  {
    what: "an input a column by name, in another order",
    bytes: byName(reversed),
  },
  {
    what: "an input a column, names in other capitals (`v_01`)",
    bytes: byName(
      columnNames.map((name) => name.replace(/^V(\d+)$/, (_, n) => `v_${n.padStart(2, "0")}`)),
      (name) => name.replace(/^v_0*/, "V"),
    ),
  },
  { what: "an input a column, of those it wants only", bytes: byName(["V4", "V2", "V1", "V3"]) },
  {
    what: "an input a column, one of them unknown",
    bytes: byName([...columnNames, "age"]),
    refused:
      /it reads age float32 \[n,1\]\. It must have one input float32 \[n,30\] \(Time, V1 to V28, Amount\)/,
  },
];

const boosters: readonly ForeignModel[] = [
  {
    from: "XGBoost",
    what: "trees with one weight a leaf, classes 0, 1",
    bytes: trees([0, 1]),
    own: true,
  },
  {
    from: "LightGBM",
    what: "the same behind a ZipMap",
    bytes: trees([0, 1], true),
    own: true,
  },
  {
    from: "CatBoost",
    what: "`probabilities` behind a ZipMap, with the label first",
    bytes: build((graph) => {
      const [label, table] = linear(graph, graph.input("features", ["n", 30]), [0, 1], 1);
      graph.output(label, ["n"], "int64");
      graph.output(
        graph.node(
          "ZipMap",
          [table],
          { classlabels_int64s: { ints: [0, 1] } },
          { ...ml, output: "probabilities" },
        ),
        [],
        "map",
      );
    }),
  },
];

const pytorch: readonly Unsigned[] = [
  { what: "one probability a row, `[n,1]`", bytes: single((g, x) => sigmoid(g, margin(g, x))) },
  {
    what: "one probability a row, `[n]`",
    bytes: build((g) => {
      const p = sigmoid(g, margin(g, matrix(g)));
      g.output(g.node("Reshape", [p, g.int64s("flat", [-1])]), ["n"]);
    }),
  },
  {
    what: "`[n,2]` without classes, width not declared",
    bytes: build((g) => g.output(pair(g, matrix(g)), ["n", "k"])),
  },
  {
    what: "`[n,2]` without classes, fraud first",
    bytes: build((g) => g.output(pair(g, matrix(g), true), ["n", 2])),
    refused: /rank legitimate above fraud: .* Then give --fraud-class 0/,
  },
  {
    what: "the same with `--fraud-class 0`",
    bytes: build((g) => g.output(pair(g, matrix(g), true), ["n", 2])),
    said: { fraudClass: "0" },
  },
  {
    what: "1 − p alone",
    bytes: single((g, x) => g.node("Sub", [g.floats("one", [1]), sigmoid(g, margin(g, x))])),
    refused: /rank legitimate above fraud: .* Then give --fraud-class 0/,
  },
  {
    what: "an output `p_legit` alone",
    bytes: single((g, x) =>
      g.node("Sub", [g.floats("one", [1]), sigmoid(g, margin(g, x))], {}, { output: "p_legit" }),
    ),
    refused: /by its name that of the legitimate class: give --fraud-class 0/,
  },
  {
    what: "the same with `--fraud-class 0`",
    bytes: single((g, x) =>
      g.node("Sub", [g.floats("one", [1]), sigmoid(g, margin(g, x))], {}, { output: "p_legit" }),
    ),
    said: { fraudClass: "0" },
  },
  {
    what: "logits alone",
    bytes: single((g, x) => margin(g, x)),
    refused: /no probability between 0 and 1 .*: export predict_proba, or put a Sigmoid or Softmax behind/,
  },
  {
    what: "logits beside probabilities",
    bytes: build((g) => {
      const logits = margin(g, matrix(g));
      g.output(logits, ["n", 1]);
      g.output(sigmoid(g, logits), ["n", 1]);
    }),
  },
  {
    what: "two outputs that could both be it",
    bytes: build((g) => {
      const p = sigmoid(g, margin(g, matrix(g)), "first");
      g.node("Mul", [p, p], {}, { output: "second" });
      g.output("second", ["n", 1]);
      g.output("first", ["n", 1]);
    }),
    refused: /any of its outputs second, first could be .* give --output NAME/,
  },
  {
    what: "the same with `--output first`",
    bytes: build((g) => {
      const p = sigmoid(g, margin(g, matrix(g)), "first");
      g.node("Mul", [p, p], {}, { output: "second" });
      g.output("second", ["n", 1]);
      g.output("first", ["n", 1]);
    }),
    said: { output: "first" },
  },
  {
    what: "an `--output` that it has not",
    bytes: single((g, x) => sigmoid(g, margin(g, x), "p")),
    said: { output: "q" },
    refused: /--output q is none of its outputs: p float32 \[n,1\]/,
  },
  {
    what: "a batch of one in the declaration",
    bytes: build((g) => g.output(pair(g, g.input("x", [1, 30])), [1, 2])),
  },
  {
    what: "a batch of one inside the graph",
    bytes: single((g, x) => sigmoid(g, margin(g, g.node("Reshape", [x, g.int64s("one", [1, 30])])))),
    refused: /one row at a time only: export it with a free number of rows/,
  },
  {
    what: "an operator set that is too new",
    bytes: withLastByte(
      single((g, x) => sigmoid(g, margin(g, x))),
      99,
    ),
    refused:
      /version 99 of the operator set ai\.onnx, newer than ONNX Runtime reads here \(\d+\): export it with target_opset/,
  },
  {
    what: "an operator of nobody",
    bytes: single((g, x) => sigmoid(g, g.node("Frobnicate", [margin(g, x)]))),
    refused: /the operator Frobnicate, which ONNX Runtime does not know/,
  },
];

const inputs: readonly Unsigned[] = [
  {
    what: "`[n,30]`, columns in another order, named in the metadata",
    bytes: single((g, x) => sigmoid(g, margin(g, x, reversedPlaces)), {
      feature_names: JSON.stringify(reversed),
    }),
  },
  {
    what: "`[n,30]`, columns in another order, not named",
    bytes: single((g, x) => sigmoid(g, margin(g, x, reversedPlaces))),
    refused: /do not credibly tell fraud from legitimate: .* columns in another order/,
  },
  {
    what: "the same with `--columns Amount,V28,…,Time`",
    bytes: single((g, x) => sigmoid(g, margin(g, x, reversedPlaces))),
    said: { columns: reversed },
  },
  {
    what: "`--columns` with a name that is none",
    bytes: single((g, x) => sigmoid(g, margin(g, x, reversedPlaces))),
    said: { columns: ["age", ...reversed.slice(1)] },
    refused: /--columns: "age" is no column: each of Time, V1 to V28, Amount/,
  },
  {
    what: "`[n,4]` with `--columns V4,V3,V2,V1`",
    bytes: build((g) => g.output(sigmoid(g, margin(g, g.input("x", ["n", 4]), [0, 1, 2, 3])), ["n", 1])),
    said: { columns: ["V4", "V3", "V2", "V1"] },
  },
  {
    what: "`[n,29]`, not named",
    bytes: build((g) => g.output(sigmoid(g, margin(g, g.input("x", ["n", 29]))), ["n", 1])),
    refused: /it reads x float32 \[n,29\]\. It must have one input float32 \[n,30\]/,
  },
];

const answers: readonly Unsigned[] = [
  {
    what: "no number (NaN) for some rows",
    bytes: single(hole),
    refused:
      /gives no probability from 0 to 1 for \d+ of \d+ rows it was tried on: NaN for the one with Time/,
  },
  {
    what: "probabilities that miss 1 by rounding",
    bytes: single((g, x) => g.node("Add", [sigmoid(g, margin(g, x)), g.floats("rounding", [1e-7])])),
  },
  {
    what: "probabilities up to 1.01",
    bytes: single((g, x) => g.node("Mul", [sigmoid(g, margin(g, x)), g.floats("far", [1.01])])),
    refused: /no probability between 0 and 1/,
  },
  {
    what: "the same for every row",
    bytes: single((g, x) =>
      g.node("Add", [g.node("Mul", [sigmoid(g, margin(g, x)), g.floats("no", [0])]), g.floats("c", [0.25])]),
    ),
    refused: /it gives 0\.25 for each of the \d+ rows/,
  },
  {
    what: "a class and no probability",
    bytes: build((g) => {
      const [label] = linear(g, matrix(g), [0, 1], 1);
      g.output(label, ["n"], "int64");
    }),
    refused: /none of its outputs is a probability.* Export predict_proba, not the class alone/,
  },
];

const samples: readonly Unsigned[] = [
  {
    what: "a sample of scores that it gives",
    bytes: classifier({ labels: [0, 1], fraud: 1 }),
    sample: "right",
  },
  {
    what: "a sample of the other class's scores",
    bytes: classifier({ labels: [0, 1], fraud: 1 }),
    sample: "other class",
    refused: /does not score as sample\.csv says: .* they are the other class's: give --fraud-class/,
  },
  {
    what: "a sample whose columns are mixed up",
    bytes: classifier({ labels: [0, 1], fraud: 1 }),
    sample: "other columns",
    refused: /does not score as sample\.csv says: .* are its columns in another order/,
  },
];

const from = (name: string, models: readonly Unsigned[]): ForeignModel[] =>
  models.map((model) => ({ ...model, from: name }));

/** Every kind of file that is tried. */
export const foreignModels: readonly ForeignModel[] = [
  ...from("scikit-learn (skl2onnx)", scikit),
  ...boosters,
  ...from("PyTorch", pytorch),
  {
    from: "ML.NET",
    what: "an input a column, the label among them; columns handed on as outputs",
    bytes: mlNet(),
  },
  {
    from: "ML.NET",
    what: "the same, the label leaking into the answer",
    bytes: mlNet((graph, p, label) => {
      const known = graph.node("Cast", [label], { to: { int: elementType.float } });
      return graph.node("Max", [p, known]);
    }),
    refused: /it reads the label: its answers change with its input Class/,
  },
  ...from("any: inputs", inputs),
  ...from("any: answers", answers),
  ...from("any: with `--expected`", samples),
  {
    from: "any",
    what: "no ONNX",
    bytes: Buffer.from("no model at all"),
    refused: /not an ONNX model/,
  },
];
