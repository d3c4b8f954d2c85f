/**
 * Places of a process for what is in work. Most share it; who asks to be alone waits until all others have left, and
 * nobody enters meanwhile: should it bring the process down, it brings down nothing else.
 */
export class Alone {
  #inside = 0;
  #alone = false;
  /** In their order. */
  readonly #waiting: { readonly alone: boolean; readonly enter: () => void }[] = [];

  /** @returns what is to be called at the end, once */
  async enter(alone: boolean): Promise<() => void> {
    if (this.#waiting.length > 0 || !this.#mayEnter(alone)) {
      await new Promise<void>((enter) => this.#waiting.push({ alone, enter }));
    } else this.#take(alone);
    return () => {
      this.#inside--;
      this.#alone = false;
      this.#next();
    };
  }

  #mayEnter(alone: boolean): boolean {
    return alone ? this.#inside === 0 : !this.#alone;
  }

  #take(alone: boolean): void {
    this.#inside++;
    this.#alone = alone;
  }

  #next(): void {
    for (let first = this.#waiting[0]; first && this.#mayEnter(first.alone); first = this.#waiting[0]) {
      this.#waiting.shift();
      this.#take(first.alone);
      first.enter();
    }
  }
}
