import { createHmac } from "node:crypto";

/** What a secret begins with; base64 follows. */
export const SECRET_PREFIX = "whsec_";

/**
 * Signs as Standard Webhooks have it (standardwebhooks.com): HMAC-SHA-256 over id, time and body.
 *
 * @param secret `whsec_` and base64; the first may be left out
 * @param seconds since 1970
 * @returns "v1,…"
 */
export function webhookSignature(secret: string, id: string, seconds: number | string, body: string): string {
  const base64 = secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret;
  const key = Buffer.from(base64, "base64");
  return `v1,${createHmac("sha256", key).update(`${id}.${seconds}.${body}`).digest("base64")}`;
}
