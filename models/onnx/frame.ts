import protobuf from "protobufjs";
import type { Graph } from "../../scorer/scoring/explain/onnx-graph.ts";
import { elementType, GraphBuilder } from "../graph/graph-builder.ts";
import { type Feed, type FeedOptions, feedInputs } from "./feed-inputs.ts";
import { type ModelFile, modelField, wrap } from "./model-file.ts";

const OPSET_WHEN_NONE = 13;
/** The first operator set whose Where takes floats. */
const OPSET_OF_WHERE = 9;

/** The output that the scorer reads. */
export const PROBABILITY = "probability";

/** A foreign graph and what goes around it, whichever of its tensors is asked for. */
export interface Frame {
  readonly file: ModelFile;
  readonly feed: Feed;
  /** What the names of added tensors begin with. */
  readonly prefix: string;
  /** The name of the one output. */
  readonly output: string;
}

/** How a probability comes out of a tensor. */
export interface Out {
  readonly tensor: string;
  /** Numbers a row that the tensor holds, and which of them is meant. */
  readonly columns: number;
  readonly column: number;
  /** One minus the column: the class that a single output leaves. */
  readonly inverted: boolean;
  /** What lies outside 0 to 1 is put to the end that it missed. */
  readonly cut: boolean;
}

/** @throws DomainError `invalid_argument` when the graph's inputs cannot be fed; see {@link feedInputs} */
export function frameOf(bytes: Uint8Array, file: ModelFile, graph: Graph, options: FeedOptions = {}): Frame {
  const prefix = unusedPrefix(bytes);
  return { file, feed: feedInputs(file, prefix, options), prefix, output: outputName(graph, prefix) };
}

/** A tensor of the graph itself may have the name; the scorer reads a file's only output whatever it is called. */
function outputName(graph: Graph, prefix: string): string {
  const taken = graph.nodes.some(({ outputs }) => outputs.includes(PROBABILITY));
  return taken ? prefix + PROBABILITY : PROBABILITY;
}

/** A beginning that no name in the file has: it may have been adapted before. */
function unusedPrefix(bytes: Uint8Array): string {
  let prefix = "paysecure_";
  while (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(prefix)) prefix += "_";
  return prefix;
}

/** The graph between its feed and a probability [n] out of one of its tensors. */
export function withProbability(
  frame: Frame,
  { tensor: from, columns, column, inverted, cut }: Out,
): Uint8Array {
  const { prefix } = frame;
  const back = new GraphBuilder("");
  const step = (operator: string, inputs: string[], attributes: Parameters<GraphBuilder["node"]>[2] = {}) =>
    back.node(operator, inputs, attributes, { output: prefix + operator.toLowerCase() });
  let tensor = from;
  if (columns > 1) {
    const table = step("Reshape", [tensor, back.int64s(`${prefix}table`, [-1, columns])]);
    tensor = step("Gather", [table, back.int64s(`${prefix}fraud_column`, [column])], { axis: { int: 1 } });
  }
  tensor = step("Cast", [tensor], { to: { int: elementType.float } });
  const zero = back.floats(`${prefix}zero`, [0]);
  const one = back.floats(`${prefix}one`, [1]);
  if (inverted) tensor = step("Sub", [one, tensor]);
  if (cut && (frame.file.operatorSets.get("") ?? OPSET_WHEN_NONE) >= OPSET_OF_WHERE) {
    // Where, not Clip: what is no number must stay none.
    tensor = step("Where", [step("Greater", [tensor, one]), one, tensor]);
    tensor = step("Where", [step("Less", [tensor, zero]), zero, tensor]);
  }
  return join(frame, back, tensor);
}

/** The graph with one number for one row: how many numbers a tensor holds for it. */
export function withSize(frame: Frame, tensor: string): Uint8Array {
  const { prefix } = frame;
  const back = new GraphBuilder("");
  const size = back.node("Size", [tensor], {}, { output: `${prefix}size` });
  const number = back.node("Cast", [size], { to: { int: elementType.float } }, { output: `${prefix}number` });
  return join(frame, back, number);
}

function join({ file, feed, prefix, output }: Frame, back: GraphBuilder, tensor: string): Uint8Array {
  back.node("Reshape", [tensor, back.int64s(`${prefix}flat`, [-1])], {}, { output });
  back.output(output, ["n"]);
  const graph = Buffer.concat([feed.front.fragment(), file.body, back.fragment()]);
  const parts = [file.rest, wrap(modelField.graph, graph).bytes];
  if (!file.operatorSets.has("")) {
    const version = protobuf.Writer.create()
      .uint32(2 << 3)
      .int64(OPSET_WHEN_NONE)
      .finish();
    parts.push(wrap(modelField.operatorSet, version).bytes);
  }
  return Buffer.concat(parts);
}
