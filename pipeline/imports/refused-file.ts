import { createWriteStream, type WriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { finished } from "node:stream/promises";
import { quotedField } from "../../features/offline/write-rows.ts";
import { codeOf, DomainError, type FieldViolation } from "../../platform/process/errors.ts";

const HEADER = "line,column,reason,row\n";

/**
 * The rows that were refused, as a CSV file beside the one that was read: line, column, reason, and the row as it was. A
 * file of an earlier run gives way; where nothing is refused there is none.
 */
export class RefusedFile {
  readonly path: string;
  #count = 0;
  #stream: WriteStream | undefined;
  #done: Promise<void> | undefined;

  /** @param source the file that is read */
  constructor(source: string) {
    this.path = `${source}.refused.csv`;
  }

  /** Rows so far. */
  get count(): number {
    return this.#count;
  }

  /** @param column of the file; "" where the whole row is meant */
  add(line: number, column: string, reason: string, row: string): void {
    this.#count++;
    this.#open().write(`${line},${[column, reason, row].map(quotedField).join(",")}\n`);
  }

  /**
   * Adds a row by all that is wrong with it: under the column of the first, the others named.
   *
   * @param columnOf the column of the file that a violation's field is read from
   */
  addRow(
    line: number,
    violations: readonly FieldViolation[],
    columnOf: (field: string) => string,
    row: string,
  ): void {
    const [first, ...more] = violations;
    const reason = `${first?.description}${more.map((one) => `; ${columnOf(one.field)}: ${one.description}`).join("")}`;
    this.add(line, columnOf(first?.field ?? ""), reason, row);
  }

  /** Waits until what was refused is on its way to the disk. @throws DomainError `unavailable` when it cannot be written */
  async drained(): Promise<void> {
    const stream = this.#stream;
    if (!stream?.writableNeedDrain) return;
    await this.#saying(
      Promise.race([new Promise<void>((resolve) => stream.once("drain", resolve)), this.#done]),
    );
  }

  /** Ends the file. @throws DomainError `unavailable` when it cannot be written */
  async end(): Promise<void> {
    if (!this.#stream) {
      await rm(this.path, { force: true });
      return;
    }
    this.#stream.end();
    await this.#saying(this.#done);
  }

  #open(): WriteStream {
    if (this.#stream) return this.#stream;
    // What was refused may hold what must not be kept, e.g. card numbers: it is for this user's eyes.
    const stream = createWriteStream(this.path, { mode: 0o600 });
    stream.write(HEADER);
    this.#stream = stream;
    this.#done = finished(stream);
    // Told by drained() and end().
    this.#done.catch(() => {});
    return stream;
  }

  async #saying(work: Promise<void> | undefined): Promise<void> {
    try {
      await work;
    } catch (error) {
      throw new DomainError("unavailable", `${this.path}: cannot be written (${codeOf(error)})`, {
        cause: error,
      });
    }
  }
}
