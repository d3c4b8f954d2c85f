import type { z } from "zod";
import { check, decodeText, parseJson } from "../../pipeline/doors/json.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { AppContext } from "../context.ts";
import { Refusal } from "./problem.ts";

/** A media type in lower case, without parameters; "" when none is named. */
export function mediaTypeOf(header = ""): string {
  return header.split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

/** The media type of the body ({@link mediaTypeOf}). */
export function mediaType(c: AppContext): string {
  return mediaTypeOf(c.req.header("content-type"));
}

/** `application/json` and its +json family. */
export function isJson(type: string): boolean {
  return type === "application/json" || (type.startsWith("application/") && type.endsWith("+json"));
}

/** Names under which one JSON value a line travels; none is registered. */
const LINES = /^(?:application|text)\/(?:x-)?(?:ndjson|jsonl|jsonlines|json-lines)$/;

/** One JSON value a line. */
export function isLines(type: string): boolean {
  return LINES.test(type);
}

/** JSON is UTF-8 (RFC 8259, 8.1), of which ASCII is a part. */
const CHARSETS = ["utf-8", "utf8", "us-ascii"];

/** @throws Refusal 415 when the content type names another charset than JSON has */
export function demandUtf8(c: AppContext): void {
  for (const parameter of (c.req.header("content-type") ?? "").split(";").slice(1)) {
    const [name = "", value = ""] = parameter.split("=");
    if (name.trim().toLowerCase() !== "charset") continue;
    const charset = value.trim().replaceAll('"', "").toLowerCase();
    if (!CHARSETS.includes(charset)) throw new Refusal(415, "the body's charset must be utf-8");
  }
}

/** What went wrong while a body was read: a refusal as it is, all else is a connection that was lost. */
export function lostBody(error: unknown): Error {
  if (error instanceof Refusal || error instanceof DomainError) return error;
  return new DomainError("cancelled", "the body did not arrive whole", { cause: error });
}

/**
 * The request's body as text.
 *
 * @throws Refusal 415 when the content type names another charset
 * @throws DomainError `invalid_argument` for what is not UTF-8, `cancelled` when it did not arrive
 */
export async function readText(c: AppContext): Promise<string> {
  demandUtf8(c);
  let bytes: ArrayBuffer;
  try {
    bytes = await c.req.arrayBuffer();
  } catch (error) {
    throw lostBody(error);
  }
  await c.get("takeTurn")?.();
  return decodeText(bytes);
}

/**
 * The request's JSON body, unchecked.
 *
 * @throws Refusal 415 for another content type
 * @throws DomainError `invalid_argument` for broken JSON
 */
export async function readJson(c: AppContext): Promise<unknown> {
  if (!isJson(mediaType(c))) throw new Refusal(415, "send the body as application/json");
  return parseJson(await readText(c));
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
