/** How the watch asks, and whom it tells. */
export interface ScorerWatchOptions {
  /** Asks the scorer; "serving" is well, any other answer, a failure or silence is not. */
  readonly health: () => Promise<string>;
  /** Called when the scorer went away or came back. */
  readonly onChange: () => void;
  /** Asked no more often than this, milliseconds. Default 3,000. */
  readonly everyMs?: number;
  /** No answer within this is none, milliseconds. Default 2,000. */
  readonly limitMs?: number;
}

/**
 * Remembers whether the scorer answers. It is asked only while somebody wants to know, and nobody waits for it: a page
 * is drawn with the last answer, and told when that changes.
 */
export class ScorerWatch {
  readonly #options: Required<ScorerWatchOptions>;
  #serves = true;
  #asking = false;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(options: ScorerWatchOptions) {
    this.#options = { everyMs: 3_000, limitMs: 2_000, ...options };
  }

  /** The last answer; taken to serve until it was asked. */
  get serves(): boolean {
    if (!this.#asking && performance.now() - this.#askedAt >= this.#options.everyMs) void this.#ask();
    return this.#serves;
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    this.#askedAt = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<string>((resolve) => {
      timer = setTimeout(resolve, this.#options.limitMs, "silent");
    });
    const answer = this.#options.health().catch(() => "failed");
    const serves = (await Promise.race([answer, silence])) === "serving";
    clearTimeout(timer);
    this.#asking = false;
    if (serves === this.#serves) return;
    this.#serves = serves;
    this.#options.onChange();
  }
}
