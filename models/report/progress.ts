import type { Progress } from "../learners/learner.ts";

/**
 * Tells a person what the report is doing: a line a step with how long it took, and on a terminal a running count.
 *
 * @param out where to: stderr
 */
export class StepLog {
  readonly #out: NodeJS.WriteStream;
  #step: { name: string; started: number } | undefined;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  /** Ends the step before and begins one. */
  readonly step = (name: string): Progress => {
    this.finish();
    this.#step = { name, started: performance.now() };
    if (this.#out.isTTY) this.#out.write(`  … ${name}`);
    return (done, total, note = "") => {
      if (this.#out.isTTY) this.#out.write(`\r\x1b[K  … ${name}: ${done} of ${total} ${note}`);
    };
  };

  /** Ends the running step and says what it found. */
  say(line: string): void {
    this.finish();
    this.#out.write(`    ${line}\n`);
  }

  /** Ends the running step. */
  finish(): void {
    if (!this.#step) return;
    const seconds = (performance.now() - this.#step.started) / 1000;
    this.#out.write(`${this.#out.isTTY ? "\r\x1b[K" : ""}  ✓ ${this.#step.name} (${seconds.toFixed(1)} s)\n`);
    this.#step = undefined;
  }
}
