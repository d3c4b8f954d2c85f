import protobuf from "protobufjs/minimal.js";
import { DomainError, messageOf } from "../../../platform/process/errors.ts";

/**
 * A reader for the part of ONNX (github.com/onnx/onnx, onnx.proto) that holds a model's structure. Written by hand
 * because node ids are int64 lists of 100,000 entries, which a generic decoder turns into one object each.
 */

/** A constant tensor; int64 values are read as 32-bit, every id and shape fits. */
export interface Tensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data: Float64Array;
  /** Of a tensor of text. */
  readonly texts?: readonly string[];
}

/** One attribute of a node; only the list that was written has entries. */
export interface Attribute {
  readonly name: string;
  f: number;
  i: number;
  s: string;
  t: Tensor | undefined;
  readonly floats: number[];
  readonly ints: number[];
  readonly strings: string[];
}

/** One operator of the graph. */
export interface GraphNode {
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

/** The graph of a model file. */
export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly initializers: ReadonlyMap<string, Tensor>;
  readonly outputs: readonly string[];
}

type Reader = protobuf.Reader;

/** The wire type of a packed list. */
const PACKED = 2;

/**
 * Reads the graph out of a model file.
 *
 * @throws DomainError `invalid_argument` when the bytes are no ONNX model
 */
export function readGraph(modelBytes: Uint8Array): Graph {
  try {
    const reader = protobuf.Reader.create(modelBytes);
    let graph: Graph | undefined;
    fields(reader, reader.len, (field) => {
      if (field !== 7) return false;
      graph = readGraphProto(reader, reader.uint32() + reader.pos);
      return true;
    });
    if (!graph) throw new Error("no graph in it");
    return graph;
  } catch (error) {
    throw new DomainError("invalid_argument", `not an ONNX model: ${messageOf(error)}`, { cause: error });
  }
}

/** Calls `read` for every field up to `end`; a field it does not take is skipped. */
function fields(reader: Reader, end: number, read: (field: number, wireType: number) => boolean): void {
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (!read(tag >>> 3, tag & 7)) reader.skipType(tag & 7);
  }
}

function readGraphProto(reader: Reader, end: number): Graph {
  const nodes: GraphNode[] = [];
  const initializers = new Map<string, Tensor>();
  const outputs: string[] = [];
  fields(reader, end, (field) => {
    if (field === 1) nodes.push(readNode(reader, reader.uint32() + reader.pos));
    else if (field === 5) {
      const tensor = readTensor(reader, reader.uint32() + reader.pos);
      initializers.set(tensor.name, tensor);
    } else if (field === 12) outputs.push(readValueName(reader, reader.uint32() + reader.pos));
    else return false;
    return true;
  });
  return { nodes, initializers, outputs };
}

function readValueName(reader: Reader, end: number): string {
  let name = "";
  fields(reader, end, (field) => {
    if (field !== 1) return false;
    name = reader.string();
    return true;
  });
  return name;
}

function readNode(reader: Reader, end: number): GraphNode {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, Attribute>();
  let op = "";
  let domain = "";
  fields(reader, end, (field) => {
    if (field === 1) inputs.push(reader.string());
    else if (field === 2) outputs.push(reader.string());
    else if (field === 4) op = reader.string();
    else if (field === 7) domain = reader.string();
    else if (field === 5) {
      const attribute = readAttribute(reader, reader.uint32() + reader.pos);
      attributes.set(attribute.name, attribute);
    } else return false;
    return true;
  });
  return { op, domain, inputs, outputs, attributes };
}

function readAttribute(reader: Reader, end: number): Attribute {
  let name = "";
  const attribute = { f: 0, i: 0, s: "", t: undefined as Tensor | undefined };
  const floats: number[] = [];
  const ints: number[] = [];
  const strings: string[] = [];
  fields(reader, end, (field, wireType) => {
    if (field === 1) name = reader.string();
    else if (field === 2) attribute.f = reader.float();
    else if (field === 3) attribute.i = reader.int32();
    else if (field === 4) attribute.s = reader.string();
    else if (field === 5) attribute.t = readTensor(reader, reader.uint32() + reader.pos);
    else if (field === 7) repeated(reader, wireType, () => floats.push(reader.float()));
    else if (field === 8) repeated(reader, wireType, () => ints.push(reader.int32()));
    else if (field === 9) strings.push(reader.string());
    else return false;
    return true;
  });
  return { name, ...attribute, floats, ints, strings };
}

/** A repeated number, packed (wire type 2) or one field each: writers use both. */
function repeated(reader: Reader, wireType: number, read: () => void): void {
  if (wireType !== PACKED) {
    read();
    return;
  }
  const end = reader.uint32() + reader.pos;
  while (reader.pos < end) read();
}

function readTensor(reader: Reader, end: number): Tensor {
  let name = "";
  let type = 0;
  const dims: number[] = [];
  const values: number[] = [];
  const texts: string[] = [];
  let raw: Uint8Array | undefined;
  fields(reader, end, (field, wireType) => {
    if (field === 1) repeated(reader, wireType, () => dims.push(reader.int32()));
    else if (field === 2) type = reader.int32();
    else if (field === 4) repeated(reader, wireType, () => values.push(reader.float()));
    else if (field === 5 || field === 7) repeated(reader, wireType, () => values.push(reader.int32()));
    else if (field === 10) repeated(reader, wireType, () => values.push(reader.double()));
    else if (field === 6) texts.push(reader.string());
    else if (field === 8) name = reader.string();
    else if (field === 9) raw = reader.bytes();
    else return false;
    return true;
  });
  return { name, dims, data: raw ? fromRaw(type, raw) : Float64Array.from(values), texts };
}

/** Little-endian `raw_data` of the element types a model's constants use; other types are left empty. */
function fromRaw(type: number, raw: Uint8Array): Float64Array {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const read = (width: number, at: (offset: number) => number): Float64Array =>
    Float64Array.from({ length: raw.byteLength / width }, (_, i) => at(i * width));
  if (type === 1) return read(4, (offset) => view.getFloat32(offset, true));
  if (type === 11) return read(8, (offset) => view.getFloat64(offset, true));
  if (type === 7) return read(8, (offset) => view.getInt32(offset, true));
  if (type === 6) return read(4, (offset) => view.getInt32(offset, true));
  if (type === 2 || type === 9) return read(1, (offset) => view.getUint8(offset));
  return new Float64Array(0);
}
