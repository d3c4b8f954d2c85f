import type { Kysely } from "kysely";
import type { WatchReport } from "../../../domain/watch.ts";
import { messageOf } from "../../../platform/process/errors.ts";
import type { Database } from "../../store/schema.ts";
import { makeWatchReport, readWatchReport } from "../../watch/reports.ts";
import { type Reading, tooMuch, unknown } from "./reading.ts";

const HOUR_MS = 3_600_000;
/** Named in words; the page has them all. */
const NAMED = 3;

/** Makes the hourly report of what payments bring, and reads it. */
export class InputWatch {
  readonly #db: Kysely<Database>;
  #making: Promise<void> | undefined;
  #failed: string | undefined;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  /** The newest report's word. One that is due is begun, and read when it is there: nobody waits for it. */
  async read(at: Date, threshold: number): Promise<Reading> {
    const report = await readWatchReport(this.#db);
    const due = Math.floor(at.getTime() / HOUR_MS) * HOUR_MS;
    if (!report || new Date(report.at).getTime() < due) this.#begin(new Date(due));
    if (this.#failed) return unknown("input_drift", `could not be made: ${this.#failed}`);
    if (!report) return unknown("input_drift", "the first report is being made");
    return readingOf(report, threshold);
  }

  /** Resolves when none is being made. */
  async settled(): Promise<void> {
    await this.#making;
  }

  #begin(at: Date): void {
    this.#making ??= makeWatchReport(this.#db, at).then(
      () => {
        this.#failed = undefined;
        this.#making = undefined;
      },
      (error: unknown) => {
        this.#failed = messageOf(error);
        this.#making = undefined;
      },
    );
  }
}

/** The largest PSI of a column that did not move by chance; one that is broken is more than any. */
export function readingOf(report: WatchReport, threshold: number): Reading {
  const { columns, now, before } = report;
  if (columns.length === 0 || columns.every(({ state }) => state === "unsure")) {
    return unknown(
      "input_drift",
      `too few payments: ${now} of the last day and ${before} of the weeks before`,
    );
  }
  const broken = columns.filter(({ state }) => state === "broken");
  const moved = columns.filter(({ state }) => state === "moved" || state === "watch");
  const value = Math.max(
    0,
    ...moved.map(({ psi }) => psi),
    ...broken.map(({ psi }) => Math.max(psi, threshold)),
  );
  const worst = [...broken, ...moved.filter(({ psi }) => psi >= threshold)];
  const named = worst.slice(0, NAMED).map(({ name, words }) => `${name}: ${words}`);
  const more = worst.length > NAMED ? `; and ${worst.length - NAMED} more` : "";
  const words = worst.length === 0 ? "inputs are as before" : `${named.join("; ")}${more}`;
  return tooMuch("input_drift", value, threshold, words);
}
