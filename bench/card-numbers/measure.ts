import { containsPan } from "../../domain/pan.ts";
import type { Random } from "./seeded.ts";

/** How often a text of each kind is taken for a card number. */
export function refusals(
  kinds: Readonly<Record<string, (random: Random) => string>>,
  each: number,
  random: Random,
): Map<string, number> {
  return new Map(
    Object.entries(kinds).map(([kind, make]) => {
      let refused = 0;
      for (let i = 0; i < each; i++) if (containsPan(make(random))) refused++;
      return [kind, refused / each];
    }),
  );
}

/** The texts of so many that were made with a card number in which none is found. */
export function misses(make: (random: Random) => string, count: number, random: Random): string[] {
  const missed: string[] = [];
  for (let i = 0; i < count; i++) {
    const text = make(random);
    if (!containsPan(text)) missed.push(text);
  }
  return missed;
}
