import { createHash } from "node:crypto";
import type { Wanted } from "../../platform/process/csv/header.ts";
import { notAFlag, notANumber, readDecimal, readLabel } from "../../platform/process/csv/number.ts";
import { readCsv, refusedAt } from "../../platform/process/csv/read-csv.ts";
import { fieldText } from "../../platform/process/csv/text.ts";

/** Transactions of each class in each hour of the day. */
export interface Volume {
  readonly legitimate: readonly number[];
  readonly fraud: readonly number[];
  readonly sha256: string;
}

const wanted: Wanted = {
  columns: [{ name: "Time" }, { name: "Amount" }, { name: "Class" }],
  others: "refused",
};
const [TIME, CLASS] = [0, 2];

/**
 * Counts a file of `Time`, `Amount` and `Class` (plain or packed with gzip) by hour of the day.
 *
 * @throws DomainError `invalid_argument` when it is no such file, with line, column and what to do
 */
export async function readVolume(path: string): Promise<Volume> {
  const hash = createHash("sha256");
  const legitimate = Array<number>(24).fill(0);
  const fraud = Array<number>(24).fill(0);
  for await (const { header, firstLine, rows } of readCsv(path, wanted, {
    onBytes: (bytes) => hash.update(bytes),
  })) {
    const [timeAt, classAt] = [header.cells.indexOf(TIME), header.cells.indexOf(CLASS)];
    for (const [i, fields] of rows.entries()) {
      const refuse = (column: number, what: string): never => {
        throw refusedAt(path, firstLine + i, header.names[column], what);
      };
      const time = fieldText(fields[timeAt]!);
      const label = fieldText(fields[classAt]!);
      const seconds = readDecimal(time) ?? refuse(timeAt, notANumber(time));
      if (seconds < 0) refuse(timeAt, `${seconds} is below 0`);
      const isFraud = readLabel(label) ?? refuse(classAt, notAFlag(label, "fraud"));
      (isFraud === 1 ? fraud : legitimate)[Math.floor((seconds % 86_400) / 3_600)]!++;
    }
  }
  return { legitimate, fraud, sha256: hash.digest("hex") };
}
