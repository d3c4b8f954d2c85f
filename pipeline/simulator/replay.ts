import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { createGunzip } from "node:zlib";
import { MAX_CHUNK } from "../../domain/jobs.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { QueuedTransaction } from "../queues.ts";

/** Rows that are due within this are sent together, milliseconds. */
const TOGETHER_MS = 250;

export interface ReplayOptions {
  /** `Time,V1…V28,Amount[,Class]` in any order, other columns ignored; .csv or .csv.gz. */
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

async function* readRows(path: string): AsyncGenerator<Row> {
  const file = basename(path);
  const bytes = createReadStream(path);
  const input = path.endsWith(".gz") ? bytes.pipe(createGunzip()) : bytes;
  // pipe() does not pass errors on.
  bytes.on("error", (error) => input.destroy(error));
  const wanted = ["Time", ...Array.from({ length: 28 }, (_, i) => `V${i + 1}`), "Amount"];
  let at: number[] = [];
  let classAt = -1;
  let line = 0;
  try {
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      line++;
      if (text === "") continue;
      const cells = text.split(",").map((cell) => cell.replace(/^"|"$/g, ""));
      if (line === 1) {
        at = wanted.map((name) => cells.indexOf(name));
        classAt = cells.indexOf("Class");
        const missing = wanted.filter((_, i) => at[i]! < 0);
        if (missing.length > 0) throw invalid(file, 1, `column ${missing.join(", ")} missing`);
        continue;
      }
      const numbers = at.map((column, i) => {
        const value = Number(cells[column] === "" ? Number.NaN : cells[column]);
        if (!Number.isFinite(value))
          throw invalid(file, line, `${wanted[i]} is "${cells[column] ?? ""}", not a number`);
        return value;
      });
      const label = classAt < 0 ? undefined : cells[classAt];
      if (classAt >= 0 && label !== "0" && label !== "1")
        throw invalid(file, line, `Class is "${label ?? ""}"`);
      yield {
        line,
        time: numbers[0]!,
        v: numbers.slice(1, 29),
        amount: numbers[29]!,
        truth: label === undefined ? null : label === "1",
      };
    }
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw new DomainError("invalid_argument", `${file} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (line === 0) throw invalid(file, 1, "the file is empty");
}

function invalid(file: string, line: number, what: string): DomainError {
  return new DomainError("invalid_argument", `${file}, line ${line}: ${what}`);
}

async function waitUntil(ms: number, signal: AbortSignal): Promise<void> {
  const delay = ms - Date.now();
  if (delay > 0) await sleep(delay, undefined, { signal }).catch(() => {});
}
