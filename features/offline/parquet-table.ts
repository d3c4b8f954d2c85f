import { basename } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import {
  asyncBufferFromFile,
  type ColumnData,
  type FileMetaData,
  parquetMetadataAsync,
  parquetRead,
  parquetSchema,
} from "hyparquet";
import { DomainError, messageOf } from "../../platform/process/errors.ts";
import type { Table, TableOptions, TableRows } from "./table.ts";
import { valueAt } from "./value-at.ts";

/** Rows that are handed on at a time. */
const ROWS = 8_192;

/** Of 2018-04-01T00:00:31.000Z. */
const DAY = 10;
const LOCAL_MOMENT = 23;

/** Ways of packing beside Snappy and none, which the library knows itself. */
const COMPRESSORS = {
  GZIP: (input: Uint8Array) => gunzipSync(input),
  BROTLI: (input: Uint8Array) => brotliDecompressSync(input),
};

/**
 * A Parquet file, a row group in memory at a time. Moments that are not said to be in UTC come as text without
 * an offset.
 */
export function parquetTable(path: string, { onBytes }: TableOptions = {}): Table {
  return {
    columns: () =>
      inFile(path, async () => {
        const metadata = await parquetMetadataAsync(await asyncBufferFromFile(path));
        return parquetSchema(metadata).children.flatMap(({ element, children }) =>
          children.length === 0
            ? [element.name]
            : children.map((inner) => `${element.name}.${inner.element.name}`),
        );
      }),
    rows: (columns) => rows(path, columns, onBytes),
  };
}

async function* rows(
  path: string,
  columns: readonly string[],
  onBytes: TableOptions["onBytes"],
): AsyncGenerator<TableRows> {
  const file = await inFile(path, () => asyncBufferFromFile(path));
  const told = {
    byteLength: file.byteLength,
    async slice(start: number, end?: number): Promise<ArrayBuffer> {
      const bytes = await file.slice(start, end);
      onBytes?.(new Uint8Array(bytes));
      return bytes;
    },
  };
  const metadata = await inFile(path, () => parquetMetadataAsync(told));
  const ways = columns.map((name) => [name, name.split(".")] as const);
  const known = parquetSchema(metadata).children.map(({ element }) => element.name);
  const tops = ways.map(([name, [first = ""]]) => (known.includes(name) ? name : first));
  const missing = columns.filter((_, i) => !known.includes(tops[i] as string));
  if (missing.length > 0) {
    throw new DomainError("invalid_argument", `${basename(path)}: column ${missing.join(", ")} missing`);
  }
  const asText = asTexts(metadata);
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const range = { file: told, metadata, columns: [...new Set(tops)], rowStart, rowEnd };
    const chunks = await inFile(path, () => readGroup(range));
    for (let from = rowStart; from < rowEnd; from += ROWS) {
      const count = Math.min(ROWS, rowEnd - from);
      const cells = tops.map((top) => part(chunks.get(top) ?? [], from, count, asText.get(top)));
      const rows = Array.from({ length: count }, (_, r) =>
        ways.map(([name, way], c) => {
          const value = cells[c]?.[r];
          return tops[c] === name ? value : valueAt({ [way[0] as string]: value }, name, way);
        }),
      );
      yield { firstLine: from + 1, rows, asWritten: (row) => asJson(columns, rows[row] ?? []) };
    }
    rowStart = rowEnd;
  }
}

async function readGroup(
  range: Pick<Parameters<typeof parquetRead>[0], "file" | "metadata" | "columns" | "rowStart" | "rowEnd">,
): Promise<ReadonlyMap<string, readonly ColumnData[]>> {
  const chunks = new Map<string, ColumnData[]>();
  await parquetRead({
    ...range,
    compressors: COMPRESSORS,
    onChunk: (chunk) => {
      const of = chunks.get(chunk.columnName) ?? [];
      chunks.set(chunk.columnName, of);
      of.push(chunk);
    },
  });
  return chunks;
}

function asJson(columns: readonly string[], cells: readonly unknown[]): string {
  return JSON.stringify(
    Object.fromEntries(columns.map((name, i) => [name, cells[i]])),
    (_, value: unknown) => (typeof value === "bigint" ? String(value) : value),
  );
}

/** Some rows of a column. */
function part(
  chunks: readonly ColumnData[],
  from: number,
  count: number,
  length: number | undefined,
): readonly unknown[] {
  const values: unknown[] = new Array(count);
  for (const { columnData, rowStart, rowEnd } of chunks) {
    for (let row = Math.max(from, rowStart); row < Math.min(from + count, rowEnd); row++) {
      const value: unknown = columnData[row - rowStart];
      values[row - from] =
        length !== undefined && value instanceof Date ? value.toISOString().slice(0, length) : value;
    }
  }
  return values;
}

/**
 * Columns whose moments are handed on as text, and so many characters of it: those of clocks that may have been anywhere,
 * and days, which are no moments.
 */
function asTexts({ schema }: FileMetaData): ReadonlyMap<string, number> {
  return new Map(
    schema.flatMap(({ name, logical_type: type, converted_type: older }): [string, number][] => {
      if (type?.type === "TIMESTAMP" && !type.isAdjustedToUTC) return [[name, LOCAL_MOMENT]];
      return type?.type === "DATE" || older === "DATE" ? [[name, DAY]] : [];
    }),
  );
}

/** What the library says of a file is that the file is broken. */
async function inFile<T>(path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw new DomainError(
      "invalid_argument",
      `${basename(path)}: is no Parquet that can be read: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}
