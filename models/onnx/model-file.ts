import protobuf from "protobufjs";
import { DomainError, messageOf } from "../../platform/process/errors.ts";

/**
 * Reads what is declared around a graph: inputs, outputs, operator sets, metadata. Fields are those of
 * onnx.proto3 (github.com/onnx/onnx); the nodes are read by scorer/scoring/explain/onnx-graph.ts.
 */

/** Element types of TensorProto.DataType, as far as a person meets them. */
const typeNames: ReadonlyMap<number, string> = new Map([
  [1, "float32"],
  [2, "uint8"],
  [3, "int8"],
  [5, "int16"],
  [6, "int32"],
  [7, "int64"],
  [8, "text"],
  [9, "bool"],
  [10, "float16"],
  [11, "float64"],
  [12, "uint32"],
  [13, "uint64"],
  [16, "bfloat16"],
]);

/** An input or output of a graph; `type` is undefined for what is no tensor (a sequence of maps). */
export interface DeclaredValue {
  readonly name: string;
  readonly type: number | undefined;
  /** −1 for a dimension that is symbolic or not given; undefined when no shape is declared. */
  readonly shape: readonly number[] | undefined;
}

/** One field of a message: its number and its bytes, tag included. */
export interface RawField {
  readonly field: number;
  readonly bytes: Uint8Array;
}

/** A model file taken apart as far as import needs it. */
export interface ModelFile {
  /** Without those that a constant of the same name fills. */
  readonly inputs: readonly DeclaredValue[];
  readonly outputs: readonly DeclaredValue[];
  /** Version by domain; "" is ai.onnx. */
  readonly operatorSets: ReadonlyMap<string, number>;
  readonly metadata: ReadonlyMap<string, string>;
  /** The graph but for {@link inputs}, its outputs and what it says of shapes between them. */
  readonly body: Uint8Array;
  /** The model but for its graph. */
  readonly rest: Uint8Array;
}

/** Fields of ModelProto and GraphProto. */
export const modelField = { graph: 7, operatorSet: 8, metadata: 14 } as const;
export const graphField = { constant: 5, input: 11, output: 12, valueInfo: 13 } as const;

/**
 * Takes a model file apart.
 *
 * @throws DomainError `invalid_argument` when the bytes are no ONNX model
 */
export function readModelFile(bytes: Uint8Array): ModelFile {
  try {
    const model = rawFields(bytes);
    const graphs = model.filter(({ field }) => field === modelField.graph);
    if (graphs.length === 0) throw new Error("there is no graph in it");
    const graph = graphs.flatMap((raw) => rawFields(content(raw)));
    const filled = new Set(contents(graph, graphField.constant).map(readConstantName));
    const isOpen = (raw: RawField) =>
      raw.field === graphField.input && !filled.has(readValue(content(raw)).name);
    const isOuter = (raw: RawField) =>
      raw.field === graphField.output || raw.field === graphField.valueInfo || isOpen(raw);
    return {
      inputs: graph.filter(isOpen).map((raw) => readValue(content(raw))),
      outputs: contents(graph, graphField.output).map(readValue),
      operatorSets: new Map(contents(model, modelField.operatorSet).map(readOperatorSet)),
      metadata: new Map(contents(model, modelField.metadata).map(readEntry)),
      body: join(graph.filter((raw) => !isOuter(raw))),
      rest: join(model.filter(({ field }) => field !== modelField.graph)),
    };
  } catch (error) {
    throw new DomainError("invalid_argument", `not an ONNX model: ${messageOf(error)}`, { cause: error });
  }
}

/** How a person would write a value: `p float64 [n,2]`. */
export function describeValue({ name, type, shape }: DeclaredValue): string {
  if (type === undefined) return `${name} (no tensor)`;
  const dims = shape ? `[${shape.map((size) => (size < 0 ? "n" : size))}]` : "of unknown shape";
  return `${name} ${typeNames.get(type) ?? `type ${type}`} ${dims}`;
}

