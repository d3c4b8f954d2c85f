import { createHash, randomBytes } from "node:crypto";
import type { Right } from "../../domain/rights.ts";

/** A key that may be shown, as whoever checks it knows it. */
export interface KnownKey {
  /** Stable; what acts are recorded under. */
  readonly id: string;
  /** What people call it. */
  readonly name: string;
  /** Of the whole key, lower-case hex. Keys are 256 random bits: nothing slower is needed against guessing. */
  readonly sha256: string;
  readonly rights: readonly Right[];
  /** Milliseconds since 1970; undefined lives until it is taken away. */
  readonly expiresAt?: number | undefined;
  /** Transactions a second; undefined is unlimited. */
  readonly ratePerSecond?: number | undefined;
  /** Transactions at once; twice the rate when undefined. */
  readonly burst?: number | undefined;
}

/** A key just made. `key` is for its owner and is kept nowhere. */
export interface NewKey {
  readonly id: string;
  readonly key: string;
  readonly sha256: string;
}

/** Digits and letters that are not mistaken for each other (Crockford's base 32, lower case). */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const ID_LENGTH = 8;
const SECRET_BYTES = 32;

/** `ps_<id>_<secret>`: the id tells which key of the list it is without giving anything away. */
export function newApiKey(): NewKey {
  const id = Array.from(randomBytes(ID_LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]).join("");
  const key = `ps_${id}_${randomBytes(SECRET_BYTES).toString("base64url")}`;
  return { id, key, sha256: hashKey(key) };
}

const SHAPE = /^ps_[0-9a-z]{8}_[A-Za-z0-9_-]{43}$/;

/** Whether a text could be a key of {@link newApiKey}. */
export function looksLikeApiKey(text: string): boolean {
  return SHAPE.test(text);
}

/** SHA-256 of a key, as it is stored. */
export function hashKey(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
