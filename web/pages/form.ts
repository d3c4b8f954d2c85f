import type { z } from "zod";
import { invalid } from "../../pipeline/doors/json.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { toHttpFailure } from "../api/problem.ts";
import type { AppContext } from "../context.ts";

/** What a form sent. @throws DomainError `invalid_argument` */
export async function readForm<S extends z.ZodType>(c: AppContext, schema: S): Promise<z.output<S>> {
  return readFields(schema, await c.req.parseBody());
}

/** Fields that were read already. @throws DomainError `invalid_argument` naming every wrong one */
export function readFields<S extends z.ZodType>(schema: S, fields: unknown): z.output<S> {
  const parsed = schema.safeParse(fields);
  if (!parsed.success) throw invalid(parsed.error);
  return parsed.data;
}

/** A number in the path. @throws DomainError `not_found`: what is no number names nothing */
export function numberIn(c: AppContext, name: string, what: string): number {
  const text = c.req.param(name) ?? "";
  const number = /^[1-9]\d{0,15}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(number)) return number;
  throw new DomainError("not_found", `there is no such ${what}`);
}

/** @throws DomainError `invalid_argument` at `again` when a new password was not typed the same twice */
export function sameTwice({ password, again }: { readonly password: string; readonly again: string }): void {
  if (password === again) return;
  throw DomainError.invalid([{ field: "again", description: "is not the same as above" }]);
}

/** What a person can do something about: said on the form itself. */
const SAID_ON_THE_FORM = ["invalid_argument", "conflict", "unauthenticated", "resource_exhausted"];

/**
 * Does what a form asks for; what is refused is shown on the form again.
 *
 * @param again the page with the refusal on it
 * @throws what is no refusal
 */
export async function orSayWhy(
  work: () => Promise<Response>,
  again: (refused: DomainError) => Response | Promise<Response>,
): Promise<Response> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DomainError) || !SAID_ON_THE_FORM.includes(error.code)) throw error;
    const { status, headers } = toHttpFailure(error);
    const page = await again(inWords(error));
    const answer = new Response(page.body, { status, headers: page.headers });
    const wait = headers["Retry-After"];
    if (wait !== undefined) answer.headers.set("Retry-After", wait);
    return answer;
  }
}

/** A refusal with how long to wait, where that is what helps. */
function inWords(error: DomainError): DomainError {
  if (error.retryAfterMs === undefined) return error;
  const seconds = Math.ceil(error.retryAfterMs / 1_000);
  const wait = seconds < 100 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
  return new DomainError(error.code, `too many attempts; try again in ${wait}`);
}
