import { createHash } from "node:crypto";
import { canonicalContent, type TransactionContent } from "../../domain/transaction.ts";

/** Bytes of SHA-256 that are kept: two payments in 2^64 have the same by chance. */
const BYTES = 16;

/** What tells a repeat from another payment under the same id: 16 bytes of SHA-256 over the content, hex. */
export function contentHash(content: TransactionContent): string {
  return createHash("sha256")
    .update(canonicalContent(content))
    .digest("hex")
    .slice(0, 2 * BYTES);
}
