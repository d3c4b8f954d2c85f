/**
 * Finds card numbers (PANs, ISO/IEC 7812-1) in text, however they are spelled, in time that grows with its length.
 *
 * The text is read as groups of digits of any script. Groups with white space, and up to three other characters that
 * are neither letter nor digit, between them make a chain, and a card number is one group, or neighbours in a chain
 * that stand as cards are printed or people type them ({@link isSpelling}); more groups before or behind (an expiry
 * date, a CVV) do not hide it. Its digits are such as an issuer gives out, in number too, and pass the Luhn check. Part
 * of a longer group does not count, nor does what lies in a UUID or a hexadecimal id: one in a few thousand would be
 * refused by chance. What is refused by chance all the same, and what is not found: docs/security/card-numbers.md.
 */
export function containsPan(text: string): boolean {
  return !pansIn(text).next().done;
}

/** Whether a number is a card number. What stands behind a decimal point is none: of sixteen, every twenty-fifth would be. */
export function isPanNumber(value: number): boolean {
  return Number.isInteger(value) && containsPan(String(value));
}

/** The text with each card number replaced by how many digits it had, e.g. `[16 digits]`; all else as it was. */
export function maskPans(text: string): string {
  let masked = "";
  let from = 0;
  for (const { start, end, digits } of pansIn(text)) {
    masked += `${text.slice(from, start)}[${digits} digits]`;
    from = end;
  }
  return from === 0 ? text : masked + text.slice(from);
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Digits with nothing between them; what does not stand by itself ({@link INVISIBLE}) is nothing. */
interface Group extends Span {
  /** As ASCII. Of a group too long to be a card number only the first {@link LONGEST} + 1. */
  readonly digits: string;
  /** Only white space stands between this group and the one before. */
  readonly spaced: boolean;
}

const SHORTEST = 13;
const LONGEST = 19;
const WIDEST_GAP = 3;

function* pansIn(text: string): Generator<Span & { readonly digits: number }> {
  if (!couldHold(text)) return;
  for (const chain of chainsIn(text)) {
    for (let first = 0; first < chain.length; first++) {
      const last = lastGroupOfPan(chain, first);
      if (last === undefined) continue;
      const groups = chain.slice(first, last + 1);
      const digits = groups.reduce((sum, group) => sum + group.digits.length, 0);
      yield { start: (chain[first] as Group).start, end: (chain[last] as Group).end, digits };
      first = last;
    }
  }
}

/** The quick way: false only where there are too few digits. Most texts that come in are judged by it alone. */
function couldHold(text: string): boolean {
  let digits = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    // Of what is not ASCII each may be two digits, as \u246a is.
    if (code >= 0x80) digits += 2;
    else if (code >= 0x30 && code <= 0x39) digits++;
    if (digits >= SHORTEST) return true;
  }
  return false;
}

/** Where the card number that begins with this group ends; the longest, when there are two. */
function lastGroupOfPan(chain: readonly Group[], first: number): number | undefined {
  let digits = "";
  let found: number | undefined;
  for (let last = first; last < chain.length; last++) {
    digits += (chain[last] as Group).digits;
    if (digits.length > LONGEST) break;
    if (digits.length < SHORTEST || !couldBeIssued(digits) || !passesLuhn(digits)) continue;
    if (isSpelling(chain, first, last)) found = last;
  }
  return found;
}

/**
 * Whether people write a card number in these groups: in one; four by four, or otherwise in groups of one size, the
 * last perhaps shorter; 4-6-4 and 4-6-5 (Diners Club, American Express); and with white space between, where ids have
 * none, in groups of four and more, or however they like as long as nothing else stands beside it.
 */
function isSpelling(chain: readonly Group[], first: number, last: number): boolean {
  if (first === last) return true;
  const groups = chain.slice(first, last + 1);
  const sizes = groups.map((group) => group.digits.length);
  const [size = 0, second] = sizes;
  const end = sizes.at(-1) as number;
  if (sizes.length === 3 && size === 4 && second === 6 && (end === 4 || end === 5)) return true;
  if (size <= 5 && end <= size && sizes.slice(0, -1).every((each) => each === size)) return true;
  if (!groups.slice(1).every((group) => group.spaced)) return false;
  return groups.length === chain.length || sizes.every((each) => each >= 4);
}

