import { expect, test } from "vitest";
import { containsPan } from "../domain/pan.ts";
import { IDS, LIKE_CARD_NUMBERS } from "./card-numbers/ids.ts";
import { misses, refusals } from "./card-numbers/measure.ts";
import { seeded } from "./card-numbers/seeded.ts";
import { spelling } from "./card-numbers/spellings.ts";

/** `npm run bench -- card-numbers` does this with a million. */
const EACH = 10_000;
const SEED = 20_261_126;

test("ids that are no numbers are not taken for card numbers", () => {
  for (const [kind, rate] of refusals(IDS, EACH, seeded(SEED))) {
    expect(rate, kind).toBeLessThanOrEqual(kind === "hex, 16 digits (span id)" ? 0.001 : 0);
  }
});

test("numbers as long as card numbers are taken for one as seldom as issuers' ranges and check digits allow", () => {
  const rates = refusals(LIKE_CARD_NUMBERS, EACH, seeded(SEED));
  for (const [kind, rate] of rates) expect(rate, kind).toBeLessThan(kind === "IBAN in fours" ? 0.11 : 0.05);
});

test("no spelling is missed", () => {
  expect(misses(spelling, 20_000, seeded(SEED))).toEqual([]);
});

test.each([
  ["digits", "4"],
  ["groups", "4111 1111 "],
  ["single digits", "4 1-"],
  ["digits of another script", "٤١ "],
  ["hexadecimal words", "4111111111111111a"],
  ["white space", " "],
  ["what nobody sees", "\u200b4"],
])("the work grows with the length: %s", (_, unit) => {
  // Of the processor, in milliseconds: what else the machine does takes none of it.
  const time = (length: number): number => {
    const text = unit.repeat(length / unit.length);
    const before = process.cpuUsage();
    containsPan(text);
    return process.cpuUsage(before).user / 1_000;
  };
  time(20_000);
  const short = Math.min(time(100_000), time(100_000), time(100_000));
  const long = Math.min(time(1_600_000), time(1_600_000));
  // Sixteen times the length; a quadratic one would take 256 times as long. What takes no time at all proves nothing.
  expect(long).toBeLessThan(Math.max(100, short * 120));
});
