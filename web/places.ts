import { DomainError } from "../platform/process/errors.ts";

/** How many of a thing there may be at once. */
export interface PlacesOptions {
  /** What they are, as people are told: "live pages". */
  readonly what: string;
  readonly each: number;
  readonly together: number;
}

const RETRY_MS = 1_000;

/** Counts what is open at once, of each caller and of all together, in this process. */
export class Places {
  readonly #options: PlacesOptions;
  readonly #byCaller = new Map<string, number>();
  #all = 0;

  constructor(options: PlacesOptions) {
    this.#options = options;
  }

  /**
   * Takes a place.
   *
   * @returns gives it back; more than once does nothing
   * @throws DomainError `resource_exhausted` when the caller has as many as one may, or all are taken
   */
  take(who: string): () => void {
    const { what, each, together } = this.#options;
    const own = this.#byCaller.get(who) ?? 0;
    const full =
      own >= each ? `you have ${own} ${what} open at once, as many as one may` : `too many ${what} at once`;
    if (own >= each || this.#all >= together) {
      throw new DomainError("resource_exhausted", full, { retryAfterMs: RETRY_MS });
    }
    this.#byCaller.set(who, own + 1);
    this.#all++;
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#all--;
      const left = (this.#byCaller.get(who) ?? 1) - 1;
      if (left > 0) this.#byCaller.set(who, left);
      else this.#byCaller.delete(who);
    };
  }
}
