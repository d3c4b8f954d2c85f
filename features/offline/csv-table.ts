import type { Wanted } from "../../platform/process/csv/header.ts";
import { readCsv } from "../../platform/process/csv/read-csv.ts";
import { fieldText, readable } from "../../platform/process/csv/text.ts";
import type { Table, TableOptions, TableRows } from "./table.ts";

/** A CSV file, plain or gzip; semicolons, tabs or bars may part its fields as well. */
export function csvTable(path: string, options: TableOptions = {}): Table {
  return {
    async columns() {
      const any: Wanted = { columns: [], others: "ignored" };
      for await (const { header } of readCsv(path, any, { brokenLines: "handed on" })) return header.names;
      return [];
    },
    rows: (columns) => rows(path, columns, options),
  };
}

async function* rows(
  path: string,
  columns: readonly string[],
  options: TableOptions,
): AsyncGenerator<TableRows> {
  const wanted: Wanted = {
    columns: columns.map((name) => ({ name })),
    others: "ignored",
  };
  let at: readonly number[] | undefined;
  for await (const { header, firstLine, rows: lines, broken } of readCsv(path, wanted, options)) {
    at ??= columns.map((_, cell) => header.cells.indexOf(cell));
    const places = at;
    yield {
      firstLine,
      rows: lines.map((fields, i) =>
        broken.has(i) ? [] : places.map((place) => textOf(fields[place] as string)),
      ),
      broken,
      asWritten: (row) => readable((lines[row] as readonly string[]).join(header.separator)),
    };
  }
}

/** A field as the text that it is: read as latin1, most are ASCII and the same in UTF-8. */
function textOf(field: string): string {
  const latin1 = fieldText(field);
  const text = latin1.includes('""') ? latin1.replaceAll('""', '"') : latin1;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return readable(text);
  return text;
}
