import { DomainError } from "../../platform/process/errors.ts";
import type { ModelInferRequest__Output } from "../../proto/gen/inference/ModelInferRequest.ts";
import { type InputColumn, type ModelInputs, wrongRow } from "../scoring/model-inputs.ts";
import { describeFields } from "./schema-tensors.ts";
import { MAX_BATCH } from "./score-batch.ts";
import { cut, NUMBER_TYPES, numbersOf, requireType, TEXTS, type Tensor, wrong } from "./tensor-columns.ts";

/**
 * The tensors of an inference request (Open Inference Protocol): one of all a model's inputs, one for each of them by its
 * name, or one for each raw field and entity of the model's schema (schema-tensors.ts).
 */

/** The one tensor of all inputs, FP32 [n,width]. */
export const ALL_INPUTS = "input";
/** No model reads more (scorer/serving/registry.ts). */
const MAX_TENSORS = 512;

/** What can be said of a request's tensors before the model is known. */
export interface TensorOutline {
  readonly rows: number;
  /** One tensor an input. */
  readonly named: boolean;
}

/** @throws DomainError `invalid_argument` when no model could take such tensors */
export function outlineTensors({ inputs, rawInputContents }: ModelInferRequest__Output): TensorOutline {
  const [first] = inputs;
  if (!first || inputs.length > MAX_TENSORS) return wrong("inputs", `must be 1 to ${MAX_TENSORS} tensors`);
  const named = first.name !== ALL_INPUTS || inputs.length > 1;
  const rows = Number(first.shape[0] ?? 0);
  if (!(rows >= 1 && rows <= MAX_BATCH)) wrong("inputs[0].shape", `must begin with 1 to ${MAX_BATCH} rows`);
  for (const [i, tensor] of inputs.entries()) {
    requireType(tensor, i, named ? [...Object.keys(NUMBER_TYPES), TEXTS] : ["FP32"]);
    if (!named) continue;
    const [count, ...rest] = tensor.shape.map(Number);
    if (count !== rows || rest.length > 1 || (rest[0] ?? 1) !== 1) {
      wrong(`inputs[${i}].shape`, `must be [${rows}], as all tensors of one request`);
    }
  }
  const raw = rawInputContents.length;
  if (raw > 0 && raw !== inputs.length) {
    wrong("raw_input_contents", `must be ${inputs.length}, one for each tensor`);
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
      return wrong(`inputs[${i}].name`, `the model reads no "${cut(tensor.name)}", or it came twice`);
    }
    places.delete(tensor.name);
    requireType(tensor, i, Object.keys(NUMBER_TYPES));
    for (const [row, value] of numbersOf(tensor, i, request.rawInputContents[i], rows).entries()) {
      values[row * width + place] = value;
    }
  }
  const missing = [...places.keys()][0];
  if (missing !== undefined) wrong("inputs", `must have a tensor "${missing}": the model reads it`);
  return values;
}

/**
 * How a model's inputs are described: in one tensor where it reads the contract's numbers alone, by its schema's fields and
 * entities where it has one, and by its columns otherwise.
 */
export function describeTensors({ inPlace, width, columns, schema }: ModelInputs) {
  if (inPlace) return [{ name: ALL_INPUTS, datatype: "FP32", shape: [-1, width] }];
  if (schema) return describeFields(schema.engine.schema);
  return columns.map(({ name }: InputColumn) => ({ name, datatype: "FP32", shape: [-1] }));
}