/** The message that fields make. */
export function join(fields: readonly RawField[]): Uint8Array {
  return Buffer.concat(fields.map(({ bytes }) => bytes));
}

/** What a length-delimited field holds. */
export function content({ bytes }: RawField): Uint8Array {
  const reader = protobuf.Reader.create(bytes);
  reader.uint32();
  const length = reader.uint32();
  return bytes.subarray(reader.pos, reader.pos + length);
}

function contents(fields: readonly RawField[], wanted: number): Uint8Array[] {
  return fields.filter(({ field }) => field === wanted).map(content);
}

/** A message's fields in their order. */
export function rawFields(bytes: Uint8Array): RawField[] {
  const reader = protobuf.Reader.create(bytes);
  const fields: RawField[] = [];
  while (reader.pos < reader.len) {
    const from = reader.pos;
    const tag = reader.uint32();
    reader.skipType(tag & 7);
    fields.push({ field: tag >>> 3, bytes: bytes.subarray(from, reader.pos) });
  }
  return fields;
}

/** A length-delimited field. */
export function wrap(field: number, held: Uint8Array): RawField {
  const writer = protobuf.Writer.create().uint32((field << 3) | 2);
  return { field, bytes: writer.bytes(held).finish() };
}

/** Calls `read` with the reader behind each tag; what it does not take (gives false for) is skipped. */
function eachField(bytes: Uint8Array, read: (field: number, reader: protobuf.Reader) => boolean): void {
  const reader = protobuf.Reader.create(bytes);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (!read(tag >>> 3, reader)) reader.skipType(tag & 7);
  }
}

/** StringStringEntryProto: key = 1, value = 2. */
export function readEntry(bytes: Uint8Array): [string, string] {
  let [key, value] = ["", ""];
  eachField(bytes, (field, reader) => {
    if (field === 1) key = reader.string();
    else if (field === 2) value = reader.string();
    else return false;
    return true;
  });
  return [key, value];
}

/** OperatorSetIdProto: domain = 1, version = 2. */
function readOperatorSet(bytes: Uint8Array): [string, number] {
  let [domain, version] = ["", 0];
  eachField(bytes, (field, reader) => {
    if (field === 1) domain = reader.string();
    else if (field === 2) version = Number(reader.int64());
    else return false;
    return true;
  });
  return [domain === "ai.onnx" ? "" : domain, version];
}

/** TensorProto: name = 8. */
function readConstantName(bytes: Uint8Array): string {
  let name = "";
  eachField(bytes, (field, reader) => {
    if (field !== 8) return false;
    name = reader.string();
    return true;
  });
  return name;
}

/** ValueInfoProto: name = 1, type = 2 {tensor_type = 1}. */
function readValue(bytes: Uint8Array): DeclaredValue {
  let name = "";
  let tensor: Pick<DeclaredValue, "type" | "shape"> = { type: undefined, shape: undefined };
  eachField(bytes, (field, reader) => {
    if (field === 1) name = reader.string();
    else if (field === 2) {
      eachField(reader.bytes(), (kind, inner) => {
        if (kind !== 1) return false;
        tensor = readTensorType(inner.bytes());
        return true;
      });
    } else return false;
    return true;
  });
  return { name, ...tensor };
}

/** TypeProto.Tensor: elem_type = 1, shape = 2 {dim = 1 {dim_value = 1}}. */
function readTensorType(bytes: Uint8Array): Pick<DeclaredValue, "type" | "shape"> {
  let type = 0;
  let shape: number[] | undefined;
  eachField(bytes, (field, reader) => {
    if (field === 1) type = reader.int32();
    else if (field === 2) {
      const sizes: number[] = [];
      shape = sizes;
      eachField(reader.bytes(), (_, dimension) => {
        let size = -1;
        eachField(dimension.bytes(), (inner, value) => {
          if (inner !== 1) return false;
          // Some exporters write 0 for "any".
          size = Number(value.int64()) || -1;
          return true;
        });
        sizes.push(size);
        return true;
      });
    } else return false;
    return true;
  });
  return { type, shape };
}
