import { stat } from "node:fs/promises";

/** Tells whether files have changed since the last look, by their time and size; a missing file counts as one state. */
export class ChangedFiles {
  readonly #paths: readonly string[];
  #last = "";

  constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  /** True when something changed; the first look never is. */
  async look(): Promise<boolean> {
    const states = await Promise.all(
      this.#paths.map((path) =>
        stat(path).then(
          ({ mtimeMs, size, ino }) => `${mtimeMs}:${size}:${ino}`,
          () => "missing",
        ),
      ),
    );
    const now = states.join();
    const changed = this.#last !== "" && now !== this.#last;
    this.#last = now;
    return changed;
  }
}
