import type { Wanted } from "../../platform/process/csv/header.ts";
import { readCsv } from "../../platform/process/csv/read-csv.ts";
import { fieldText, readable } from "../../platform/process/csv/text.ts";
import type { Table, TableRows } from "./table.ts";

/** A CSV file, plain or gzip. @param onBytes told of its bytes as they lie there, for progress */
export function csvTable(path: string, onBytes?: (bytes: Uint8Array) => void): Table {
  return {
    async columns() {
      for await (const { header } of readCsv(path, { columns: [], others: "ignored" })) return header.names;
      return [];
    },
    rows: (columns) => rows(path, columns, onBytes),
  };
}

async function* rows(
  path: string,
  columns: readonly string[],
  onBytes: ((bytes: Uint8Array) => void) | undefined,
): AsyncGenerator<TableRows> {
  const wanted: Wanted = { columns: columns.map((name) => ({ name })), others: "ignored" };
  let at: readonly number[] | undefined;
  for await (const part of readCsv(path, wanted, onBytes ? { onBytes } : {})) {
    at ??= columns.map((_, cell) => part.header.cells.indexOf(cell));
    const places = at;
    yield {
      firstLine: part.firstLine,
      rows: part.rows.map((fields) => places.map((place) => textOf(fields[place] as string))),
    };
  }
}

/** A field as the text that it is: read as latin1, most are ASCII and the same in UTF-8. */
function textOf(field: string): string {
  const text = fieldText(field);
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return readable(text);
  return text.includes('""') ? text.replaceAll('""', '"') : text;
}
