import { inputNames } from "../data/dataset.ts";
import type { Feature } from "../features/transform.ts";
import { elementType, GraphBuilder } from "../graph/graph-builder.ts";
import type { Calibrator, FittedModel } from "../learners/learner.ts";

/**
 * Writes a model as one ONNX graph: input float32 [n, inputs] → every feature step → learner → calibration. Outputs, in
 * order: `probability` [n], `raw` [n] (the learner's score), `features` [n, F] (what the learner reads).
 *
 * @param name the graph's name; part of the bytes, so it is the model's, never a version or a date
 * @param inputs what the graph reads, in order: Time, V1…V28, Amount; of others the features are all of them, as they
 *   are but for their scaling
 */
export function exportModel(
  name: string,
  features: readonly Feature[],
  model: FittedModel,
  calibrator?: Calibrator,
  inputs: readonly string[] = inputNames,
): Uint8Array {
  const graph = new GraphBuilder(name);
  const input = graph.input("input", ["n", inputs.length]);
  const transformed = appendFeatures(graph, input, features, inputs);
  const raw = model.appendTo(graph, transformed);
  const probability = calibrator
    ? calibrator.appendTo(graph, raw)
    : model.link === "logistic"
      ? graph.node("Sigmoid", [raw])
      : raw;
  const column = graph.int64s("column", [1]);
  graph.node("Squeeze", [probability, column], {}, { output: "probability" });
  graph.node("Squeeze", [raw, column], {}, { output: "raw" });
  graph.output("probability", ["n"]);
  graph.output("raw", ["n"]);
  graph.output("features", ["n", features.length]);
  return graph.finish();
}

/** The steps of models/features/transform.ts as nodes, float32 for float32. */
function appendFeatures(
  graph: GraphBuilder,
  input: string,
  features: readonly Feature[],
  inputs: readonly string[],
): string {
  const asTheyAre =
    features.length === inputs.length &&
    features.every(({ transform, input: from }, i) => transform === "identity" && from === inputs[i]);
  return appendScaling(graph, asTheyAre ? input : appendSteps(graph, input, features), features);
}

function appendSteps(graph: GraphBuilder, input: string, features: readonly Feature[]): string {
  const [time, v, amount] = graph.nodes(
    "Split",
    [input, graph.int64s("widths", [1, 28, 1])],
    3,
    { axis: { int: 1 } },
    { output: "inputs" },
  ) as [string, string, string];
  const parts: string[] = [];
  for (let i = 0; i < features.length; i++) {
    const feature = features[i]!;
    if (isAllV(features, i)) {
      parts.push(v);
      i += 27;
      continue;
    }
    const from = feature.input === "Time" ? time : feature.input === "Amount" ? amount : undefined;
    if (from === undefined)
      throw new RangeError(`feature ${feature.name}: V1 to V28 come whole and in order`);
    parts.push(appendStep(graph, from, feature.transform));
  }
  return graph.node("Concat", parts, { axis: { int: 1 } });
}

function appendScaling(graph: GraphBuilder, unscaled: string, features: readonly Feature[]): string {
  const centers = graph.floats(
    "centers",
    features.map((f) => f.center),
  );
  const scales = graph.floats(
    "scales",
    features.map((f) => f.scale),
  );
  return graph.node("Div", [graph.node("Sub", [unscaled, centers]), scales], {}, { output: "features" });
}

function appendStep(graph: GraphBuilder, from: string, transform: Feature["transform"]): string {
  switch (transform) {
    case "identity":
      return from;
    case "log1p": {
      const wide = graph.node("Cast", [from], { to: { int: elementType.double } });
      const log = graph.node("Log", [graph.node("Add", [wide, graph.doubles("one", [1])])]);
      return graph.node("Cast", [log], { to: { int: elementType.float } });
    }
    case "hour": {
      const second = graph.node("Mod", [from, graph.floats("day", [86_400])], { fmod: { int: 1 } });
      return graph.node("Div", [second, graph.floats("hour", [3_600])]);
    }
    case "hour_index":
      return graph.node("Floor", [graph.node("Div", [from, graph.floats("hour", [3_600])])]);
  }
}

function isAllV(features: readonly Feature[], at: number): boolean {
  for (let i = 0; i < 28; i++) {
    const feature = features[at + i];
    if (feature?.transform !== "identity" || feature.input !== `V${i + 1}`) return false;
  }
  return true;
}
