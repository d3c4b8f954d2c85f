import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadCsv } from "../data/csv.ts";
import type { Dataset } from "../data/dataset.ts";
import { syntheticCsv } from "../data/synthetic.ts";
import { GraphBuilder, ML_DOMAIN } from "../graph/graph-builder.ts";
import { importModel } from "./import.ts";
import { honestTestRows } from "./measure-file.ts";
import { thresholds } from "./train.ts";

let folder: string;
let data: Dataset;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "import-"));
  const csv = join(folder, "data.csv");
  await writeFile(csv, syntheticCsv(2_000, 100, { weight: true }));
  data = await loadCsv(csv);
});
afterAll(() => rm(folder, { recursive: true }));

/** Σ of four columns − 4 through a sigmoid, out of columns from `from`: V1 to V4, which the frauds shift, stand at 1. */
function sums(from: number, more: (graph: GraphBuilder, p: string, input: string) => string = (_, p) => p) {
  const graph = new GraphBuilder("foreign");
  const input = graph.input("x", ["n", 30]);
  const columns = graph.int64s("columns", [from, from + 1, from + 2, from + 3]);
  const some = graph.node("Gather", [input, columns], { axis: { int: 1 } });
  const sum = graph.node("ReduceSum", [some, graph.int64s("axes", [1])]);
  const p = graph.node("Sigmoid", [graph.node("Sub", [sum, graph.floats("offset", [4])])]);
  graph.output(more(graph, p, input), ["n", 1]);
  return graph.finish();
}

const options = {
  name: "foreign",
  algorithm: "imported",
  thresholds,
  seed: 1,
  libraries: {},
  file: "f.onnx",
};
const take = (bytes: Uint8Array, fraudClass?: string) =>
  importModel(bytes, data, { ...options, said: { fraudClass } });

test("a classifier that ranks frauds above the rest is taken in with its figures", async () => {
  const { card } = await take(sums(1));
  expect(card.metrics.find(({ name }) => name === "auc")!.value).toBeGreaterThan(0.9);
});

test("its card says how many frauds the figures come from and what so many are worth", async () => {
  const { card } = await take(sums(1));
  const { labels } = honestTestRows(data);
  const frauds = labels.filter((label) => label === 1).length;
  expect(card.measured_on).toEqual({
    file: "data.csv",
    sha256: data.sha256,
    rows: labels.length,
    frauds,
    note: `by chance alone a share of ${frauds} frauds, such as recall, moves by up to ±${(0.98 / Math.sqrt(frauds)).toFixed(2)}`,
  });
});

test("one that ranks them below is refused with the question, and taken in when that is answered", async () => {
  const legitimate = sums(1, (g, p) => g.node("Sub", [g.floats("one", [1]), p]));
  await expect(take(legitimate)).rejects.toThrow(
    /rank legitimate above fraud: .* AUC is 0\.0\d+ .* Is the fraud class the other one\? Then give --fraud-class 0/,
  );
  const { card } = await take(legitimate, "0");
  expect(card.metrics.find(({ name }) => name === "auc")!.value).toBeGreaterThan(0.9);
  await expect(take(sums(1), "0")).rejects.toThrow("Then give --fraud-class 1");
});

test("the question names the other class as the shell takes it", async () => {
  const graph = new GraphBuilder("upside down");
  const coefficients = new Float32Array(60).fill(-1, 1, 5);
  const attributes: Parameters<GraphBuilder["nodes"]>[3] = {
    classlabels_strings: { strings: ["fraud", "not a fraud"] },
    coefficients: { floats: coefficients },
    intercepts: { floats: [4, 0] },
    post_transform: { string: "SOFTMAX" },
  };
  const input = graph.input("x", ["n", 30]);
  const [, table] = graph.nodes("LinearClassifier", [input], 2, attributes, { domain: ML_DOMAIN });
  graph.output(table!, ["n", 2]);
  const bytes = graph.finish();
  await expect(take(bytes)).rejects.toThrow('Then give --fraud-class="not a fraud"');
  const { card } = await take(bytes, "not a fraud");
  expect(card.parameters["probability"]).toContain('class "not a fraud"');
});

test("one whose columns stand in another order tells nothing, and is refused with that question", async () => {
  await expect(take(sums(10))).rejects.toThrow(
    /do not credibly tell fraud from legitimate: .* columns in another order/,
  );
});

test("one that ranks worse than a column alone is taken in with the question whether they are mixed up", async () => {
  expect((await take(sums(1))).questions.join()).not.toContain("ranks worse");
  // V4 is one of those that the frauds shift, V5 to V7 are noise.
  const { card, questions } = await take(sums(4));
  expect(questions[0]).toMatch(
    /ranks worse than V\d alone does \(AUC 0\.9\d+\): are its columns in another order/,
  );
  expect(card.limits).toEqual(expect.arrayContaining([...questions]));
});

test("one that says the same of everything is refused", async () => {
  const constant = sums(1, (g, p) =>
    g.node("Max", [g.node("Mul", [p, g.floats("no", [0])]), g.floats("c", [0.25])]),
  );
  await expect(take(constant)).rejects.toThrow("it gives 0.25 for each of the 2000 rows");
});

test("one that gives no number for a single row of the data is refused, whichever row that is", async () => {
  const rare = data.amounts[1_234]!;
  // 0 / 0 at that amount alone.
  const hole = sums(1, (g, p, input) => {
    const amount = g.node("Gather", [input, g.int64s("at", [29])], { axis: { int: 1 } });
    const away = g.node("Sub", [amount, g.floats("rare", [rare])]);
    return g.node("Mul", [p, g.node("Div", [away, away])]);
  });
  await expect(take(hole)).rejects.toThrow(new RegExp(`gives no probability .*: NaN for .* Amount ${rare} `));
});

test("one that leaves 0 to 1 at the corners of what may come is refused", async () => {
  const grows = sums(1, (g, p, input) => {
    const amount = g.node("Gather", [input, g.int64s("at", [29])], { axis: { int: 1 } });
    return g.node("Add", [p, g.node("Relu", [g.node("Sub", [amount, g.floats("far", [5e7])])])]);
  });
  await expect(take(grows)).rejects.toThrow(/no probability between 0 and 1/);
});
