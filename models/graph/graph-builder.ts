import type { Writer } from "protobufjs";
import protobuf from "protobufjs";

/**
 * Writes ONNX models (IR 10). The messages and field numbers are those of
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3 (Apache-2.0); only what a graph of ours needs is here.
 * Bytes depend on the calls alone, so equal models have equal hashes.
 */
const IR_VERSION = 10;
/** ai.onnx 17: everything used here is in it, and every runtime of the last years reads it. */
const OPSET = 17;
const ML_OPSET = 3;
export const ML_DOMAIN = "ai.onnx.ml";

const FLOAT = 1;
const INT64 = 7;
const STRING = 8;
const BOOL = 9;
const DOUBLE = 11;

/** Numbers for `to` of Cast. */
export const elementType = {
  float: FLOAT,
  int64: INT64,
  string: STRING,
  bool: BOOL,
  double: DOUBLE,
} as const;

/** Length-delimited and varint tags: field << 3 | wire type. */
const bytesTag = (field: number) => (field << 3) | 2;
const varintTag = (field: number) => field << 3;

/** An attribute; `ints` and `floats` may be typed arrays. A plain number is refused: say which kind it is. */
export type Attribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly ints: ArrayLike<number> }
  | { readonly floats: ArrayLike<number> }
  | { readonly strings: readonly string[] }
  /** A tensor of text, [n]. */
  | { readonly texts: readonly string[] };

/** An element type, or what ZipMap gives: a sequence of maps from int64 to float. */
type OutputType = keyof typeof elementType | "map";

interface GraphValue {
  readonly name: string;
  /** A string is a symbolic dimension. */
  readonly shape: readonly (number | string)[];
  readonly type: OutputType;
}

/** Collects nodes, constants, inputs and outputs, then writes the file. Nodes must be added in running order. */
export class GraphBuilder {
  readonly #name: string;
  readonly #nodes: Uint8Array[] = [];
  readonly #initializers: Uint8Array[] = [];
  readonly #inputs: GraphValue[] = [];
  readonly #outputs: GraphValue[] = [];
  readonly #taken = new Map<string, number>();
  #usesMl = false;

  constructor(name: string) {
    this.#name = name;
  }

  /** Declares an input of the graph, float32 unless said otherwise, and returns its name. */
  input(name: string, shape: readonly (number | string)[], type: keyof typeof elementType = "float"): string {
    this.#inputs.push({ name, shape, type });
    return this.#unique(name);
  }

  /** Declares an output, float32 unless said otherwise; outputs keep the order they are declared in. */
  output(name: string, shape: readonly (number | string)[], type: OutputType = "float"): void {
    this.#outputs.push({ name, shape, type });
  }

  /** Adds a float32 constant; `shape` defaults to [values.length]. Returns its tensor name. */
  floats(hint: string, values: ArrayLike<number>, shape: readonly number[] = [values.length]): string {
    const data = Float32Array.from(values);
    return this.#initializer(hint, FLOAT, shape, new Uint8Array(data.buffer), values.length);
  }

  /** Adds a float64 constant. */
  doubles(hint: string, values: ArrayLike<number>, shape: readonly number[] = [values.length]): string {
    const data = Float64Array.from(values);
    return this.#initializer(hint, DOUBLE, shape, new Uint8Array(data.buffer), values.length);
  }

  /** Adds an int64 constant. */
  int64s(hint: string, values: ArrayLike<number>, shape: readonly number[] = [values.length]): string {
    const data = BigInt64Array.from(Array.from(values, BigInt));
    return this.#initializer(hint, INT64, shape, new Uint8Array(data.buffer), values.length);
  }

  /**
   * Adds a node with one output.
   *
   * @param inputs tensor names ("" leaves out an optional one)
   * @param options.output the exact name of the output; by default one made from the operator's
   * @returns the name of the output
   */
  node(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    options: { readonly domain?: string; readonly output?: string } = {},
  ): string {
    return this.nodes(operator, inputs, 1, attributes, options)[0]!;
  }

  /** Adds a node with several outputs and returns their names. */
  nodes(
    operator: string,
    inputs: readonly string[],
    outputs: number,
    attributes: Readonly<Record<string, Attribute>> = {},
    options: { readonly domain?: string; readonly output?: string } = {},
  ): string[] {
    const names = Array.from({ length: outputs }, () =>
      this.#unique(options.output ?? operator.toLowerCase()),
    );
    const domain = options.domain ?? "";
    if (domain === ML_DOMAIN) this.#usesMl = true;
    const writer = protobuf.Writer.create();
    for (const input of inputs) writer.uint32(bytesTag(1)).string(input);
    for (const name of names) writer.uint32(bytesTag(2)).string(name);
    writer.uint32(bytesTag(3)).string(names[0]!);
    writer.uint32(bytesTag(4)).string(operator);
    for (const [name, attribute] of Object.entries(attributes)) {
      writeAttribute(writer.uint32(bytesTag(5)).fork(), name, attribute).ldelim();
    }
    if (domain !== "") writer.uint32(bytesTag(7)).string(domain);
    this.#nodes.push(writer.finish());
    return names;
  }

