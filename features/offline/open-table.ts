import { open } from "node:fs/promises";
import { basename } from "node:path";
import { isGzip } from "../../platform/process/csv/file-kind.ts";
import { codeOf, DomainError } from "../../platform/process/errors.ts";
import { csvTable } from "./csv-table.ts";
import { jsonlTable } from "./jsonl-table.ts";
import { parquetTable } from "./parquet-table.ts";
import type { Table, TableOptions } from "./table.ts";

/**
 * A file of rows: Parquet by how it begins, JSON lines by its name (.jsonl, .ndjson, also .gz), otherwise CSV; the two
 * texts plain or gzip.
 *
 * @throws DomainError `invalid_argument` when it cannot be read
 */
export async function openTable(path: string, options: TableOptions = {}): Promise<Table> {
  const kind = await tableKind(path);
  if (kind === "parquet") return parquetTable(path, options);
  return kind === "jsonl"
    ? jsonlTable(path, isGzip(await firstBytes(path)), options)
    : csvTable(path, options);
}

/** What {@link openTable} takes a file for. @throws DomainError `invalid_argument` when it cannot be read */
export async function tableKind(path: string): Promise<"parquet" | "jsonl" | "csv"> {
  if (Buffer.from(await firstBytes(path)).toString("latin1") === "PAR1") return "parquet";
  return /\.(jsonl|ndjson)(\.gz)?$/i.test(path) ? "jsonl" : "csv";
}

async function firstBytes(path: string): Promise<Uint8Array> {
  try {
    const handle = await open(path);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    const why = codeOf(error) === "ENOENT" ? `there is no such file at ${path}` : codeOf(error);
    throw new DomainError("invalid_argument", `${basename(path)}: cannot be read: ${why}`, { cause: error });
  }
}
