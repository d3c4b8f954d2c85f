import { DomainError } from "../../platform/process/errors.ts";
import type { InferTensorContents__Output } from "../../proto/gen/inference/InferTensorContents.ts";
import type { ModelInferRequest__Output } from "../../proto/gen/inference/ModelInferRequest.ts";
import { type InputColumn, type ModelInputs, wrongRow } from "../scoring/model-inputs.ts";
import { MAX_BATCH } from "./score-batch.ts";

/**
 * The tensors of an inference request (Open Inference Protocol): one of all a model's inputs, or one for each of them by
 * its name.
 */

/** The one tensor of all inputs, FP32 [n,width]. */
export const ALL_INPUTS = "input";
/** No model reads more (scorer/serving/registry.ts). */
const MAX_TENSORS = 512;
const MAX_ECHOED_NAME = 64;

type Tensor = ModelInferRequest__Output["inputs"][number];

/** A datatype that a column may have: bytes a value, and how values lie in raw and in typed contents. */
interface Datatype {
  readonly bytes: number;
  readonly raw: (bytes: Buffer, at: number) => number;
  readonly typed: (contents: InferTensorContents__Output) => readonly (number | string | boolean)[];
}

const DATATYPES: Readonly<Partial<Record<string, Datatype>>> = {
  FP32: { bytes: 4, raw: (bytes, at) => bytes.readFloatLE(at), typed: ({ fp32Contents }) => fp32Contents },
  FP64: { bytes: 8, raw: (bytes, at) => bytes.readDoubleLE(at), typed: ({ fp64Contents }) => fp64Contents },
  INT32: { bytes: 4, raw: (bytes, at) => bytes.readInt32LE(at), typed: ({ intContents }) => intContents },
  INT64: {
    bytes: 8,
    raw: (bytes, at) => Number(bytes.readBigInt64LE(at)),
    typed: ({ int64Contents }) => int64Contents,
  },
  BOOL: {
    bytes: 1,
    raw: (bytes, at) => (bytes[at] === 0 ? 0 : 1),
    typed: ({ boolContents }) => boolContents,
  },
};

function wrong(field: string, description: string): never {
  throw DomainError.invalid([{ field, description }]);
}

/** What can be said of a request's tensors before the model is known. */
export interface TensorOutline {
  readonly rows: number;
  /** One tensor an input. */
  readonly named: boolean;
}

/** @throws DomainError `invalid_argument` when no model could take such tensors */
export function outlineTensors({ inputs }: ModelInferRequest__Output): TensorOutline {
  const [first] = inputs;
  if (!first || inputs.length > MAX_TENSORS) return wrong("inputs", `must be 1 to ${MAX_TENSORS} tensors`);
  const named = first.name !== ALL_INPUTS || inputs.length > 1;
  const rows = Number(first.shape[0] ?? 0);
  if (!(rows >= 1 && rows <= MAX_BATCH)) wrong("inputs[0].shape", `must begin with 1 to ${MAX_BATCH} rows`);
  for (const [i, { datatype, shape }] of inputs.entries()) {
    const types = named ? Object.keys(DATATYPES) : ["FP32"];
    if (!types.includes(datatype)) {
      const got = datatype.slice(0, MAX_ECHOED_NAME);
      wrong(`inputs[${i}].datatype`, `must be ${types.join(", ")}, got ${got}`);
    }
    if (!named) continue;
    const [count, ...rest] = shape.map(Number);
    if (count !== rows || rest.length > 1 || (rest[0] ?? 1) !== 1) {
      wrong(`inputs[${i}].shape`, `must be [${rows}], as all tensors of one request`);
    }
  }
  return { rows, named };
}

/**
 * The request's rows in the model's order.
 *
 * @returns n × width
 * @throws DomainError `invalid_argument` that names the tensor, or the first row with a wrong number
 */
export function readTensors(
  request: ModelInferRequest__Output,
  { rows, named }: TensorOutline,
  inputs: ModelInputs,
): Float32Array {
  const raw = request.rawInputContents;
  if (raw.length > 0 && raw.length !== request.inputs.length) {
    wrong("raw_input_contents", `must be ${request.inputs.length}, one for each tensor`);
  }
  const values = named ? namedTensors(request, rows, inputs) : oneTensor(request, rows, inputs);
  const bad = wrongRow(inputs, values);
  if (bad) {
    throw DomainError.invalid(
      bad.violations.map(({ field, description }) => ({
        field: named ? `row ${bad.row}, ${field}` : `inputs[0]: row ${bad.row}, ${field}`,
        description,
      })),
    );
  }
  return values;
}

function oneTensor(request: ModelInferRequest__Output, rows: number, { width }: ModelInputs): Float32Array {
  const tensor = request.inputs[0] as Tensor;
  if (tensor.shape.length !== 2 || Number(tensor.shape[1]) !== width) {
    wrong("inputs[0].shape", `must be [n,${width}] with n from 1 to ${MAX_BATCH}`);
  }
  const values = new Float32Array(rows * width);
  const [raw] = request.rawInputContents;
  if (raw) {
    if (raw.length !== values.byteLength) {
      wrong("raw_input_contents[0]", `must hold ${values.byteLength} bytes, got ${raw.length}`);
    }
    raw.copy(new Uint8Array(values.buffer));
    return values;
  }
  const contents = tensor.contents?.fp32Contents ?? [];
  if (contents.length !== values.length) {
    wrong("inputs[0].contents.fp32_contents", `must hold ${values.length} values, got ${contents.length}`);
  }
  values.set(contents);
  return values;
}

function namedTensors(
  request: ModelInferRequest__Output,
  rows: number,
  { width, columns }: ModelInputs,
): Float32Array {
  const places = new Map(columns.map(({ name }, i) => [name, i]));
  const values = new Float32Array(rows * width);
  for (const [i, tensor] of request.inputs.entries()) {
    const place = places.get(tensor.name);
    if (place === undefined) {
      const name = tensor.name.slice(0, MAX_ECHOED_NAME);
      return wrong(`inputs[${i}].name`, `the model reads no "${name}", or it came twice`);
    }
    places.delete(tensor.name);
    writeColumn(tensor, i, request.rawInputContents[i], rows, (row, value) => {
      values[row * width + place] = value;
    });
  }
  const missing = [...places.keys()][0];
  if (missing !== undefined) wrong("inputs", `must have a tensor "${missing}": the model reads it`);
  return values;
}

function writeColumn(
  { datatype, contents }: Tensor,
  index: number,
  raw: Buffer | undefined,
  rows: number,
  write: (row: number, value: number) => void,
): void {
  const type = DATATYPES[datatype] as Datatype;
  if (raw) {
    if (raw.length !== rows * type.bytes) {
      wrong(`raw_input_contents[${index}]`, `must hold ${rows * type.bytes} bytes, got ${raw.length}`);
    }
    for (let row = 0; row < rows; row++) write(row, type.raw(raw, row * type.bytes));
    return;
  }
  const given = contents ? type.typed(contents) : [];
  if (given.length !== rows) {
    wrong(`inputs[${index}].contents`, `must hold ${rows} values of ${datatype}, got ${given.length}`);
  }
  for (const [row, value] of given.entries()) write(row, Number(value));
}

/** How a model's inputs are described: in one tensor where it reads the contract's numbers alone, by name where not. */
export function describeTensors({ inPlace, width, columns }: ModelInputs) {
  if (inPlace) return [{ name: ALL_INPUTS, datatype: "FP32", shape: [-1, width] }];
  return columns.map(({ name }: InputColumn) => ({ name, datatype: "FP32", shape: [-1] }));
}
