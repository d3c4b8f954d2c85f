import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { DomainError, messageOf } from "../../platform/errors.ts";
import type { Matrix } from "../features/matrix.ts";
import { type DataQuality, type Dataset, inputNames } from "./dataset.ts";
import { HONEST_TEST_END } from "./splits.ts";

const required = [...inputNames, "Class"];
const allowed = new Set([...required, "Weight"]);
/** Cells of a row as kept: the 30 inputs, the label, the weight. */
const CLASS = 30;
const WEIGHT = 31;
const CELLS = 32;

/**
 * Reads a ULB-style file (`Time,V1,…,V28,Amount,Class[,Weight]` in any order, fields optionally in double quotes,
 * .csv or .csv.gz) as a stream, into typed arrays.
 *
 * @throws DomainError `invalid_argument` at the first thing that is wrong, with the file, line and column:
 *   columns missing, unknown or twice; a missing value; text, NaN or infinity in a number; Time or Amount below 0;
 *   Class other than 0/1; Weight not above 0; no rows; one class only; a file that cannot be read or unpacked
 */
export async function loadCsv(path: string): Promise<Dataset> {
  const file = basename(path);
  const table = new Table(file);
  const hash = createHash("sha256");
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  // Kept aside: a consumer that throws makes pipeline() abort the source, and it may report the abort instead.
  let refused: unknown;
  const parse = async (source: AsyncIterable<Buffer>) => {
    try {
      for await (const chunk of source) table.add(chunk.toString("latin1"));
      table.end();
    } catch (error) {
      refused = error;
      throw error;
    }
  };
  try {
    const bytes = createReadStream(path, { highWaterMark: 1 << 20 });
    if (path.endsWith(".gz")) await pipeline(bytes, hashing, createGunzip({ chunkSize: 1 << 18 }), parse);
    else await pipeline(bytes, hashing, parse);
  } catch (error) {
    if (refused instanceof DomainError) throw refused;
    throw new DomainError("invalid_argument", `${file}: cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return table.dataset(hash.digest("hex"));
}

class Table {
  readonly #file: string;
  /** Where each of a line's fields goes; empty until the header is read. */
  #cells: number[] = [];
  #names: string[] = [];
  #rest = "";
  #line = 0;
  #rows = 0;
  #values = new Float64Array(1024 * CELLS);

  constructor(file: string) {
    this.#file = file;
  }

  add(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop()!;
    for (const line of lines) this.#take(line);
  }

  end(): void {
    if (this.#rest !== "") this.#take(this.#rest);
    if (this.#cells.length === 0) this.#fail("the file is empty");
    if (this.#rows === 0) this.#fail("the file has a header but no rows");
  }

  #take(given: string): void {
    this.#line++;
    const line = given.endsWith("\r") ? given.slice(0, -1) : given;
    const fields = line.split(",");
    if (this.#line === 1) {
      this.#header(fields);
      return;
    }
    if (line === "") this.#fail(`line ${this.#line} is empty`);
    if (fields.length !== this.#cells.length) {
      this.#fail(`line ${this.#line} has ${fields.length} fields, the header has ${this.#cells.length}`);
    }
    if ((this.#rows + 1) * CELLS > this.#values.length) {
      const grown = new Float64Array(this.#values.length * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    const at = this.#rows * CELLS;
    this.#values[at + WEIGHT] = 1;
    for (let i = 0; i < fields.length; i++) {
      this.#values[at + this.#cells[i]!] = this.#number(fields[i]!, i);
    }
    this.#rows++;
  }

  #header(fields: readonly string[]): void {
    // A byte-order mark, read as latin1.
    const names = fields.map((field, i) =>
      unquote(i === 0 ? field.replace(/^\u00ef\u00bb\u00bf/, "") : field),
    );
    if (names.join("") === "") this.#fail("the file is empty");
    const missing = required.filter((name) => !names.includes(name));
    if (missing.length > 0) {
      this.#fail(`line 1: column${missing.length > 1 ? "s" : ""} ${missing.join(", ")} missing`);
    }
    const unknown = names.find((name) => !allowed.has(name));
    if (unknown !== undefined) this.#fail(`line 1: unknown column "${unknown.slice(0, 40)}"`);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) this.#fail(`line 1: column ${twice} stands there twice`);
    this.#names = names;
    this.#cells = names.map((name) =>
      name === "Class" ? CLASS : name === "Weight" ? WEIGHT : inputNames.indexOf(name),
    );
  }

  #number(field: string, column: number): number {
    const text = field.charCodeAt(0) === 34 ? unquote(field) : field;
    const value = Number(text);
    const cell = this.#cells[column]!;
    if (!isDecimal(text) || !Number.isFinite(value)) {
      if (text.trim() === "") this.#failCell(column, "has no value");
      this.#failCell(column, `"${text.slice(0, 40)}" is not a number`);
    }
    if (cell === CLASS) {
      if (value !== 0 && value !== 1) this.#failCell(column, `${value} is neither 0 nor 1`);
    } else if (cell === WEIGHT) {
      if (value <= 0) this.#failCell(column, `${value} is not above 0`);
    } else if (cell === 0 || cell === 29) {
      if (value < 0) this.#failCell(column, `${value} is below 0`);
    }
    if (Math.abs(value) > 1e9) this.#failCell(column, `${value} is out of range (at most 1e9)`);
    return value;
  }

  #failCell(column: number, what: string): never {
    return this.#fail(`line ${this.#line}, column ${this.#names[column]}: ${what}`);
  }

  #fail(what: string): never {
    throw new DomainError("invalid_argument", `${this.#file}: ${what}`);
  }

  dataset(sha256: string): Dataset {
    const rows = this.#rows;
    const all = this.#values;
    const values = new Float32Array(new SharedArrayBuffer(rows * 30 * Float32Array.BYTES_PER_ELEMENT));
    const labels = new Uint8Array(rows);
    const weights = new Float64Array(rows);
    const times = new Float64Array(rows);
    const amounts = new Float64Array(rows);
    let frauds = 0;
    for (let r = 0, at = 0; r < rows; r++, at += CELLS) {
      values.set(all.subarray(at, at + 30), r * 30);
      labels[r] = all[at + CLASS]!;
      weights[r] = all[at + WEIGHT]!;
      times[r] = all[at]!;
      amounts[r] = all[at + 29]!;
      frauds += labels[r]!;
    }
    if (frauds === 0) this.#fail("no fraud at all: Class is 0 in every row, nothing can be learned");
    if (frauds === rows) this.#fail("one class only: Class is 1 in every row, nothing can be learned");
    const inputs: Matrix = { rows, columns: 30, names: inputNames, values };
    const groups = groupDuplicates(all, rows);
    return {
      file: this.#file,
      sha256,
      rows,
      inputs,
      times,
      amounts,
      labels,
      weights,
      weighted: this.#names.includes("Weight"),
      groups,
      quality: quality(times, amounts, labels, weights, groups),
    };
  }
}

