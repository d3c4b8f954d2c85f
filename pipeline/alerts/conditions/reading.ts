import type { AlertKind } from "../../../domain/alerts.ts";

/** What was found of a condition, held against its threshold. */
export interface Reading {
  readonly kind: AlertKind;
  /** `between` leaves things as they are: neither so much that it fires, nor so little that it is over. */
  readonly level: "over" | "between" | "clear" | "unknown";
  readonly value: number | null;
  /** What was found, or why it is not known. */
  readonly words: string;
}

/** A reading of which nothing is known. */
export function unknown(kind: AlertKind, words: string): Reading {
  return { kind, level: "unknown", value: null, words };
}

/** The share of its threshold that a figure must fall below before it is over. */
const CLEARS_BELOW = 0.9;

/** A reading of something that is bad when it is much. */
export function tooMuch(kind: AlertKind, value: number, threshold: number, words: string): Reading {
  const level = value >= threshold ? "over" : value < threshold * CLEARS_BELOW ? "clear" : "between";
  return { kind, level, value, words };
}
