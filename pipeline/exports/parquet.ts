import { ByteWriter, ParquetWriter, type SchemaElement } from "hyparquet-writer";
import type { Column, ColumnKind, Row } from "./dataset.ts";

/** Rows of a group: so many lie in memory. Readers like large ones; while one is encoded, the process does nothing else. */
const GROUP = 16_384;

/** How Parquet keeps a kind of column: moments are microseconds in UTC, structures are JSON text. */
const ELEMENTS: Readonly<Record<ColumnKind, Omit<SchemaElement, "name">>> = {
  text: { type: "BYTE_ARRAY", converted_type: "UTF8" },
  json: { type: "BYTE_ARRAY", converted_type: "UTF8" },
  integer: { type: "INT64" },
  real: { type: "DOUBLE" },
  flag: { type: "BOOLEAN" },
  time: {
    type: "INT64",
    converted_type: "TIMESTAMP_MICROS",
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" },
  },
};

/**
 * Rows as a Parquet file (Snappy), a group of rows at a time: what is behind is no longer in memory but for where its
 * columns lie.
 */
export async function* parquetBytes(
  columns: readonly Column[],
  pages: AsyncIterable<readonly Row[]>,
): AsyncGenerator<Uint8Array> {
  const buffer = new ByteWriter(1 << 20);
  const writer = new ParquetWriter({
    writer: buffer,
    schema: [
      { name: "root", num_children: columns.length },
      ...columns.map(
        ({ name, kind }): SchemaElement => ({ name, repetition_type: "OPTIONAL", ...ELEMENTS[kind] }),
      ),
    ],
    createdBy: "PaySecure",
  });
  const take = (): Uint8Array => {
    const bytes = buffer.getBytes().slice();
    buffer.index = 0;
    return bytes;
  };
  let waiting: Row[] = [];
  const group = async (): Promise<Uint8Array> => {
    const rows = waiting;
    waiting = [];
    await writer.write({
      columnData: columns.map(({ name, kind }) => ({
        name,
        data: rows.map((row) => cellOf(kind, row[name])),
        // Kept in memory to the end, for readers that look for single pages.
        offsetIndex: false,
      })),
      rowGroupSize: rows.length,
    });
    return take();
  };
  for await (const rows of pages) {
    for (const row of rows) {
      waiting.push(row);
      if (waiting.length === GROUP) yield await group();
    }
  }
  if (waiting.length > 0) yield await group();
  await writer.finish();
  yield take();
}

function cellOf(kind: ColumnKind, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (kind === "integer") return BigInt(value as number);
  if (kind === "json") return JSON.stringify(value);
  return kind === "time" ? microseconds(value as string) : value;
}

/** Of 2026-11-26T21:04:05.123456Z. */
function microseconds(iso: string): bigint {
  return BigInt(Date.parse(`${iso.slice(0, 23)}Z`)) * 1_000n + BigInt(iso.slice(23, 26));
}
