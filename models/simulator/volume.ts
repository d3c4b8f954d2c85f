import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { gunzipSync } from "node:zlib";
import { DomainError, messageOf } from "../../platform/errors.ts";

/** Transactions of each class in each hour of the day. */
export interface Volume {
  readonly legitimate: readonly number[];
  readonly fraud: readonly number[];
  readonly sha256: string;
}

/**
 * Counts a `Time,Amount,Class` file (.csv or .csv.gz) by hour of the day.
 *
 * @throws DomainError `invalid_argument` when it is no such file
 */
export async function readVolume(path: string): Promise<Volume> {
  let bytes: Buffer;
  let text: string;
  try {
    bytes = await readFile(path);
    text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("latin1");
  } catch (error) {
    throw new DomainError("invalid_argument", `${basename(path)} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const lines = text.split(/\r?\n/);
  if (lines[0] !== "Time,Amount,Class") {
    throw new DomainError("invalid_argument", `${basename(path)}: the columns must be Time,Amount,Class`);
  }
  const legitimate = Array<number>(24).fill(0);
  const fraud = Array<number>(24).fill(0);
  for (const [i, line] of lines.entries()) {
    if (i === 0 || line === "") continue;
    const [time, , label] = line.split(",").map(Number);
    const hour = Math.floor(((time ?? Number.NaN) % 86_400) / 3_600);
    if (!(hour >= 0) || (label !== 0 && label !== 1)) {
      throw new DomainError("invalid_argument", `${basename(path)}: line ${i + 1} is wrong`);
    }
    (label === 1 ? fraud : legitimate)[hour]!++;
  }
  return { legitimate, fraud, sha256: createHash("sha256").update(bytes).digest("hex") };
}
