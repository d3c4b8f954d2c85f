import { randomBytes } from "node:crypto";
import { SECRET_PREFIX, webhookSignature } from "../../platform/outgoing/standard-webhooks.ts";

/** Standard Webhooks asks for 24 to 64. */
const SECRET_BYTES = 32;

/** A new secret of an endpoint: `whsec_` and 32 random bytes in base64. */
export function newSecret(): string {
  return SECRET_PREFIX + randomBytes(SECRET_BYTES).toString("base64");
}

/** A new `webhook-id`. */
export function newMessageId(): string {
  return `msg_${randomBytes(16).toString("base64url")}`;
}

/**
 * The headers of a message by the Standard Webhooks convention (standardwebhooks.com): HMAC-SHA-256 over id, time and
 * body, once for each secret.
 *
 * @param at the time of this attempt
 * @param secrets the one that is valid, and beside it the one before while both are
 */
export function signedHeaders(
  messageId: string,
  at: Date,
  body: string,
  secrets: readonly string[],
): Readonly<Record<string, string>> {
  const seconds = String(Math.floor(at.getTime() / 1_000));
  const signatures = secrets.map((secret) => webhookSignature(secret, messageId, seconds, body));
  return {
    "content-type": "application/json; charset=utf-8",
    "user-agent": "PaySecure-Webhooks/1",
    "webhook-id": messageId,
    "webhook-timestamp": seconds,
    "webhook-signature": signatures.join(" "),
  };
}
