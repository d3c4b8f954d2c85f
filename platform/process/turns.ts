/**
 * Lets a few pieces of long work under way at a time, with a turn of the event loop in between: however many big batches
 * there are, single requests get in after the pieces that are already running. Whose turn is next goes round among the
 * callers, and among each one's own first come first served: one who asks for much waits for itself.
 */
export class Turns {
  readonly #each: number;
  /** Who waits, by caller; the caller whose turn is next first. */
  readonly #queues = new Map<string, (() => void)[]>();
  /** What is under way, by caller. */
  readonly #active = new Map<string, number>();
  #free: number;
  /** Turns that have ended and are not yet passed on. */
  #ended = 0;

  /**
   * @param atOnce pieces under way at any time
   * @param each of them one caller's, at most: where pieces may wait for something else, others have room meanwhile
   */
  constructor(atOnce: number, each: number = atOnce) {
    this.#free = atOnce;
    this.#each = each;
  }

  /** Resolves when it is the turn of `who`; {@link done} must follow. */
  take(who: string): Promise<void> {
    if (this.#free > 0 && this.#mayStart(who)) {
      this.#free--;
      this.#start(who);
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const queue = this.#queues.get(who);
      if (queue) queue.push(resolve);
      else this.#queues.set(who, [resolve]);
    });
  }

  /**
   * Ends a turn of `who`. The next one starts after the loop has looked at its sockets; at most one starts in each round
   * of it.
   */
  done(who: string): void {
    const left = (this.#active.get(who) ?? 1) - 1;
    if (left > 0) this.#active.set(who, left);
    else this.#active.delete(who);
    if (this.#ended++ === 0) setImmediate(this.#pass);
  }

  #mayStart(who: string): boolean {
    return (this.#active.get(who) ?? 0) < this.#each;
  }

  #start(who: string): void {
    this.#active.set(who, (this.#active.get(who) ?? 0) + 1);
  }

  #pass = (): void => {
    const next = this.#next();
    if (next) next();
    else this.#free++;
    if (--this.#ended > 0) setImmediate(this.#pass);
  };

  #next(): (() => void) | undefined {
    for (const [who, queue] of this.#queues) {
      if (!this.#mayStart(who)) continue;
      this.#queues.delete(who);
      const next = queue.shift();
      if (queue.length > 0) this.#queues.set(who, queue);
      this.#start(who);
      return next;
    }
    return undefined;
  }
}
