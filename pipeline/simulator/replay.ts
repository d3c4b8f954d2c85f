import type { Wanted } from "../../platform/process/csv/header.ts";
import { notAFlag, notANumber, readDecimal, readLabel } from "../../platform/process/csv/number.ts";
import { readCsv, refusedAt } from "../../platform/process/csv/read-csv.ts";
import { fieldText } from "../../platform/process/csv/text.ts";
import type { QueuedTransaction } from "../queues.ts";
import { type Due, paced } from "./paced.ts";

export interface ReplayOptions {
  /** `Time,V1…V28,Amount[,Class]` in any order, other columns ignored; plain or packed with gzip. */
  readonly path: string;
  /** Seconds of the file per second of the clock; Infinity: as fast as they are taken. */
  readonly speed: number;
  readonly runId: string;
  readonly stopping: AbortSignal;
}

/**
 * The rows of a file as transactions, in its order, each when its Time has come: chunks of at most MAX_CHUNK.
 *
 * @throws DomainError `invalid_argument` naming line and column; what came before has been given out
 */
export async function* replay(options: ReplayOptions): AsyncGenerator<QueuedTransaction[]> {
  yield* paced(dueRows(options), options.stopping);
}

async function* dueRows({ path, speed, runId }: ReplayOptions): AsyncGenerator<Due<QueuedTransaction>> {
  const started = Date.now();
  let firstTime: number | undefined;
  for await (const row of readRows(path)) {
    firstTime ??= row.time;
    const due = started + Math.max(0, ((row.time - firstTime) / speed) * 1_000);
    yield [
      due,
      {
        transactionId: `replay-${runId}-${row.line}`,
        time: row.time,
        v: row.v,
        amount: row.amount,
        eventTime: new Date(Math.max(due, started)).toISOString(),
        truth: row.truth,
      },
    ];
  }
}

interface Row {
  readonly line: number;
  readonly time: number;
  readonly v: number[];
  readonly amount: number;
  readonly truth: boolean | null;
}

const wanted: Wanted = {
  columns: [
    { name: "Time" },
    ...Array.from({ length: 28 }, (_, i) => ({ name: `V${i + 1}` })),
    { name: "Amount" },
    { name: "Class", optional: true },
  ],
  others: "ignored",
};
const AMOUNT = 29;
const CLASS = 30;

async function* readRows(path: string): AsyncGenerator<Row> {
  for await (const { header, firstLine, rows } of readCsv(path, wanted)) {
    const at = wanted.columns.map((_, cell) => header.cells.indexOf(cell));
    const classAt = at[CLASS]!;
    for (const [i, fields] of rows.entries()) {
      const line = firstLine + i;
      const refuse = (column: number, what: string): never => {
        throw refusedAt(path, line, header.names[column], what);
      };
      const numbers = at.slice(0, CLASS).map((column) => {
        const text = fieldText(fields[column]!);
        return readDecimal(text) ?? refuse(column, notANumber(text));
      });
      const label = classAt < 0 ? undefined : fieldText(fields[classAt]!);
      const truth =
        label === undefined ? null : (readLabel(label) ?? refuse(classAt, notAFlag(label, "fraud"))) === 1;
      yield { line, time: numbers[0]!, v: numbers.slice(1, AMOUNT), amount: numbers[AMOUNT]!, truth };
    }
  }
}
