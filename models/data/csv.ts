import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { DomainError, messageOf } from "../../platform/process/errors.ts";
import type { Matrix } from "../features/matrix.ts";
import { CELLS, CLASS, type Header, readHeader, WEIGHT } from "./csv-header.ts";
import { notANumber, readDecimal, readLabel, vanishes } from "./csv-number.ts";
import { foreignLine, isBlank, quoted, splitFields, unquote } from "./csv-text.ts";
import {
  type DataQuality,
  type Dataset,
  inputNames,
  LABEL_QUESTION,
  LATEST_START_S,
  timeQuestion,
} from "./dataset.ts";
import { foreignKind, isGzip } from "./file-kind.ts";
import { HONEST_TEST_END } from "./honest-stretches.ts";

const TIME = inputNames.indexOf("Time");
const AMOUNT = inputNames.indexOf("Amount");
/** Fewer rows may well span less than an hour. */
const MANY_ROWS = 100;
const HOUR_S = 3_600;
/** From this rate of fraud on labels are turned round: cases that people picked out and judged hold less. */
const LEAST_TURNED = 0.8;
const LARGEST = 1e9;

/**
 * Reads a ULB-style file (`Time,V1,…,V28,Amount,Class[,Weight]` in any order, fields optionally in double quotes, plain
 * or packed with gzip) as a stream, into typed arrays. Names may be in small letters, the label may be called what it is
 * called elsewhere (`is_fraud`, `label`, …), blank lines may follow the last row.
 *
 * @throws DomainError `invalid_argument` at the first thing that is wrong, with the file, line and column and what to do:
 *   no text, or text of another form; columns missing, unknown or twice; a missing value; text, NaN or infinity in a
 *   number, or one that 32 bits cannot hold; Time or Amount below 0; a label that is neither 0 nor 1; Weight not above 0;
 *   a Time that is no seconds since the first transaction; no rows; one class only, or mostly fraud; a file that cannot
 *   be read or unpacked
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
      for await (const chunk of source) table.add(chunk);
      table.end();
    } catch (error) {
      refused = error;
      throw error;
    }
  };
  try {
    const packed = isGzip(await firstBytes(path));
    const bytes = createReadStream(path, { highWaterMark: 1 << 20 });
    if (packed) await pipeline(bytes, hashing, createGunzip({ chunkSize: 1 << 18 }), parse);
    else await pipeline(bytes, hashing, parse);
  } catch (error) {
    if (refused instanceof DomainError) throw refused;
    const why =
      (error as NodeJS.ErrnoException).code === "ENOENT"
        ? `there is no such file at ${path} (npm run data:download fetches the public data set)`
        : messageOf(error);
    throw new DomainError("invalid_argument", `${file}: cannot be read: ${why}`, { cause: error });
  }
  return table.dataset(hash.digest("hex"));
}

async function firstBytes(path: string): Promise<Uint8Array> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

class Table {
  readonly #file: string;
  #header: Header | undefined;
  #begun = false;
  #rest = "";
  #line = 0;
  /** Number of the first of the blank lines just read: they may only stand at the end. */
  #blankSince: number | undefined;
  #rows = 0;
  #values = new Float64Array(1024 * CELLS);

  constructor(file: string) {
    this.#file = file;
  }

  add(chunk: Buffer): void {
    if (!this.#begun) {
      this.#begun = true;
      const foreign = foreignKind(chunk);
      if (foreign !== undefined) this.#fail(`line 1, column 1: ${foreign}`);
    }
    const lines = (this.#rest + chunk.toString("latin1")).split("\n");
    this.#rest = lines.pop()!;
    for (const line of lines) this.#take(line);
  }

  end(): void {
    if (this.#rest !== "") this.#take(this.#rest);
    if (!this.#header) this.#fail("the file is empty");
    if (this.#rows === 0) this.#fail("the file has a header but no rows");
  }

  #take(given: string): void {
    this.#line++;
    const line = given.endsWith("\r") ? given.slice(0, -1) : given;
    if (!this.#header) {
      const header = readHeader(line);
      if (typeof header === "string") this.#fail(header);
      this.#header = header;
      return;
    }
    if (isBlank(line)) {
      this.#blankSince ??= this.#line;
      return;
    }
    if (this.#blankSince !== undefined) this.#fail(`line ${this.#blankSince} is empty`);
    this.#row(line, this.#header);
  }

  #row(line: string, { names, cells }: Header): void {
    const fields = splitFields(line);
    if (fields?.length !== cells.length) this.#failLine(line, fields, names.length);
    if ((this.#rows + 1) * CELLS > this.#values.length) {
      const grown = new Float64Array(this.#values.length * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    const at = this.#rows * CELLS;
    this.#values[at + WEIGHT] = 1;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i]!;
      const text = isBare(field) ? field : unquote(field);
      const cell = cells[i]!;
      const value = cell === CLASS ? readLabel(text) : readDecimal(text);
      const wrong = whatIsWrong(cell, value, text);
      if (wrong !== undefined) this.#fail(`line ${this.#line}, column ${names[i]}: ${wrong}`);
      this.#values[at + cell] = value!;
    }
    this.#rows++;
  }

  #failLine(line: string, fields: readonly string[] | undefined, wanted: number): never {
    const foreign = foreignLine(line);
    if (foreign !== undefined) this.#fail(`line ${this.#line}, column 1: ${foreign}`);
    if (!fields) this.#fail(`line ${this.#line}: a double quote does not close`);
    const whole = fields.filter((field) => /^[+-]?\d*$/.test(field.trim())).length;
    let hint = "";
    if (fields.length > wanted) {
      hint =
        whole > fields.length / 2
          ? ": are decimals written with a comma? Write them with a point"
          : ": is there a comma inside a field, or at the end of the line?";
    } else if (fields.length === 1 && /[;\t|]/.test(line)) hint = ": part them with commas";
    return this.#fail(`line ${this.#line} has ${fields.length} fields, the header has ${wanted}${hint}`);
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
    const groups = groupDuplicates(all, rows);
    if (frauds === 0) this.#fail("no fraud at all: Class is 0 in every row, nothing can be learned");
    if (frauds === rows) this.#fail("one class only: Class is 1 in every row, nothing can be learned");
    const found = quality(times, amounts, labels, weights, groups);
    this.#question(found);
    const inputs: Matrix = { rows, columns: 30, names: inputNames, values };
    return {
      file: this.#file,
      sha256,
      rows,
      inputs,
      times,
      amounts,
      labels,
      weights,
      weighted: this.#header!.cells.includes(WEIGHT),
      groups,
      quality: found,
    };
  }

  /** Refuses what can be read but hardly means what it says, with the question it raises. */
  #question(found: DataQuality): void {
    const { rows, fraudRate, firstTime, lastTime } = found;
    if (fraudRate >= LEAST_TURNED) {
      const label = this.#header!.names[this.#header!.cells.indexOf(CLASS)];
      this.#fail(
        `column ${label} is 1 in ${(100 * fraudRate).toFixed(1)} % of the transactions: ${LABEL_QUESTION}`,
      );
    }
    if (firstTime >= LATEST_START_S || (rows >= MANY_ROWS && lastTime < HOUR_S)) {
      const name = this.#header!.names[this.#header!.cells.indexOf(0)];
      this.#fail(`column ${name} runs from ${firstTime} to ${lastTime}: ${timeQuestion(found)}`);
    }
  }
}

/** What is wrong with a cell, in words; undefined when nothing is. */
function whatIsWrong(cell: number, value: number | undefined, text: string): string | undefined {
  if (value === undefined) {
    if (isBlank(text)) return "has no value";
    if (cell === CLASS) return `${bare(text)} is neither 0 nor 1 (1 is fraud)`;
    return notANumber(text);
  }
  if (cell === CLASS) return undefined;
  if (cell === WEIGHT && value <= 0) return `${value} is not above 0`;
  if ((cell === TIME || cell === AMOUNT) && value < 0) return `${value} is below 0`;
  if (Math.abs(value) > LARGEST) {
    const question = cell === TIME ? `: ${timeQuestion({ firstTime: value, lastTime: value })}` : "";
    return `${value} is out of range (at most 1e9)${question}`;
  }
  if (vanishes(value, text)) return `${bare(text)} is too small for a 32-bit number: write 0`;
  return undefined;
}

/** Whether a field stands without quotes and blanks around it, as nearly all do. */
function isBare(field: string): boolean {
  const first = field.charCodeAt(0);
  return first !== 34 && !(first <= 32) && !(field.charCodeAt(field.length - 1) <= 32);
}

/** A number as it is written, other text in quotes. */
function bare(text: string): string {
  return readDecimal(text) === undefined ? quoted(text) : text;
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
