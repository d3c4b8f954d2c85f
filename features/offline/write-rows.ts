import { createWriteStream } from "node:fs";
import { open } from "node:fs/promises";
import { finished } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { DomainError } from "../../platform/process/errors.ts";
import type { Label } from "./payments.ts";

/** A file of features in the making: the transaction's id, the columns, and the label as far as it is known. */
export interface FeatureWriter {
  /** @param values a value a column */
  row(transactionId: string, values: ArrayLike<number>, label: Label | undefined): void;
  /** Waits until what was written is on its way. */
  drained(): Promise<void>;
  /** Ends the file; it is whole afterwards. */
  end(): Promise<void>;
}

/** Characters that are gathered before they are written. */
const AT_ONCE = 1 << 18;

type Line = (transactionId: string, values: ArrayLike<number>, label: Label | undefined) => string;

/**
 * Begins a new file by its name: .csv or .jsonl, also .gz.
 *
 * @throws DomainError `invalid_argument` for another name, and when there is such a file already
 */
export async function featureWriter(path: string, columns: readonly string[]): Promise<FeatureWriter> {
  const kind = /\.(csv|jsonl|ndjson)(\.gz)?$/i.exec(path);
  if (!kind)
    throw new DomainError(
      "invalid_argument",
      `${path}: must end with .csv or .jsonl, also with .gz behind it`,
    );
  try {
    await (await open(path, "wx")).close();
  } catch (error) {
    throw new DomainError("invalid_argument", `${path}: cannot be made: is it there already?`, {
      cause: error,
    });
  }
  const file = createWriteStream(path);
  const out = kind[2] ? createGzip({ level: 1 }) : file;
  if (out !== file) out.pipe(file);
  const done = finished(file);
  // Told by drained() and end().
  done.catch(() => {});
  const csv = kind[1]?.toLowerCase() === "csv";
  const line = csv ? csvLine : jsonLine(columns);
  let text = csv ? `${["transaction_id", ...columns, "label"].map(quotedField).join(",")}\n` : "";
  let full = false;
  const push = () => {
    full = !out.write(text);
    text = "";
  };
  return {
    row(transactionId, values, label) {
      text += line(transactionId, values, label);
      if (text.length > AT_ONCE) push();
    },
    async drained() {
      if (!full) return;
      full = false;
      await Promise.race([new Promise<void>((resolve) => out.once("drain", resolve)), done]);
    },
    async end() {
      if (text !== "") push();
      out.end();
      await done;
    },
  };
}

const csvLine: Line = (transactionId, values, label) =>
  `${quotedField(transactionId)},${Array.prototype.join.call(values, ",")},${label ? Number(label.fraud) : ""}\n`;

function jsonLine(columns: readonly string[]): Line {
  return (transactionId, values, label) =>
    `${JSON.stringify({
      transaction_id: transactionId,
      ...Object.fromEntries(columns.map((name, c) => [name, values[c]])),
      ...(label && { label: Number(label.fraud) }),
    })}\n`;
}

/** A text as a field of a CSV file. */
export function quotedField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
