import { IDS, LIKE_CARD_NUMBERS } from "./card-numbers/ids.ts";
import { misses, refusals } from "./card-numbers/measure.ts";
import { seeded } from "./card-numbers/seeded.ts";
import { spelling } from "./card-numbers/spellings.ts";

/**
 * `npm run bench -- card-numbers [-- --ids 1000000 --spellings 200000 --seed 1]`: how often `domain/pan.ts` takes an id
 * for a card number, and how many card numbers it misses. Exits with 1 when an id that is no number is refused more
 * often than once in two thousand, or a spelling is missed.
 */
const args = process.argv.slice(2);
const option = (name: string, fallback: number): number =>
  args.includes(name) ? Number(args[args.indexOf(name) + 1]) : fallback;
const ids = option("--ids", 1_000_000);
const spellings = option("--spellings", 200_000);
const seed = option("--seed", Date.now() % 1_000_000_007);
const MOST_REFUSED = 1 / 2_000;

const random = seeded(seed);
const percent = (rate: number): string => `${(rate * 100).toFixed(3)} %`;
let failed = false;

console.log(`seed ${seed}\n\n${ids} ids that are no card numbers, refused:`);
const each = Math.ceil(ids / Object.keys(IDS).length);
for (const [kind, rate] of refusals(IDS, each, random)) {
  if (rate > MOST_REFUSED) failed = true;
  console.log(`  ${kind.padEnd(32)}${percent(rate)}`);
}
console.log("\nids that have the digits of one, refused by chance:");
for (const [kind, rate] of refusals(LIKE_CARD_NUMBERS, Math.ceil(ids / 20), random)) {
  console.log(`  ${kind.padEnd(32)}${percent(rate)}`);
}
const missed = misses(spelling, spellings, random);
console.log(`\n${spellings} spellings of card numbers, missed: ${missed.length}`);
for (const text of missed.slice(0, 20)) console.log(`  ${JSON.stringify(text)}`);
process.exitCode = failed || missed.length > 0 ? 1 : 0;
