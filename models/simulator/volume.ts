import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { gunzipSync } from "node:zlib";
import { DomainError, messageOf } from "../../platform/process/errors.ts";
import { notANumber, readDecimal, readLabel } from "../data/csv-number.ts";
import { isBlank, quoted, unquote } from "../data/csv-text.ts";
import { foreignKind, isGzip } from "../data/file-kind.ts";

/** Transactions of each class in each hour of the day. */
export interface Volume {
  readonly legitimate: readonly number[];
  readonly fraud: readonly number[];
  readonly sha256: string;
}

const columns = ["Time", "Amount", "Class"];

/**
 * Counts a `Time,Amount,Class` file (plain or packed with gzip) by hour of the day.
 *
 * @throws DomainError `invalid_argument` when it is no such file, with line, column and what to do
 */
export async function readVolume(path: string): Promise<Volume> {
  const file = basename(path);
  const refuse = (what: string): never => {
    throw new DomainError("invalid_argument", `${file}: ${what}`);
  };
  const bytes = await bytesOf(path);
  const plain = isGzip(bytes) ? unpacked(bytes, file) : bytes;
  const foreign = foreignKind(plain);
  if (foreign !== undefined) refuse(`line 1, column 1: ${foreign}`);
  const [header = "", ...lines] = plain.toString("latin1").split(/\r?\n/);
  const names = header.split(",").map((name) => unquote(name).toLowerCase());
  if (names.join() !== columns.join().toLowerCase()) {
    refuse(`line 1: the columns must be ${columns.join()}, not ${quoted(header)}`);
  }
  const legitimate = Array<number>(24).fill(0);
  const fraud = Array<number>(24).fill(0);
  for (const [i, line] of lines.entries()) {
    if (isBlank(line)) continue;
    const fields = line.split(",").map(unquote);
    const where = `line ${i + 2}`;
    if (fields.length !== columns.length) {
      refuse(`${where} has ${fields.length} fields, the header has ${columns.length}`);
    }
    const [time = "", , label = ""] = fields;
    const seconds = readDecimal(time) ?? refuse(`${where}, column Time: ${notANumber(time)}`);
    if (seconds < 0) refuse(`${where}, column Time: ${seconds} is below 0`);
    const isFraud =
      readLabel(label) ?? refuse(`${where}, column Class: ${quoted(label)} is neither 0 nor 1 (1 is fraud)`);
    (isFraud === 1 ? fraud : legitimate)[Math.floor((seconds % 86_400) / 3_600)]!++;
  }
  return { legitimate, fraud, sha256: createHash("sha256").update(bytes).digest("hex") };
}

async function bytesOf(path: string): Promise<Buffer> {
  return await readFile(path).catch((error: unknown) => {
    throw cannotBeRead(basename(path), error);
  });
}

function unpacked(bytes: Buffer, file: string): Buffer {
  try {
    return gunzipSync(bytes);
  } catch (error) {
    throw cannotBeRead(file, error);
  }
}

function cannotBeRead(file: string, error: unknown): DomainError {
  return new DomainError("invalid_argument", `${file} cannot be read: ${messageOf(error)}`, { cause: error });
}
