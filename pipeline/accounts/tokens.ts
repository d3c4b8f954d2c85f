import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** 256 random bits, base64url: session cookies and sign-in links. Only {@link hashToken} of it is ever stored. */
export function newToken(): string {
  return randomBytes(32).toString("base64url");
}

/** SHA-256, lower-case hex. A plain hash is enough for a token that is already 256 random bits. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** Compares two secrets in a time that depends on neither: both are hashed to equal length first. */
export function sameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(
    createHash("sha256").update(given).digest(),
    createHash("sha256").update(expected).digest(),
  );
}
