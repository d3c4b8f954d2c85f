/**
 * Places of a process for what is in work. Most share it; who asks to be alone waits until all others have left. Whoever
 * comes meanwhile is sent away and does not wait inside: should the one that is alone bring the process down, it brings
 * down nothing else, and nothing else is taken for what did it.
 */
export class Alone {
  #inside = 0;
  /** Somebody is alone, or waits for it. */
  #alone = false;
  #empty: (() => void) | undefined;

  /** @returns what is to be called at the end, once; null: come back later */
  async enter(alone: boolean): Promise<(() => void) | null> {
    if (this.#alone) return null;
    if (!alone) {
      this.#inside++;
      return () => {
        this.#inside--;
        if (this.#inside === 0) this.#empty?.();
      };
    }
    this.#alone = true;
    if (this.#inside > 0) {
      await new Promise<void>((resolve) => {
        this.#empty = resolve;
      });
      this.#empty = undefined;
    }
    return () => {
      this.#alone = false;
    };
  }
}
