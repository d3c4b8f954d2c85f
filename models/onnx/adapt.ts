import protobuf from "protobufjs";
import { DomainError, messageOf } from "../../platform/errors.ts";
import { readGraph } from "../../scorer/scoring/explain/onnx-graph.ts";
import { GraphBuilder } from "./graph-builder.ts";

const FLOAT = 1;
const OPSET_WHEN_NONE = 13;

/** One output of a graph; `type` and `shape` are undefined for what is no tensor (a sequence of maps). */
interface GraphOutput {
  readonly name: string;
  readonly type: number | undefined;
  /** −1 for a symbolic dimension. */
  readonly shape: readonly number[] | undefined;
}

/** Where the graph's field begins (its tag), where its content begins and where it ends. */
interface GraphAt {
  readonly from: number;
  readonly start: number;
  readonly end: number;
}

/** A file made fit for the scorer, and how. */
export interface AdaptedModel {
  readonly bytes: Uint8Array;
  /** For the card: where the probability comes from. */
  readonly source: string;
}

/**
 * Gives a classifier from elsewhere the output `probability` [n] that the scorer reads, appending nodes to its graph
 * and changing nothing in it. Understood: an output of that name; probabilities [n, 2] (scikit-learn, XGBoost and
 * LightGBM converters), also behind a ZipMap, of which column 1 is taken; else one float32 [n] or [n, 1].
 *
 * @throws DomainError `invalid_argument` when the bytes are no ONNX model or no output is like these
 */
export function adaptClassifier(bytes: Uint8Array): AdaptedModel {
  const { outputs, graphAt, hasOpset } = readOutputs(bytes);
  const named = outputs.find((o) => o.name === "probability");
  if (named) return { bytes, source: "its output probability" };
  const floats = outputs.filter((o) => o.type === FLOAT);
  const pair = floats.find((o) => o.shape?.length === 2 && o.shape[1] === 2);
  if (pair) return append(bytes, graphAt, hasOpset, pair.name, true, `column 1 of its output ${pair.name}`);
  const zipMap = readGraph(bytes).nodes.find(
    (node) => node.op === "ZipMap" && outputs.some((o) => o.name === node.outputs[0]),
  );
  if (zipMap) {
    const source = `column 1 of what its ZipMap ${zipMap.outputs[0]} reads`;
    return append(bytes, graphAt, hasOpset, zipMap.inputs[0]!, true, source);
  }
  const single = floats.filter((o) => o.shape?.length === 1 || o.shape?.[1] === 1);
  if (single.length === 1) {
    return append(bytes, graphAt, hasOpset, single[0]!.name, false, `its output ${single[0]!.name}`);
  }
  const given = outputs.map(
    (o) => `${o.name} ${o.shape ? `[${o.shape.map((d) => (d < 0 ? "n" : d))}]` : ""}`,
  );
  throw new DomainError(
    "invalid_argument",
    `none of its outputs is a probability, float32 [n], [n,1] or [n,2]: ${given.join("; ")}`,
  );
}

function append(
  bytes: Uint8Array,
  { from, start, end }: GraphAt,
  hasOpset: boolean,
  tensor: string,
  column: boolean,
  source: string,
): AdaptedModel {
  const graph = new GraphBuilder("");
  const index = column ? graph.int64s("paysecure_fraud_column", [1]) : "";
  const chosen = column
    ? graph.node("Gather", [tensor, index], { axis: { int: 1 } }, { output: "paysecure_fraud" })
    : tensor;
  const flat = graph.int64s("paysecure_flat", [-1]);
  graph.node("Reshape", [chosen, flat], {}, { output: "probability" });
  graph.output("probability", ["n"]);
  const extended = protobuf.Writer.create();
  extended.uint32((7 << 3) | 2).bytes(Buffer.concat([bytes.subarray(start, end), graph.fragment()]));
  if (!hasOpset) {
    const opset = extended.uint32((8 << 3) | 2).fork();
    opset
      .uint32(2 << 3)
      .int64(OPSET_WHEN_NONE)
      .ldelim();
  }
  // The graph's own field is left out of the copy and written again, longer, at the end.
  return { bytes: Buffer.concat([bytes.subarray(0, from), bytes.subarray(end), extended.finish()]), source };
}

function readOutputs(bytes: Uint8Array) {
  const outputs: GraphOutput[] = [];
  let graphAt: GraphAt | undefined;
  let hasOpset = false;
  try {
    const reader = protobuf.Reader.create(bytes);
    eachField(reader, reader.len, (field, from) => {
      const end = reader.uint32() + reader.pos;
      if (field === 7) {
        graphAt = { from, start: reader.pos, end };
        eachField(reader, end, (inner) => {
          const innerEnd = reader.uint32() + reader.pos;
          if (inner === 12) outputs.push(readValue(reader, innerEnd));
          reader.pos = innerEnd;
        });
      } else if (field === 8) {
        let domain = "";
        eachField(reader, end, (inner) => {
          const innerEnd = reader.uint32() + reader.pos;
          if (inner === 1) domain = Buffer.from(reader.buf.slice(reader.pos, innerEnd)).toString();
          reader.pos = innerEnd;
        });
        if (domain === "" || domain === "ai.onnx") hasOpset = true;
      }
      reader.pos = end;
    });
  } catch (error) {
    throw new DomainError("invalid_argument", `not an ONNX model: ${messageOf(error)}`, { cause: error });
  }
  if (!graphAt) throw new DomainError("invalid_argument", "not an ONNX model: there is no graph in it");
  return { outputs, graphAt, hasOpset };
}

/** Calls `read` for every length-delimited field up to `end`, with where its tag stands; others are skipped. */
function eachField(reader: protobuf.Reader, end: number, read: (field: number, from: number) => void): void {
  while (reader.pos < end) {
    const from = reader.pos;
    const tag = reader.uint32();
    if ((tag & 7) === 2) read(tag >>> 3, from);
    else reader.skipType(tag & 7);
  }
}

/** ValueInfoProto: name = 1, type = 2 {tensor_type = 1 {elem_type = 1, shape = 2 {dim = 1 {dim_value = 1}}}}. */
function readValue(reader: protobuf.Reader, end: number): GraphOutput {
  let name = "";
  let type: number | undefined;
  let shape: number[] | undefined;
  eachField(reader, end, (field) => {
    const fieldEnd = reader.uint32() + reader.pos;
    if (field === 1) name = Buffer.from(reader.buf.slice(reader.pos, fieldEnd)).toString();
    else if (field === 2) {
      eachField(reader, fieldEnd, (kind) => {
        const kindEnd = reader.uint32() + reader.pos;
        if (kind === 1) ({ type, shape } = readTensorType(reader, kindEnd));
        reader.pos = kindEnd;
      });
    }
    reader.pos = fieldEnd;
  });
  return { name, type, shape };
}

function readTensorType(reader: protobuf.Reader, end: number): { type: number; shape: number[] | undefined } {
  let type = 0;
  let shape: number[] | undefined;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) type = reader.int32();
    else if (tag >>> 3 === 2) {
      const shapeEnd = reader.uint32() + reader.pos;
      shape = [];
      while (reader.pos < shapeEnd) {
        reader.uint32();
        const dimensionEnd = reader.uint32() + reader.pos;
        let size = -1;
        while (reader.pos < dimensionEnd) {
          const inner = reader.uint32();
          if (inner === 1 << 3) size = Number(reader.int64());
          else reader.skipType(inner & 7);
        }
        shape.push(size);
      }
    } else reader.skipType(tag & 7);
  }
  return { type, shape };
}
