import type { z } from "zod";
import { DomainError, type FieldViolation } from "../../platform/process/errors.ts";

/** JSON as doors read it: decoded, parsed, judged by a schema, and what is wrong said in words for whoever sent it. */

/** zod's path as people write it: `transaction.v[3]`. */
export function fieldPath(path: readonly PropertyKey[]): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else text += text === "" ? String(part) : `.${String(part)}`;
  }
  return text === "" ? "body" : text;
}

/** A body can have more wrong fields than anybody reads; an answer names the first. */
const MOST_NAMED = 50;
const LONGEST_NAME = 100;

/** What is wrong by a schema, one violation a field. */
export function violationsOf(error: z.ZodError): FieldViolation[] {
  return error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({
          field: fieldPath([...issue.path, key.slice(0, LONGEST_NAME)]),
          description: "unknown field",
        }))
      : [{ field: fieldPath(issue.path), description: issue.message }],
  );
}

/** Violations as the house's `invalid_argument`; of very many, the first and how many more. */
export function refuse(violations: readonly FieldViolation[]): DomainError {
  const more = violations.length - MOST_NAMED;
  if (more <= 0) return DomainError.invalid(violations);
  return DomainError.invalid([
    ...violations.slice(0, MOST_NAMED),
    { field: "body", description: `${more} more fields are wrong` },
  ]);
}

/** A failed parse as the house's `invalid_argument`, one violation a field. */
export function invalid(error: z.ZodError): DomainError {
  return refuse(violationsOf(error));
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * @param field what to call it when it is broken
 * @throws DomainError `invalid_argument` for what is not UTF-8
 */
export function decodeText(bytes: ArrayBuffer | Uint8Array, field = "body"): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw DomainError.invalid([{ field, description: "is not valid UTF-8" }]);
  }
}

/**
 * JSON text, unchecked.
 *
 * @param field what to call it when it is broken
 * @throws DomainError `invalid_argument`
 */
export function parseJson(text: string, field = "body"): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw DomainError.invalid([{ field, description: "is not valid JSON" }]);
  }
  if (isDeeper(value, DEEPEST)) {
    throw DomainError.invalid([{ field, description: `is nested deeper than ${DEEPEST} levels` }]);
  }
  return value;
}

/** Lists and objects in each other; a batch of transactions has four. */
const DEEPEST = 32;

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  for (const entry of Array.isArray(value) ? value : Object.values(value)) {
    if (typeof entry === "object" && isDeeper(entry, levels - 1)) return true;
  }
  return false;
}

const KINDS: Partial<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

/** What is wrong, where the schema has no words of its own: ours instead of the library's. */
const inWords: z.core.$ZodErrorMap = (issue) => {
  const units = { string: " characters", array: " entries" }[String(issue["origin"])] ?? "";
  switch (issue.code) {
    case "invalid_type":
      if (issue.input === undefined) return "is missing";
      return `must be ${KINDS[issue.expected] ?? "of another kind"}`;
    case "too_small":
      return `must ${units === "" ? "be" : "have"} ${issue.inclusive ? "at least" : "more than"} ${issue.minimum}${units}`;
    case "too_big":
      return `must ${units === "" ? "be" : "have"} ${issue.inclusive ? "at most" : "less than"} ${issue.maximum}${units}`;
    case "invalid_value":
      return `must be one of ${issue.values.join(", ")}`;
    default:
      return "is not of the form that is documented";
  }
};

/** Judges a value by a schema, in words for a caller. */
export function judge<S extends z.ZodType>(schema: S, value: unknown): z.ZodSafeParseResult<z.output<S>> {
  return schema.safeParse(value, { error: inWords });
}

/** @throws DomainError `invalid_argument` naming every wrong field */
export function check<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = judge(schema, value);
  if (!parsed.success) throw invalid(parsed.error);
  return parsed.data;
}
