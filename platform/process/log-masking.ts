import { containsPan, isPanNumber, maskPans } from "../../domain/pan.ts";

/** What JSON writes for what is no letter: white space, quotes, control characters. */
const ESCAPE = /\\(?:[tnrbf"\\/]|u[0-9a-f]{4})/gi;

/**
 * A line of the log without card numbers, in texts, numbers and names of fields alike, however deep.
 *
 * @param line JSON as pino writes it
 */
export function maskedLine(line: string): string {
  if (!containsPan(line.replaceAll(ESCAPE, " "))) return line;
  try {
    return `${JSON.stringify(masked(JSON.parse(line)))}\n`;
  } catch {
    return maskPans(line);
  }
}

function masked(value: unknown): unknown {
  if (typeof value === "string") return maskPans(value);
  if (typeof value === "number") return isPanNumber(value) ? maskPans(String(value)) : value;
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [maskPans(name), masked(entry)]));
}