function* chainsIn(text: string): Generator<Group[]> {
  const ids = idsIn(text);
  let nextId = ids.next().value;
  let chain: Group[] = [];
  // What stands between the last group and here that is no white space.
  let between = 0;
  for (let at = 0; at < text.length; ) {
    while (nextId && nextId.end <= at) nextId = ids.next().value;
    const inId = nextId !== undefined && at >= nextId.start;
    const group = inId ? undefined : groupAt(text, at, between === 0);
    if (group) {
      chain.push(group);
      at = group.end;
      between = 0;
      continue;
    }
    const character = characterAt(text, at);
    at = inId ? (nextId as Span).end : at + character.length;
    if (!inId && NOTHING.test(character)) continue;
    between += character.length;
    if (inId || between > WIDEST_GAP || WORD.test(character)) {
      if (chain.length > 0) yield chain;
      chain = [];
      between = 0;
    }
  }
  if (chain.length > 0) yield chain;
}

const NOTHING = /[\s\p{Cf}\p{M}]/u;
const WORD = /[\p{L}\p{N}]/u;
/** Format characters, and marks on the digit before. */
const INVISIBLE = /[\p{Cf}\p{M}]/u;

function groupAt(text: string, start: number, spaced: boolean): Group | undefined {
  let digits = "";
  let end = start;
  for (let at = start; at < text.length; ) {
    const character = characterAt(text, at);
    const found = digitsOf(character);
    if (found === "" && (digits === "" || !INVISIBLE.test(character))) break;
    at += character.length;
    if (found === "") continue;
    if (digits.length <= LONGEST) digits += found;
    end = at;
  }
  return digits === "" ? undefined : { start, end, digits, spaced };
}

function characterAt(text: string, at: number): string {
  const code = text.charCodeAt(at);
  const pair = code >= 0xd800 && code < 0xdc00 && at + 1 < text.length;
  return pair ? text.slice(at, at + 2) : (text[at] as string);
}

const DIGIT = /\p{Nd}/u;

/**
 * The decimal digits that a character stands for, as ASCII: one of any script, or what is made of digits (full-width,
 * superscript, circled, in brackets); "" for all else.
 */
function digitsOf(character: string): string {
  if (character.length === 1 && character < "\u0080") {
    return character >= "0" && character <= "9" ? character : "";
  }
  const made = MADE_OF_DIGITS.exec(character.normalize("NFKC"))?.[1];
  if (made !== undefined) return made;
  if (!DIGIT.test(character)) return "";
  // Unicode keeps the ten digits of a script together and in order.
  const code = character.codePointAt(0) as number;
  let before = 0;
  while (DIGIT.test(String.fromCodePoint(code - before - 1))) before++;
  return String(before % 10);
}

/** As NFKC writes ⑪, ⑴ and ⒈: `11`, `(1)`, `1.`. */
const MADE_OF_DIGITS = /^\(?([0-9]{1,2})[).,]?$/;

/** UUIDs, and words of hexadecimal digits as long as ids and digests are written, with a letter among them. */
function* idsIn(text: string): Generator<Span, undefined> {
  for (const { 0: word, index } of text.matchAll(ID)) {
    if (word.includes("-") || (word.length <= 128 && word.length % 2 === 0 && HEX_WITH_LETTER.test(word))) {
      yield { start: index, end: index + word.length };
    }
  }
}

const ID = /(?<![0-9a-z])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-z])|[0-9a-z]{20,})/gi;
const HEX_WITH_LETTER = /^\d*[a-f][0-9a-f]*$/i;

/** The ranges and lengths that card schemes give out (ISO/IEC 7812-2 register as published by the schemes). */
function couldBeIssued(digits: string): boolean {
  const two = Number(digits.slice(0, 2));
  const three = Number(digits.slice(0, 3));
  const four = Number(digits.slice(0, 4));
  const length = digits.length;
  const long = length >= 16;
  switch (digits[0]) {
    case "2": // Mastercard, Mir, an old range of JCB's
      if (four >= 2200 && four <= 2204) return long;
      return length === 16 ? four >= 2221 && four <= 2720 : length === 15 && four === 2131;
    case "3": // American Express, Diners Club, JCB
      if (two === 34 || two === 37) return length === 15;
      if (two === 36 || two === 38 || two === 39 || three <= 305 || three === 309) return length >= 14;
      return long && four >= 3528 && four <= 3589;
    case "4": // Visa
      return length === 13 || length === 16 || length >= 18;
    case "5": // Mastercard; Maestro
      return two >= 51 && two <= 55 ? length === 16 : true;
    case "6": // Discover, UnionPay, RuPay, Maestro
      return true;
    case "8": // UnionPay, RuPay
      return long && (two === 81 || two === 82);
    default: // Troy
      return length === 16 && four === 9792;
  }
}

/** ISO/IEC 7812-1 annex B: from the right every second digit doubled, the digits' sum a multiple of ten. */
export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    let digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    if (i % 2 === 1) {
      digit *= 2;
      if (digit > 9) digit -= 9;
    }
    sum += digit;
  }
  return sum % 10 === 0;
}
