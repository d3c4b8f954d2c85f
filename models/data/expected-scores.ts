import { basename } from "node:path";
import { openTable } from "../../features/offline/open-table.ts";
import type { TableRows } from "../../features/offline/table.ts";
import { notANumber, readDecimal } from "../../platform/process/csv/number.ts";
import { refusedAt } from "../../platform/process/csv/read-csv.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { type Matrix, newMatrix } from "../features/matrix.ts";

/** What the column of scores may be called, without what parts words. */
const SCORE_NAMES: readonly string[] = [
  ...["expected", "expectedscore", "expectedprobability", "score", "probability", "fraudprobability"],
  ...["pfraud", "fraudscore", "prediction", "proba"],
];
/** A sample proves something when it has rows enough, and scores of both kinds. */
const LEAST_ROWS = 10;
const LEAST_SPREAD = 0.1;

/** Rows that a model was scored on where it was trained. */
export interface ExpectedScores {
  readonly file: string;
  /** The column that the scores stand in. */
  readonly column: string;
  readonly inputs: Matrix;
  /** Probabilities of fraud, [n]. */
  readonly scores: Float64Array;
  /** Where row `r` stands in the file. */
  readonly lines: readonly number[];
}

/**
 * Reads a sample of a model's inputs and of what it answered to them where it was trained: CSV, JSON lines or Parquet,
 * columns in any order and capitals, others ignored.
 *
 * @param names of the inputs
 * @throws DomainError `invalid_argument` with line and column of what is no number, or saying what is missing
 */
export async function readExpectedScores(path: string, names: readonly string[]): Promise<ExpectedScores> {
  const file = basename(path);
  const wrong = (what: string) => new DomainError("invalid_argument", `${file}: ${what}`);
  const table = await openTable(path);
  const columns = await table.columns();
  const plain = (name: string) => name.toLowerCase().replace(/[\s_-]/g, "");
  const inputs = names.map((name) => columns.find((column) => plain(column) === plain(name)));
  const missing = names.filter((_, i) => inputs[i] === undefined);
  if (missing.length > 0)
    throw wrong(`column ${missing.join(", ")} missing: a sample has all inputs and a score`);
  const found = columns.filter((column) => SCORE_NAMES.includes(plain(column)));
  const [column, second] = found;
  if (column === undefined)
    throw wrong("column expected missing: what the model answered, its probability of fraud");
  if (second !== undefined) {
    throw wrong(`columns ${found.join(" and ")} may be what the model answered: leave all but one out`);
  }
  const asked = [...(inputs as string[]), column];
  const rows: number[] = [];
  const lines: number[] = [];
  for await (const some of table.rows([...new Set(asked)])) {
    for (const [i, cells] of some.rows.entries()) rows.push(...numbersOf(path, asked, some, i, cells));
    for (const i of some.rows.keys()) lines.push(some.firstLine + i);
  }
  const scores = Float64Array.from(lines, (_, r) => rows[r * asked.length + names.length]!);
  const matrix = newMatrix(lines.length, names);
  for (let r = 0; r < lines.length; r++) {
    matrix.values.set(rows.slice(r * asked.length, r * asked.length + names.length), r * names.length);
  }
  const [low, high] = [
    scores.reduce((a, b) => Math.min(a, b), 1),
    scores.reduce((a, b) => Math.max(a, b), 0),
  ];
  if (lines.length < LEAST_ROWS)
    throw wrong(`${lines.length} rows prove too little: at least ${LEAST_ROWS} are needed`);
  if (high - low < LEAST_SPREAD) {
    throw wrong(
      `its scores go from ${low} to ${high} only, which proves too little: take frauds and legitimate payments`,
    );
  }
  return { file, column, inputs: matrix, scores, lines };
}

function numbersOf(
  path: string,
  columns: readonly string[],
  { firstLine }: TableRows,
  row: number,
  cells: readonly unknown[],
): number[] {
  return cells.map((cell, c) => {
    const text = cell === undefined || cell === null ? "" : String(cell);
    const value = typeof cell === "number" ? cell : readDecimal(text);
    const refuse = (what: string) => refusedAt(path, firstLine + row, columns[c], what);
    if (value === undefined || !Number.isFinite(value)) {
      throw refuse(notANumber(Buffer.from(text).toString("latin1")));
    }
    if (c === columns.length - 1 && !(value >= 0 && value <= 1)) {
      throw refuse(`${value} is no probability from 0 to 1`);
    }
    return value;
  });
}
