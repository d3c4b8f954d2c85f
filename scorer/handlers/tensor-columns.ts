import { DomainError } from "../../platform/process/errors.ts";
import type { InferTensorContents__Output } from "../../proto/gen/inference/InferTensorContents.ts";
import type { ModelInferRequest__Output } from "../../proto/gen/inference/ModelInferRequest.ts";

/** The values of a request's tensors, one a row, as the Open Inference Protocol packs them. */

export type Tensor = ModelInferRequest__Output["inputs"][number];

/** How values of a datatype of numbers lie in raw and in typed contents. */
interface NumberType {
  /** Of one value. */
  readonly bytes: number;
  readonly raw: (bytes: Buffer, at: number) => number;
  readonly typed: (contents: InferTensorContents__Output) => readonly (number | string | boolean)[];
}

/** Datatypes of numbers; a BOOL is 0 or 1 where a number is wanted. */
export const NUMBER_TYPES: Readonly<Partial<Record<string, NumberType>>> = {
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

/** The datatype of texts. */
export const TEXTS = "BYTES";
/** In raw contents each text follows its length. */
const LENGTH_BYTES = 4;
const MAX_ECHOED = 64;

export function wrong(field: string, description: string): never {
  throw DomainError.invalid([{ field, description }]);
}

/** A name or datatype as it is echoed. */
export function cut(text: string): string {
  return text.slice(0, MAX_ECHOED);
}

/** @throws DomainError `invalid_argument` unless a tensor has one of the datatypes */
export function requireType({ datatype }: Tensor, index: number, types: readonly string[]): void {
  if (types.includes(datatype)) return;
  wrong(`inputs[${index}].datatype`, `must be ${types.join(", ")}, got ${cut(datatype)}`);
}

/** @throws DomainError `invalid_argument` for contents of another size */
export function numbersOf(
  { datatype, contents }: Tensor,
  index: number,
  raw: Buffer | undefined,
  rows: number,
): number[] {
  const type = NUMBER_TYPES[datatype] as NumberType;
  if (raw) {
    if (raw.length !== rows * type.bytes) {
      wrong(`raw_input_contents[${index}]`, `must hold ${rows * type.bytes} bytes, got ${raw.length}`);
    }
    return Array.from({ length: rows }, (_, row) => type.raw(raw, row * type.bytes));
  }
  const given = contents ? type.typed(contents) : [];
  if (given.length !== rows) wrongCount(index, rows, datatype, given.length);
  return given.map(Number);
}

/** @throws DomainError `invalid_argument` for another number of texts, or bytes that are no UTF-8 */
export function textsOf(
  { contents }: Tensor,
  index: number,
  raw: Buffer | undefined,
  rows: number,
): string[] {
  const given = raw ? unpacked(raw, index, rows) : (contents?.bytesContents ?? []);
  if (given.length !== rows) wrongCount(index, rows, TEXTS, given.length);
  return given.map((bytes, row) => {
    try {
      return UTF8.decode(Buffer.from(bytes as Uint8Array));
    } catch {
      return wrong(`inputs[${index}]`, `row ${row}: must be UTF-8`);
    }
  });
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function unpacked(raw: Buffer, index: number, rows: number): Buffer[] {
  const texts: Buffer[] = [];
  let at = 0;
  while (at < raw.length && texts.length <= rows) {
    const start = at + LENGTH_BYTES;
    const end = start > raw.length ? Number.POSITIVE_INFINITY : start + raw.readUInt32LE(at);
    if (end > raw.length) wrong(`raw_input_contents[${index}]`, `ends in the middle of text ${texts.length}`);
    texts.push(raw.subarray(start, end));
    at = end;
  }
  return texts;
}

function wrongCount(index: number, rows: number, datatype: string, got: number): never {
  return wrong(`inputs[${index}].contents`, `must hold ${rows} values of ${datatype}, got ${got}`);
}
