import { existsSync } from "node:fs";
import { type FileHandle, mkdir, open, readFile, truncate } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { DomainError } from "../../platform/process/errors.ts";

/** What a journal's trials depend on: two searches with equal headers give equal trials. */
const headerSchema = z.strictObject({
  learner: z.string(),
  dataSha256: z.string(),
  seed: z.number(),
  folds: z.number(),
  space: z.string(),
});

const trialSchema = z.strictObject({
  trial: z.number().int(),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.array(z.number())])),
  /** Weighted average precision on each fold. */
  folds: z.array(z.number()),
  /** Mean of the folds, weighted by their frauds. */
  score: z.number(),
});

export type JournalHeader = z.output<typeof headerSchema>;
export type FinishedTrial = z.output<typeof trialSchema>;

/**
 * Finished trials, one JSON line each after a header line, on disk before the next trial counts: a search that is
 * killed at any moment goes on from here.
 */
export class Journal {
  readonly finished: FinishedTrial[];
  readonly #file: FileHandle;

  private constructor(file: FileHandle, finished: FinishedTrial[]) {
    this.#file = file;
    this.finished = finished;
  }

  /**
   * Opens the journal, or starts one. A last line that a kill left half-written is cut off.
   *
   * @throws DomainError `conflict` when the journal is of another search, `invalid_argument` when it cannot be read
   */
  static async open(path: string, header: JournalHeader): Promise<Journal> {
    await mkdir(dirname(path), { recursive: true });
    const text = existsSync(path) ? await readFile(path, "utf8") : "";
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    if (whole.length < text.length) await truncate(path, Buffer.byteLength(whole));
    const lines = whole.split("\n").slice(0, -1);
    if (lines.length > 0) checkHeader(path, lines[0]!, header);
    const finished = lines.slice(1).map((line, i) => parseLine(trialSchema, path, i + 2, line));
    const file = await open(path, "a");
    const journal = new Journal(file, finished);
    if (lines.length === 0) await journal.#write(header);
    return journal;
  }

  async add(trial: FinishedTrial): Promise<void> {
    this.finished.push(trial);
    await this.#write(trial);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #write(line: JournalHeader | FinishedTrial): Promise<void> {
    await this.#file.appendFile(`${JSON.stringify(line)}\n`);
    await this.#file.datasync();
  }
}

function checkHeader(path: string, line: string, wanted: JournalHeader): void {
  const found = parseLine(headerSchema, path, 1, line);
  const differs = (Object.keys(wanted) as (keyof JournalHeader)[]).find((key) => found[key] !== wanted[key]);
  if (differs) {
    throw new DomainError(
      "conflict",
      `${path} is the journal of another search: its ${differs} is ${found[differs]}, not ${wanted[differs]}`,
    );
  }
}

function parseLine<T>(schema: z.ZodType<T>, path: string, number: number, line: string): T {
  try {
    return schema.parse(JSON.parse(line));
  } catch (error) {
    throw new DomainError("invalid_argument", `${path}, line ${number}: not a line of a search journal`, {
      cause: error,
    });
  }
}
