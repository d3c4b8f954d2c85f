import { isPanNumber, maskPans } from "../../domain/pan.ts";
import { storableText } from "../../platform/process/storable.ts";

/** Deeper than any payment; PostgreSQL's own parser gives up far below what JSON.parse reads. */
const MAX_DEPTH = 64;

/** A text as it came, without card numbers and without what cannot be stored. */
export function kept(text: string): string {
  return maskPans(storableText(text));
}

/**
 * An object as JSON that can be kept, and whether that is not how it came: card numbers are masked, characters that no
 * text column holds replaced, and of what is too long there is the beginning.
 *
 * @param most characters
 */
export function keptJson(payload: object, most: number): { json: string; altered: boolean } {
  const seen = { altered: false };
  const json = JSON.stringify(keptValue(payload, 0, seen));
  if (json.length <= most) return { json, altered: seen.altered };
  const beginning = storableText(json.slice(0, most));
  return { json: JSON.stringify({ characters: json.length, beginning }), altered: true };
}

function keptValue(value: unknown, depth: number, seen: { altered: boolean }): unknown {
  const text = (given: string): string => {
    const as = kept(given);
    if (as !== given) seen.altered = true;
    return as;
  };
  if (typeof value === "string") return text(value);
  if (typeof value === "number") {
    if (!isPanNumber(value)) return value;
    seen.altered = true;
    return maskPans(String(value));
  }
  if (typeof value !== "object" || value === null) return value;
  if (depth === MAX_DEPTH) {
    seen.altered = true;
    return "(nested too deep to be kept)";
  }
  if (Array.isArray(value)) return value.map((entry) => keptValue(entry, depth + 1, seen));
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [text(name), keptValue(entry, depth + 1, seen)]),
  );
}
