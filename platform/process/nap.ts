/** A rest that somebody may end. */
export class Nap {
  #wake: () => void = () => {};

  /** Until so many milliseconds are over, or {@link wake}. */
  rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Ends the rest, if there is one. */
  wake(): void {
    this.#wake();
  }
}
