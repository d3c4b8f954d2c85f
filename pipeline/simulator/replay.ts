import { setTimeout as sleep } from "node:timers/promises";
import { MAX_CHUNK } from "../../domain/jobs.ts";
import type { Wanted } from "../../platform/process/csv/header.ts";
import { notAFlag, notANumber, readDecimal, readFlag } from "../../platform/process/csv/number.ts";
import { readCsv, refusedAt } from "../../platform/process/csv/read-csv.ts";
import { fieldText } from "../../platform/process/csv/text.ts";
import type { QueuedTransaction } from "../queues.ts";

/** Rows that are due within this are sent together, milliseconds. */
const TOGETHER_MS = 250;

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
  const { speed, runId, stopping } = options;
  const started = Date.now();
  let firstTime: number | undefined;
  let chunk: QueuedTransaction[] = [];
  let chunkDue = started;
  for await (const row of readRows(options.path)) {
    if (stopping.aborted) return;
    firstTime ??= row.time;
    const due = started + Math.max(0, ((row.time - firstTime) / speed) * 1_000);
    if (chunk.length > 0 && (chunk.length >= MAX_CHUNK || due - chunkDue > TOGETHER_MS)) {
      await waitUntil(chunkDue, stopping);
      yield chunk;
      chunk = [];
    }
    if (chunk.length === 0) chunkDue = due;
    chunk.push({
      transactionId: `replay-${runId}-${row.line}`,
      time: row.time,
      v: row.v,
      amount: row.amount,
      eventTime: new Date(Math.max(due, started)).toISOString(),
      truth: row.truth,
    });
  }
  if (chunk.length > 0 && !stopping.aborted) {
    await waitUntil(chunkDue, stopping);
    yield chunk;
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
        label === undefined ? null : (readFlag(label) ?? refuse(classAt, notAFlag(label, "fraud"))) === 1;
      yield { line, time: numbers[0]!, v: numbers.slice(1, AMOUNT), amount: numbers[AMOUNT]!, truth };
    }
  }
}

async function waitUntil(ms: number, signal: AbortSignal): Promise<void> {
  const delay = ms - Date.now();
  if (delay > 0) await sleep(delay, undefined, { signal }).catch(() => {});
}
