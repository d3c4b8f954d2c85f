import type { z } from "zod";
import { DomainError, type FieldViolation } from "../../platform/errors.ts";
import type { AppContext } from "../context.ts";

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

/** A failed parse as the house's `invalid_argument`, one violation a field. */
export function invalid(error: z.ZodError): DomainError {
  const violations: FieldViolation[] = error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({
          field: fieldPath([...issue.path, key.slice(0, LONGEST_NAME)]),
          description: "unknown field",
        }))
      : [{ field: fieldPath(issue.path), description: issue.message }],
  );
  const more = violations.length - MOST_NAMED;
  if (more > 0) {
    violations.splice(MOST_NAMED, more, { field: "body", description: `${more} more fields are wrong` });
  }
  return DomainError.invalid(violations);
}

/** `application/json` and its +json family. */
function isJson(contentType: string | undefined): boolean {
  return /^application\/(?:[\w.-]+\+)?json\b/i.test(contentType ?? "");
}

/**
 * The request's JSON body, unchecked.
 *
 * @throws DomainError `invalid_argument` for another content type or broken JSON
 */
export async function readJson(c: AppContext): Promise<unknown> {
  if (!isJson(c.req.header("content-type"))) {
    throw DomainError.invalid([{ field: "Content-Type", description: "must be application/json" }]);
  }
  const text = await c.req.text();
  try {
    return JSON.parse(text);
  } catch {
    throw DomainError.invalid([{ field: "body", description: "is not valid JSON" }]);
  }
}

/** @throws DomainError `invalid_argument` naming every wrong field */
export function check<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw invalid(parsed.error);
  return parsed.data;
}

/**
 * The request's JSON body, checked against its schema.
 *
 * @throws DomainError `invalid_argument` naming every wrong field
 */
export async function readBody<S extends z.ZodType>(c: AppContext, schema: S): Promise<z.output<S>> {
  return check(schema, await readJson(c));
}

/**
 * The query string, checked against its schema; an empty value counts as not given, as an empty form field sends it.
 *
 * @throws DomainError `invalid_argument` naming every wrong parameter
 */
export function readQuery<S extends z.ZodType>(c: AppContext, schema: S): z.output<S> {
  const given: Record<string, string | string[]> = {};
  for (const [name, values] of Object.entries(c.req.queries())) {
    const kept = values.filter((value) => value !== "");
    if (kept.length > 0) given[name] = kept.length === 1 ? (kept[0] as string) : kept;
  }
  return check(schema, given);
}
