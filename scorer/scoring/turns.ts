/**
 * Gives one long piece of work at a time a short turn on the event loop, round robin, with a full turn of the loop
 * in between: however many big batches are under way, single requests and health checks get in after each slice.
 */
export class Turns {
  readonly #queue: (() => void)[] = [];
  #busy = false;

  /** Resolves when it is the caller's turn; {@link done} must follow. */
  take(): Promise<void> {
    if (!this.#busy) {
      this.#busy = true;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#queue.push(resolve));
  }

  /** Ends the turn. The next one starts after the loop has looked at its sockets. */
  done(): void {
    setImmediate(() => {
      const next = this.#queue.shift();
      if (next) next();
      else this.#busy = false;
    });
  }
}
