import type { Transaction } from "../../proto/gen/paysecure/scoring/v1/Transaction.ts";

/** A message that a scorer takes has 4 MB unless it was told otherwise; a little is left for the rest of it. */
const MAX_PIECE_BYTES = 3.75 * 1024 * 1024;

/** V, numbers, keys and lengths of what has no text. */
const PLAIN_BYTES = 160;
/** Keys and lengths of an entry of a map, and a number in it. */
const ENTRY_BYTES = 24;

/** What a transaction takes on the wire, at most. */
function bytesOf({ fields, entities, v: _, ...transaction }: Transaction): number {
  let bytes = PLAIN_BYTES;
  for (const value of Object.values(transaction)) {
    if (typeof value === "string") bytes += 4 + Buffer.byteLength(value);
  }
  for (const [name, value] of Object.entries(fields ?? {})) {
    bytes += ENTRY_BYTES + name.length + Buffer.byteLength(value.text ?? "");
  }
  for (const [name, id] of Object.entries(entities ?? {})) {
    bytes += ENTRY_BYTES + name.length + Buffer.byteLength(id);
  }
  return bytes;
}

/**
 * A batch in as many pieces as its messages need: a thousand transactions with many fields of their own are more than a
 * scorer takes at once. Usually it is one.
 */
export function piecesOf(transactions: readonly Transaction[]): Transaction[][] {
  const pieces: Transaction[][] = [];
  let room = 0;
  for (const transaction of transactions) {
    const bytes = bytesOf(transaction);
    if (bytes > room) {
      pieces.push([]);
      room = MAX_PIECE_BYTES;
    }
    room -= bytes;
    pieces.at(-1)?.push(transaction);
  }
  return pieces;
}
