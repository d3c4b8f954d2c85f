/**
 * Lets a few slices of long work under way at a time, first come first served, with a turn of the event loop in
 * between: however many big batches there are, single requests get in after the slices that are already running.
 */
export class Turns {
  readonly #queue: (() => void)[] = [];
  #free: number;
  /** Turns that have ended and are not yet passed on. */
  #ended = 0;

  /** @param atOnce slices under way at any time */
  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** Resolves when it is the caller's turn; {@link done} must follow. */
  take(): Promise<void> {
    if (this.#free > 0) {
      this.#free--;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#queue.push(resolve));
  }

  /** Ends a turn. The next one starts after the loop has looked at its sockets; at most one starts in each round of it. */
  done(): void {
    if (this.#ended++ === 0) setImmediate(this.#pass);
  }

  #pass = (): void => {
    const next = this.#queue.shift();
    if (next) next();
    else this.#free++;
    if (--this.#ended > 0) setImmediate(this.#pass);
  };
}
