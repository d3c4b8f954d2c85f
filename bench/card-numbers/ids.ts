import type { Random } from "./seeded.ts";

const DIGITS = "0123456789";
const HEX = "0123456789abcdef";
const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const URL_SAFE = `${BASE62}-_`;

/** 2020 to 2030, milliseconds. */
const moment = (random: Random): number =>
  1_577_836_800_000 + random.below(315_532_800) * 1_000 + random.below(1_000);

const uuid = (random: Random, version: string): string => {
  const hex = random.text(32, HEX);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${version}${hex.slice(13, 16)}-${random.pick(["8", "9", "a", "b"])}${hex.slice(17, 20)}-${hex.slice(20)}`;
};

/** What ids look like that are no card numbers, by kind. */
export const IDS: Readonly<Record<string, (random: Random) => string>> = {
  "UUID v4": (random) => uuid(random, "4"),
  "UUID v7": (random) => {
    const at = moment(random).toString(16).padStart(12, "0");
    return `${at.slice(0, 8)}-${at.slice(8)}-${uuid(random, "7").slice(14)}`;
  },
  "UUID without dashes": (random) => uuid(random, "4").replaceAll("-", ""),
  ULID: (random) => random.text(26, CROCKFORD),
  "hex, 16 digits (span id)": (random) => random.text(16, HEX),
  "hex, 24 digits (ObjectId)": (random) => random.text(24, HEX),
  "hex, 40 and 64 digits (SHA)": (random) => random.text(random.pick([40, 64]), HEX),
  "nanoid, base64url": (random) => random.text(random.pick([21, 22, 27, 43]), URL_SAFE),
  "prefixed token": (random) => `${random.pick(["tok_", "pi_", "ch_"])}${random.text(24, BASE62)}`,
  "time, ISO 8601": (random) => new Date(moment(random)).toISOString(),
  "time, Unix ms and µs": (random) => `${moment(random)}${random.pick(["", "123"])}`,
  "time, yyyymmddhhmmss": (random) =>
    new Date(moment(random)).toISOString().replaceAll(/\D/g, "").slice(0, 14),
  "date and number": (random) =>
    `${new Date(moment(random)).toISOString().slice(0, 10).replaceAll("-", "")}-${random.text(10, DIGITS)}`,
  "prefixed number": (random) => `ORD-${random.text(random.pick([6, 8, 10, 12]), DIGITS)}`,
  "telephone number": (random) => {
    const number = random.text(9, DIGITS);
    return `+${random.pick(["1", "32", "44", "49", "91"])} ${number.slice(0, 3)} ${number.slice(3, 6)} ${number.slice(6)}`;
  },
  "IP address and port": (random) =>
    `${random.below(256)}.${random.below(256)}.${random.below(256)}.${random.below(256)}:${random.below(65_536)}`,
  "decimal number": (random) => `${random.below(100_000)}.${random.text(2, DIGITS)}`,
  "number of 8 to 12 digits": (random) => random.text(8 + random.below(5), DIGITS),
};

/**
 * Ids that have the digits of a card number by nature: nobody can tell a random number of sixteen digits with an
 * issuer's beginning and a right check digit from a card's.
 */
export const LIKE_CARD_NUMBERS: Readonly<Record<string, (random: Random) => string>> = {
  ...Object.fromEntries(
    [13, 14, 15, 16, 17, 18, 19].map((length) => [
      `number of ${length} digits`,
      (random: Random) => random.text(length, DIGITS),
    ]),
  ),
  "IBAN in fours": (random) => `DE${random.text(20, DIGITS)}`.replaceAll(/(.{4})(?=.)/g, "$1 "),
  "fraction with 16 digits": (random) => `0.${random.text(16, DIGITS)}`,
};
