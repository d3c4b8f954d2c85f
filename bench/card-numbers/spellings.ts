import { passesLuhn } from "../../domain/pan.ts";
import type { Random } from "./seeded.ts";

/** Beginnings of issuers and how many digits follow, one each for scheme and length. */
const ISSUED: readonly (readonly [prefix: string, length: number])[] = [
  ...(["4", "4", "4"] as const).map((prefix, i) => [prefix, [13, 16, 19][i] as number] as const),
  ...([51, 55, 2221, 2720] as const).map((prefix) => [String(prefix), 16] as const),
  ...([34, 37] as const).map((prefix) => [String(prefix), 15] as const),
  ...([300, 305, 36, 38] as const).map((prefix) => [String(prefix), 14] as const),
  ...([3528, 3589, 6011, 644, 65, 62, 81, 2200, 9792, 508, 60] as const).map(
    (prefix) => [String(prefix), 16] as const,
  ),
  ["6304", 18],
  ["62", 19],
];

/** A number that an issuer could have given out. */
export function cardNumber(random: Random): string {
  const [prefix, length] = random.pick(ISSUED);
  const open = prefix + random.text(length - prefix.length - 1, "0123456789");
  for (let check = 0; ; check++) if (passesLuhn(`${open}${check}`)) return `${open}${check}`;
}

const fromCodes = (...codes: readonly number[]): string[] => codes.map((code) => String.fromCodePoint(code));

/** Space separators (Zs), tabs and line ends. */
const SPACES = fromCodes(
  0x20,
  0xa0,
  0x1680,
  ...range(0x2000, 0x200a),
  0x202f,
  0x205f,
  0x3000,
  0x09,
  0x0a,
  0x2028,
);
/** Dashes (Pd) and the minus sign. */
const DASHES = fromCodes(
  0x2d,
  0x58a,
  0x5be,
  ...range(0x2010, 0x2015),
  0x2212,
  0x2e3a,
  0x301c,
  0x3030,
  0xfe58,
  0xff0d,
);
const MARKS = [
  ..."./\\_,:;|*+~'\"()[]",
  "·",
  "•",
  "\u3000-\u3000",
  " - ",
  " . ",
  "\r\n",
  "  ",
  "\u00a0\u00a0",
];
/** Format characters and joiners, which nobody sees. */
const UNSEEN = fromCodes(0xad, 0x200b, 0x200c, 0x200d, 0x200e, 0x2060, 0xfeff);

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** The zeros of scripts whose digits are Nd, and of two that are compatible forms. */
const ZEROS = [
  ...[
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50,
    0xed0,
  ],
  ...[
    0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50,
    0xa620,
  ],
  ...[
    0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x11066, 0x1d7ce, 0x1d7d8, 0x1d7e2,
    0x1d7f6,
  ],
  0x2080,
];

/** Sizes of groups, as cards are printed and people type them. */
function grouped(digits: string, random: Random): string[] {
  const sizes = random.pick<readonly number[]>([[4], [4], [4], [3], [2], [5], [1], [digits.length]]);
  const groups: string[] = [];
  if (digits.length <= 15 && digits.length >= 14 && random.below(2) === 0) {
    return [digits.slice(0, 4), digits.slice(4, 10), digits.slice(10)];
  }
  const size = sizes[0] as number;
  for (let at = 0; at < digits.length; at += size) groups.push(digits.slice(at, at + size));
  return groups;
}

const BEFORE = [
  "",
  "",
  "card ",
  "my card: ",
  "PAN=",
  "n°",
  "12/28 ",
  "exp 1228, ",
  "tok_",
  "kaart\n",
  "卡",
  "€",
  '{"card":"',
];
const BEHIND = [
  "",
  "",
  ".",
  " 12/28",
  " 12/28 123",
  ", cvv 123",
  " (visa)",
  "\nthanks",
  "=12281010000",
  "^DOE/J",
  '"}',
];

/** A card number as somebody might write it, with other things around. */
export function spelling(random: Random): string {
  const separator = random.pick(random.pick([SPACES, SPACES, DASHES, MARKS]));
  let text = grouped(cardNumber(random), random).join(separator);
  const zero = random.pick(ZEROS);
  if (random.below(3) === 0) {
    text = text.replaceAll(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)));
  }
  if (random.below(4) === 0) {
    const unseen = random.pick(UNSEEN);
    text = [...text].map((character) => (random.below(3) === 0 ? character + unseen : character)).join("");
  }
  return random.pick(BEFORE) + text + random.pick(BEHIND);
}
