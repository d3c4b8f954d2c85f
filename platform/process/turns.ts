/**
 * Lets a few pieces of long work under way at a time, with a turn of the event loop in between: however many big batches
 * there are, single requests get in after the pieces that are already running. Whose turn is next goes round among the
 * callers, and among each one's own first come first served: one who asks for much waits for itself.
 */
export class Turns {
  /** Who waits, by caller; the caller whose turn is next first. */
  readonly #queues = new Map<string, (() => void)[]>();
  #free: number;
  /** Turns that have ended and are not yet passed on. */
  #ended = 0;

  /** @param atOnce pieces under way at any time */
  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** Resolves when it is the turn of `who`; {@link done} must follow. */
  take(who: string): Promise<void> {
    if (this.#free > 0) {
      this.#free--;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const queue = this.#queues.get(who);
      if (queue) queue.push(resolve);
      else this.#queues.set(who, [resolve]);
    });
  }

  /** Ends a turn. The next one starts after the loop has looked at its sockets; at most one starts in each round of it. */
  done(): void {
    if (this.#ended++ === 0) setImmediate(this.#pass);
  }

  #pass = (): void => {
    const next = this.#next();
    if (next) next();
    else this.#free++;
    if (--this.#ended > 0) setImmediate(this.#pass);
  };

  #next(): (() => void) | undefined {
    for (const [who, queue] of this.#queues) {
      this.#queues.delete(who);
      const next = queue.shift();
      if (queue.length > 0) this.#queues.set(who, queue);
      return next;
    }
    return undefined;
  }
}