  /** The model file. `metadata` goes into metadata_props, in the order given. */
  finish(metadata: Readonly<Record<string, string>> = {}): Uint8Array {
    const writer = protobuf.Writer.create();
    writer.uint32(varintTag(1)).int64(IR_VERSION);
    writer.uint32(bytesTag(2)).string("paysecure");
    writer.uint32(bytesTag(7)).bytes(this.#graph(true));
    writeOpset(writer, "", OPSET);
    if (this.#usesMl) writeOpset(writer, ML_DOMAIN, ML_OPSET);
    for (const [key, value] of Object.entries(metadata)) {
      const entry = writer.uint32(bytesTag(14)).fork();
      entry.uint32(bytesTag(1)).string(key).uint32(bytesTag(2)).string(value).ldelim();
    }
    return writer.finish();
  }

  /**
   * What was added, as the content of a GraphProto without a name: put behind the bytes of another graph it extends
   * it, since protobuf appends repeated fields.
   */
  fragment(): Uint8Array {
    return this.#graph(false);
  }

  #graph(named: boolean): Uint8Array {
    const graph = protobuf.Writer.create();
    for (const node of this.#nodes) graph.uint32(bytesTag(1)).bytes(node);
    if (named) graph.uint32(bytesTag(2)).string(this.#name);
    for (const tensor of this.#initializers) graph.uint32(bytesTag(5)).bytes(tensor);
    for (const value of this.#inputs) writeValue(graph.uint32(bytesTag(11)).fork(), value).ldelim();
    for (const value of this.#outputs) writeValue(graph.uint32(bytesTag(12)).fork(), value).ldelim();
    return graph.finish();
  }

  #unique(hint: string): string {
    const used = this.#taken.get(hint) ?? 0;
    this.#taken.set(hint, used + 1);
    return used === 0 ? hint : `${hint}_${used}`;
  }

  #initializer(
    hint: string,
    type: number,
    shape: readonly number[],
    raw: Uint8Array,
    elements: number,
  ): string {
    if (shape.reduce((a, b) => a * b, 1) !== elements) {
      throw new RangeError(
        `constant ${hint}: ${elements} values do not fill the shape [${shape.join(", ")}]`,
      );
    }
    const name = this.#unique(hint);
    const writer = protobuf.Writer.create();
    for (const dimension of shape) writer.uint32(varintTag(1)).int64(dimension);
    writer.uint32(varintTag(2)).int32(type);
    writer.uint32(bytesTag(8)).string(name);
    writer.uint32(bytesTag(9)).bytes(raw);
    this.#initializers.push(writer.finish());
    return name;
  }
}

function writeAttribute(writer: Writer, name: string, attribute: Attribute): Writer {
  writer.uint32(bytesTag(1)).string(name);
  const type = (value: number) => writer.uint32(varintTag(20)).int32(value);
  if ("float" in attribute) {
    writer.uint32((2 << 3) | 5).float(attribute.float);
    type(1);
  } else if ("int" in attribute) {
    writer.uint32(varintTag(3)).int64(attribute.int);
    type(2);
  } else if ("string" in attribute) {
    writer.uint32(bytesTag(4)).string(attribute.string);
    type(3);
  } else if ("floats" in attribute) {
    const packed = writer.uint32(bytesTag(7)).fork();
    for (let i = 0; i < attribute.floats.length; i++) packed.float(attribute.floats[i]!);
    packed.ldelim();
    type(6);
  } else if ("ints" in attribute) {
    const packed = writer.uint32(bytesTag(8)).fork();
    for (let i = 0; i < attribute.ints.length; i++) packed.int64(attribute.ints[i]!);
    packed.ldelim();
    type(7);
  } else if ("texts" in attribute) {
    const tensor = writer.uint32(bytesTag(5)).fork().uint32(varintTag(1)).int64(attribute.texts.length);
    tensor.uint32(varintTag(2)).int32(STRING);
    for (const text of attribute.texts) tensor.uint32(bytesTag(6)).string(text);
    tensor.ldelim();
    type(4);
  } else {
    for (const value of attribute.strings) writer.uint32(bytesTag(9)).string(value);
    type(8);
  }
  return writer;
}

function writeValue(writer: Writer, value: GraphValue): Writer {
  writer.uint32(bytesTag(1)).string(value.name);
  const type = writer.uint32(bytesTag(2)).fork();
  if (value.type === "map") {
    // sequence_type = 4 {elem_type = 1 {map_type = 5 {key_type = 1, value_type = 2 {tensor_type = 1 {elem_type}}}}}
    const element = type.uint32(bytesTag(4)).fork().uint32(bytesTag(1)).fork();
    const map = element.uint32(bytesTag(5)).fork().uint32(varintTag(1)).int32(INT64);
    map.uint32(bytesTag(2)).fork().uint32(bytesTag(1)).fork().uint32(varintTag(1)).int32(FLOAT);
    for (let depth = 0; depth < 5; depth++) type.ldelim();
    return type.ldelim();
  }
  const tensor = type.uint32(bytesTag(1)).fork();
  tensor.uint32(varintTag(1)).int32(elementType[value.type]);
  const shape = tensor.uint32(bytesTag(2)).fork();
  for (const dimension of value.shape) {
    const entry = shape.uint32(bytesTag(1)).fork();
    if (typeof dimension === "string") entry.uint32(bytesTag(2)).string(dimension);
    else entry.uint32(varintTag(1)).int64(dimension);
    entry.ldelim();
  }
  shape.ldelim();
  tensor.ldelim();
  return type.ldelim();
}

function writeOpset(writer: Writer, domain: string, version: number): void {
  const entry = writer.uint32(bytesTag(8)).fork();
  if (domain !== "") entry.uint32(bytesTag(1)).string(domain);
  entry.uint32(varintTag(2)).int64(version).ldelim();
}
