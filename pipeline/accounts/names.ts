import { z } from "zod";
import { DomainError } from "../../platform/process/errors.ts";

const SIGN_IN_NAME = /^[\p{L}\p{N}](?:[\p{L}\p{N}._' -]{0,62}[\p{L}\p{N}.])?$/u;

const email = z.email().max(254);

/**
 * A name to sign in by, as it is kept.
 *
 * @throws DomainError `invalid_argument` at `name`
 */
export function signInName(text: string): string {
  const name = text.normalize("NFC").trim();
  if (SIGN_IN_NAME.test(name)) return name;
  throw DomainError.invalid([
    { field: "name", description: "needs 1 to 64 letters or digits, with . _ - ' or spaces between them" },
  ]);
}

/**
 * An e-mail address as it is kept: lower case; null for an empty one.
 *
 * @throws DomainError `invalid_argument` at `email`
 */
export function emailAddress(text: string | undefined): string | null {
  const address = (text ?? "").trim().toLowerCase();
  if (address === "") return null;
  if (email.safeParse(address).success) return address;
  throw DomainError.invalid([{ field: "email", description: "is not an e-mail address" }]);
}

/** A name for others to read; null for an empty one. @throws DomainError `invalid_argument` at `display_name` */
export function displayName(text: string | undefined): string | null {
  const name = (text ?? "").normalize("NFC").trim();
  if (name === "") return null;
  if (name.length <= 100 && !/\p{C}/u.test(name)) return name;
  throw DomainError.invalid([{ field: "display_name", description: "may have at most 100 characters" }]);
}
