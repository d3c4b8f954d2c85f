import { csvCell } from "../../platform/process/csv/cell.ts";
import type { Column, Row } from "./dataset.ts";
import { parquetBytes } from "./parquet.ts";

/** How rows leave as a file. */
export interface Format {
  readonly contentType: string;
  /** Whether rows can be read before the file has ended. */
  readonly endless: boolean;
  encode(columns: readonly Column[], pages: AsyncIterable<readonly Row[]>): AsyncGenerator<Uint8Array>;
}

/** The formats by their names, which are how files are called too. */
export const FORMATS = {
  jsonl: { contentType: "application/x-ndjson", endless: true, encode: jsonLines },
  csv: { contentType: "text/csv; charset=utf-8", endless: true, encode: csvLines },
  parquet: { contentType: "application/vnd.apache.parquet", endless: false, encode: parquetBytes },
} as const satisfies Record<string, Format>;

export type FormatName = keyof typeof FORMATS;

export const FORMAT_NAMES = Object.keys(FORMATS) as readonly FormatName[];

export function isFormatName(text: string): text is FormatName {
  return Object.hasOwn(FORMATS, text);
}

/** A row a line; a column that a row has not got is left out. */
async function* jsonLines(
  columns: readonly Column[],
  pages: AsyncIterable<readonly Row[]>,
): AsyncGenerator<Uint8Array> {
  const keys = columns.map(({ name }) => [name, `${JSON.stringify(name)}:`] as const);
  for await (const rows of pages) {
    let text = "";
    for (const row of rows) {
      let before = "{";
      for (const [name, key] of keys) {
        const value = row[name];
        if (value === undefined) continue;
        text += before + key + JSON.stringify(value);
        before = ",";
      }
      text += "}\n";
    }
    yield Buffer.from(text);
  }
}

/** RFC 4180, with a header; no cell is one that a spreadsheet runs ({@link csvCell}). */
async function* csvLines(
  columns: readonly Column[],
  pages: AsyncIterable<readonly Row[]>,
): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${columns.map(({ name }) => csvCell(name)).join(",")}\r\n`);
  for await (const rows of pages) {
    let text = "";
    for (const row of rows) text += `${columns.map(({ name }) => cellOf(row[name])).join(",")}\r\n`;
    yield Buffer.from(text);
  }
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string" || typeof value === "number") return csvCell(value);
  return typeof value === "boolean" ? String(value) : csvCell(JSON.stringify(value));
}
