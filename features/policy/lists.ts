/** What rules ask. */
export interface ListLookup {
  readonly names: ReadonlySet<string>;
  /** Whether `value` is on the list now; false for a list that there is not. */
  has(list: string, value: string): boolean;
}

/** No lists at all. */
export const NO_LISTS: ListLookup = { names: new Set(), has: () => false };

/** Lists in memory: a look-up is one hash, whatever their length. An entry counts until the moment it expires. */
export class ListsInMemory implements ListLookup {
  readonly #lists = new Map<string, Map<string, number>>();

  get names(): ReadonlySet<string> {
    return new Set(this.#lists.keys());
  }

  /** A list that may be empty. */
  open(list: string): void {
    if (!this.#lists.has(list)) this.#lists.set(list, new Map());
  }

  /** @param expiresMs in milliseconds since 1970; Infinity for never */
  add(list: string, value: string, expiresMs = Number.POSITIVE_INFINITY): void {
    this.open(list);
    this.#lists.get(list)?.set(value, expiresMs);
  }

  has(list: string, value: string): boolean {
    const expiresMs = this.#lists.get(list)?.get(value);
    return expiresMs !== undefined && (expiresMs === Number.POSITIVE_INFINITY || expiresMs > Date.now());
  }
}
