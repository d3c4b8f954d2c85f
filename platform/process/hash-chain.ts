import { createHash } from "node:crypto";

/** What stands before the first entry. */
export const CHAIN_START = "0".repeat(64);

/** An entry of a chain, as it is stored. */
export interface Chained<T extends object> {
  readonly entry: T;
  /** The hash of the entry before it; {@link CHAIN_START} for the first. */
  readonly previous: string;
  readonly hash: string;
}

/**
 * The hash of an entry that follows another: SHA-256, hex, over canonical JSON of both. What a store changes (the order
 * of names, a Date read back as text) changes nothing; any other change does.
 *
 * @param previous the hash of the entry before it
 */
export function chainHash(previous: string, entry: object): string {
  return createHash("sha256")
    .update(previous)
    .update("\n")
    .update(JSON.stringify(canonical(entry)))
    .digest("hex");
}

/** What is wrong with an entry that follows one whose hash is `previous`; undefined when nothing is. */
export function chainFault<T extends object>(previous: string, link: Chained<T>): string | undefined {
  if (link.previous !== previous)
    return "does not follow the entry before it: one was taken out, put in or changed";
  if (link.hash !== chainHash(previous, link.entry)) return "was changed after it was written";
  return undefined;
}

/** Names in order, dates as ISO 8601, what is undefined left out. */
function canonical(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(canonical);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, entry]) => entry !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([name, entry]) => [name, canonical(entry)]),
  );
}
