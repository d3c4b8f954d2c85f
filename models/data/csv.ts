import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import type { DecimalSign } from "../../features/offline/mapping.ts";
import { openTable, tableKind } from "../../features/offline/open-table.ts";
import { headerOf, type Wanted } from "../../platform/process/csv/header.ts";
import {
  asWritten,
  notACommaNumber,
  notAFlag,
  notANumber,
  readCommaDecimal,
  readDecimal,
  readLabel,
  vanishes,
} from "../../platform/process/csv/number.ts";
import { type Rows, readCsv, refusedAt } from "../../platform/process/csv/read-csv.ts";
import { fieldText } from "../../platform/process/csv/text.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { Matrix } from "../features/matrix.ts";
import {
  type DataQuality,
  type Dataset,
  inputNames,
  LABEL_QUESTION,
  LATEST_START_S,
  TIME_UNIT,
  timeQuestion,
} from "./dataset.ts";
import { HONEST_TEST_END } from "./honest-stretches.ts";

/** Cells of a row as kept: the 30 inputs, the label, the weight. */
const CLASS = inputNames.length;
const WEIGHT = CLASS + 1;
const CELLS = WEIGHT + 1;

const wanted: Wanted = {
  columns: [
    ...inputNames.map((name) => ({ name })),
    { name: "Class", elsewhere: new Set(["class", "isfraud", "fraud", "txfraud", "label", "target"]) },
    { name: "Weight", optional: true },
  ],
  others: "refused",
};

const TIME = inputNames.indexOf("Time");
const AMOUNT = inputNames.indexOf("Amount");
/** Fewer rows may well span less than an hour. */
const MANY_ROWS = 100;
const HOUR_S = 3_600;
/** From this rate of fraud on labels are turned round: cases that people picked out and judged hold less. */
const LEAST_TURNED = 0.8;
const LARGEST = 1e9;

/**
 * Reads a ULB-style file (`Time,V1,…,V28,Amount,Class[,Weight]` in any order; CSV in any dialect that {@link readCsv}
 * reads, JSON lines, Parquet) as a stream, into typed arrays. Names may be in small letters, the label may be called what
 * it is called elsewhere (`is_fraud`, `label`, …). What is not plain in it is told in `form`.
 *
 * @param decimal what stands before the decimals of numbers that are text: a point when left out
 *
 * @throws DomainError `invalid_argument` at the first thing that is wrong, with the file, line and column and what to do:
 *   no text, or text of another form; columns missing, unknown or twice; a missing value; text, NaN or infinity in a
 *   number, or one that 32 bits cannot hold; Time or Amount below 0; a label that is neither 0 nor 1; Weight not above 0;
 *   a Time that is no seconds since the first transaction; no rows; one class only, or mostly fraud; a file that cannot
 *   be read or unpacked
 */
export async function loadCsv(path: string, decimal?: DecimalSign): Promise<Dataset> {
  const table = new Table(basename(path), decimal);
  const kind = await tableKind(path).catch(() => "csv" as const);
  if (kind !== "csv") {
    for await (const rows of typedRows(path, kind === "parquet" ? "Parquet" : "JSON lines")) table.add(rows);
    return table.dataset(await hashOf(path));
  }
  const hash = createHash("sha256");
  const batches = readCsv(path, wanted, {
    onBytes: (bytes) => hash.update(bytes),
    whenAbsent: "npm run data:download fetches the public data set",
  });
  for await (const rows of batches) table.add(rows);
  return table.dataset(hash.digest("hex"));
}

/** The rows of a file whose values have types, as a text file would have them. */
async function* typedRows(path: string, form: string): AsyncGenerator<Rows> {
  const table = await openTable(path);
  const names = await table.columns();
  const header = headerOf(names, wanted, 1);
  if (typeof header === "string") throw new DomainError("invalid_argument", `${basename(path)}: ${header}`);
  for await (const { firstLine, rows } of table.rows(names)) {
    const texts = rows.map((cells) =>
      cells.map((cell) => (cell === undefined || cell === null ? "" : String(cell))),
    );
    yield { header: { ...header, form: [form] }, firstLine, rows: texts, broken: new Map() };
  }
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const bytes of createReadStream(path)) hash.update(bytes as Buffer);
  return hash.digest("hex");
}

