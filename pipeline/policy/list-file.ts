import { fieldText, isBlank, splitFields } from "../../platform/process/csv/text.ts";
import { DomainError, type FieldViolation } from "../../platform/process/errors.ts";
import type { NewEntry } from "./lists.ts";

const COLUMNS = ["value", "expires", "reason"] as const;
type Column = (typeof COLUMNS)[number];

/** Lines that are named when they are wrong. */
const NAMED = 10;

/** The end of a day: "2027-01-31" counts to its last moment in UTC. */
export function endOfDay(text: string): Date | null {
  if (text.trim() === "") return null;
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text.trim()) ? `${text.trim()}T23:59:59.999Z` : text.trim();
  return new Date(day);
}

/**
 * Reads values for a list from CSV: a header that names the columns (`value`, and if there are `expires`, `reason`), then a
 * line each. What a line leaves out is as `otherwise` says.
 *
 * @throws DomainError `invalid_argument` naming the first lines that are wrong
 */
export function readListFile(text: string, otherwise: Omit<NewEntry, "value">): NewEntry[] {
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/);
  const header = (lines[0] ?? "").split(",").map((name) => fieldText(name).trim().toLowerCase());
  const place = new Map(COLUMNS.map((column) => [column, header.indexOf(column)] as const));
  if (place.get("value") === -1) {
    const description = `must begin with a line that names the columns: ${COLUMNS.join(", ")}; only value is needed`;
    throw DomainError.invalid([{ field: "file", description }]);
  }
  const unknown = header.find((name) => name !== "" && !(COLUMNS as readonly string[]).includes(name));
  if (unknown !== undefined) {
    const description = `has a column "${unknown.slice(0, 40)}"; known are ${COLUMNS.join(", ")}`;
    throw DomainError.invalid([{ field: "file", description }]);
  }
  const violations: FieldViolation[] = [];
  const entries: NewEntry[] = [];
  for (const [i, line] of lines.entries()) {
    if (i === 0 || isBlank(line)) continue;
    const fields = splitFields(line);
    const wrong = (description: string): void => {
      if (violations.length < NAMED) violations.push({ field: `line ${i + 1}`, description });
    };
    if (!fields) wrong("has a quote that does not close");
    else if (fields.length > header.length) wrong(`has ${fields.length} fields, the header ${header.length}`);
    else {
      const of = (column: Column): string => fieldText(fields[place.get(column) as number] ?? "");
      const expiresAt = endOfDay(of("expires")) ?? otherwise.expiresAt;
      if (expiresAt && Number.isNaN(expiresAt.getTime())) wrong("expires must be a date such as 2027-01-31");
      entries.push({ value: of("value"), expiresAt, reason: of("reason") || otherwise.reason });
    }
  }
  if (violations.length > 0) throw DomainError.invalid(violations);
  return entries;
}
