/** Random numbers from a seed, so that what was found can be found again. */
export interface Random {
  /** Whole, from 0 to `below` - 1. */
  below(below: number): number;
  pick<T>(values: readonly T[]): T;
  /** So many characters of an alphabet. */
  text(length: number, alphabet: string): string;
}

/** Mulberry32. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const unit = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (most: number): number => Math.floor(unit() * most);
  return {
    below,
    pick: (values) => values[below(values.length)] as never,
    text: (length, alphabet) => {
      let made = "";
      for (let i = 0; i < length; i++) made += alphabet[below(alphabet.length)];
      return made;
    },
  };
}