class Table {
  readonly #file: string;
  readonly #decimal: DecimalSign;
  #names: readonly string[] = [];
  #form: readonly string[] = [];
  /** Labels that are no numbers, and what they were taken for. */
  readonly #words = new Map<string, number>();
  #cells: readonly number[] = [];
  #rows = 0;
  #values = new Float64Array(1024 * CELLS);

  constructor(file: string, decimal: DecimalSign = "point") {
    this.#file = file;
    this.#decimal = decimal;
  }

  add({ header, firstLine, rows }: Rows): void {
    this.#names = header.names;
    this.#cells = header.cells;
    this.#form = header.form;
    for (const [i, fields] of rows.entries()) this.#row(fields, firstLine + i);
  }

  #row(fields: readonly string[], line: number): void {
    if ((this.#rows + 1) * CELLS > this.#values.length) {
      const grown = new Float64Array(this.#values.length * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    const at = this.#rows * CELLS;
    const number = this.#decimal === "comma" ? readCommaDecimal : readDecimal;
    this.#values[at + WEIGHT] = 1;
    for (let i = 0; i < fields.length; i++) {
      const text = fieldText(fields[i]!);
      const cell = this.#cells[i]!;
      const value = cell === CLASS ? readLabel(text) : number(text);
      const wrong = whatIsWrong(cell, value, text, this.#decimal);
      if (wrong !== undefined) throw refusedAt(this.#file, line, this.#names[i], wrong);
      this.#values[at + cell] = value!;
      if (cell === CLASS && text.length > 1 && readDecimal(text) === undefined) this.#words.set(text, value!);
    }
    this.#rows++;
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
      weighted: this.#cells.includes(WEIGHT),
      groups,
      quality: found,
      form: this.#formOf(),
    };
  }

  /** What is not plain in the file, in words. */
  #formOf(): string[] {
    const label = this.#names[this.#cells.indexOf(CLASS)];
    return [
      ...this.#form,
      ...(this.#decimal === "comma" ? ["decimals behind a comma"] : []),
      ...(label?.toLowerCase() === "class" ? [] : [`column ${label} is the label`]),
      ...[...this.#words].map(([word, value]) => `${word} is ${value}`),
    ];
  }

  /** Refuses what can be read but hardly means what it says, with the question it raises. */
  #question(found: DataQuality): void {
    const { rows, fraudRate, firstTime, lastTime } = found;
    if (fraudRate >= LEAST_TURNED) {
      const label = this.#names[this.#cells.indexOf(CLASS)];
      this.#fail(
        `column ${label} is 1 in ${(100 * fraudRate).toFixed(1)} % of the transactions: ${LABEL_QUESTION}`,
      );
    }
    if (firstTime >= LATEST_START_S || (rows >= MANY_ROWS && lastTime < HOUR_S)) {
      const name = this.#names[this.#cells.indexOf(0)];
      this.#fail(`column ${name} runs from ${firstTime} to ${lastTime}: ${timeQuestion(found)}`);
    }
  }
}

/** What is wrong with a cell, in words; undefined when nothing is. */
function whatIsWrong(
  cell: number,
  value: number | undefined,
  text: string,
  decimal: DecimalSign,
): string | undefined {
  if (value === undefined) {
    if (cell === CLASS) return notAFlag(text, "fraud");
    const what = decimal === "comma" ? notACommaNumber(text) : notANumber(text);
    return cell === TIME ? `${what}; ${TIME_UNIT}` : what;
  }
  if (cell === CLASS) return undefined;
  if (cell === WEIGHT && value <= 0) return `${value} is not above 0`;
  if ((cell === TIME || cell === AMOUNT) && value < 0) return `${value} is below 0`;
  if (Math.abs(value) > LARGEST) {
    const question = cell === TIME ? `: ${timeQuestion({ firstTime: value, lastTime: value })}` : "";
    return `${value} is out of range (at most 1e9)${question}`;
  }
  if (vanishes(value, text)) return `${asWritten(text)} is too small for a 32-bit number: write 0`;
  return undefined;
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