/** Decimal notation only: Number() alone would also read "", " 1", "0x10" and "Infinity". */
function isDecimal(text: string): boolean {
  const first = text.charCodeAt(0);
  const last = text.charCodeAt(text.length - 1);
  const digit = (code: number) => code >= 48 && code <= 57;
  if (!(digit(first) || first === 45 || first === 46 || first === 43) || !(digit(last) || last === 46))
    return false;
  const second = text.charCodeAt(1) | 32;
  return second !== 120 && second !== 98 && second !== 111;
}

function unquote(field: string): string {
  const text = field.trim();
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}

/** Group numbers by all 30 inputs in double precision. */
function groupDuplicates(all: Float64Array, rows: number): Int32Array {
  const groups = new Int32Array(rows);
  const words = new Int32Array(all.buffer);
  const first = new Map<number, number[]>();
  for (let r = 0; r < rows; r++) {
    let hash = 0;
    for (let i = r * CELLS * 2; i < (r * CELLS + 30) * 2; i++) hash = (Math.imul(hash, 31) + words[i]!) | 0;
    const seen = first.get(hash);
    const same = seen?.find((other) => sameInputs(all, other, r));
    groups[r] = same ?? r;
    if (same !== undefined) continue;
    if (seen) seen.push(r);
    else first.set(hash, [r]);
  }
  return groups;
}

function sameInputs(all: Float64Array, a: number, b: number): boolean {
  for (let i = 0; i < 30; i++) if (all[a * CELLS + i] !== all[b * CELLS + i]) return false;
  return true;
}

function quality(
  times: Float64Array,
  amounts: Float64Array,
  labels: Uint8Array,
  weights: Float64Array,
  groups: Int32Array,
): DataQuality {
  const found = {
    frauds: 0,
    weightedRows: 0,
    weightedFrauds: 0,
    fraudAmount: 0,
    duplicates: 0,
    contradictions: 0,
    zeroAmounts: 0,
    laterRows: 0,
    laterFrauds: 0,
  };
  let [firstTime, lastTime, maxAmount, timeOrdered] = [Infinity, -Infinity, 0, true];
  for (let r = 0; r < labels.length; r++) {
    found.frauds += labels[r]!;
    found.weightedRows += weights[r]!;
    found.weightedFrauds += labels[r]! * weights[r]!;
    found.fraudAmount += labels[r]! * weights[r]! * amounts[r]!;
    if (groups[r] !== r) {
      found.duplicates++;
      if (labels[groups[r]!] !== labels[r]) found.contradictions++;
    }
    if (amounts[r] === 0) found.zeroAmounts++;
    if (times[r]! >= HONEST_TEST_END) {
      found.laterRows++;
      found.laterFrauds += labels[r]!;
    }
    if (times[r]! < lastTime) timeOrdered = false;
    firstTime = Math.min(firstTime, times[r]!);
    lastTime = Math.max(lastTime, times[r]!);
    maxAmount = Math.max(maxAmount, amounts[r]!);
  }
  const { weightedFrauds, ...counts } = found;
  return {
    rows: labels.length,
    ...counts,
    fraudRate: weightedFrauds / found.weightedRows,
    firstTime,
    lastTime,
    timeOrdered,
    maxAmount,
  };
}
