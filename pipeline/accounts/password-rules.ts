import { DomainError } from "../../platform/process/errors.ts";
import { isInBreachedFile } from "./breached-file.ts";

/** Characters. Length counts, composition does not (NIST SP 800-63B, 3.1.1.2; OWASP ASVS 5.0, 6.2). */
export const SHORTEST_PASSWORD = 12;
export const LONGEST_PASSWORD = 256;

/** Letters that people write as something else. */
const WRITTEN_AS: Readonly<Record<string, string>> = {
  "0": "o",
  "1": "i",
  "3": "e",
  "4": "a",
  "5": "s",
  "7": "t",
  "8": "b",
  "@": "a",
  $: "s",
  "!": "i",
};

/** Shorter parts of a name are in many words. */
const SHORTEST_PART = 4;

/** Every one is somebody's first guess here. */
const OF_THE_HOUSE = ["paysecure", "fraud", "payments", "creditcard", "administrator", "welcome", "changeme"];

/** Whose password it is to be. */
export interface PasswordOwner {
  readonly name: string;
  readonly displayName?: string | null;
  readonly email?: string | null;
}

/**
 * Holds a new password against what guesses begin with: too short, the owner's name or e-mail, a common password also
 * with figures around it or letters written as figures, one character or a common password over and over, and the file
 * of breached ones where the operator gave one.
 *
 * @param breachedFile in Have I Been Pwned's form ({@link isInBreachedFile})
 * @throws DomainError `invalid_argument` at `password`, saying what to do
 */
export async function checkNewPassword(
  password: string,
  owner: PasswordOwner,
  breachedFile?: string,
): Promise<void> {
  const refuse = (description: string): never => {
    throw DomainError.invalid([{ field: "password", description }]);
  };
  const length = [...password].length;
  if (length < SHORTEST_PASSWORD)
    refuse(`must have at least ${SHORTEST_PASSWORD} characters; a few words make a good one`);
  if (length > LONGEST_PASSWORD) refuse(`may have at most ${LONGEST_PASSWORD} characters`);
  const plain = password.normalize("NFKC").toLowerCase();
  if (new Set(plain).size < 5) refuse("repeats too few characters; a few words make a good one");
  for (const part of partsOf(owner)) {
    if (plain.includes(part)) refuse("contains your name or e-mail address; choose one that does not");
  }
  const common = await commonPasswords();
  if (coresOf(plain).some((core) => common.has(core)))
    refuse("is among the first that are guessed; a few words that do not belong together make a good one");
  if (breachedFile !== undefined && (await isInBreachedFile(breachedFile, password)))
    refuse("is in a list of passwords that were stolen elsewhere; choose another");
}

function partsOf({ name, displayName, email }: PasswordOwner): string[] {
  return [name, ...(displayName ?? "").split(/\s+/), email ?? "", (email ?? "").split("@")[0] ?? ""]
    .map((part) => part.trim().toLowerCase())
    .filter((part) => part.length >= SHORTEST_PART);
}

/** What is left of a password without what people put around and into a common one. */
function coresOf(plain: string): string[] {
  const letters = [...plain].map((char) => WRITTEN_AS[char] ?? char).join("");
  const all = [
    plain,
    letters,
    stripped(plain),
    stripped([...stripped(plain)].map((char) => WRITTEN_AS[char] ?? char).join("")),
  ];
  return all.flatMap((core) => [core, repeatedPart(core)]).filter((core) => core.length >= SHORTEST_PART);
}

/** Without what is no letter at both ends. */
function stripped(text: string): string {
  const chars = [...text];
  const isLetter = (char: string): boolean => /\p{L}/u.test(char);
  const first = chars.findIndex(isLetter);
  return first === -1 ? text : chars.slice(first, chars.findLastIndex(isLetter) + 1).join("");
}

/** "abcabcabc" → "abc"; the text itself when it repeats nothing. */
function repeatedPart(text: string): string {
  const period = text.length > 0 ? (text + text).indexOf(text, 1) : 0;
  return period > 0 && period < text.length ? text.slice(0, period) : text;
}

let common: Promise<ReadonlySet<string>> | undefined;

/** 49,000 passwords that are guessed first (zxcvbn's list), unpacked when first needed. */
function commonPasswords(): Promise<ReadonlySet<string>> {
  common ??= import("@zxcvbn-ts/language-common").then(
    ({ dictionary }) => new Set([...dictionary["passwords-common"], ...OF_THE_HOUSE]),
  );
  return common;
}
