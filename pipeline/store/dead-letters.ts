import { createHash } from "node:crypto";
import { type Kysely, sql } from "kysely";
import { isPanNumber, maskPans } from "../../domain/pan.ts";
import { storableText } from "../../platform/process/storable.ts";
import type { Database } from "./schema.ts";

/** Something a queue could not get decided. */
export interface NewDeadLetter {
  readonly queue: string;
  readonly jobId: string;
  /** Index in the job's chunk; -1 for a whole job. Repeats of (queue, jobId, position) are ignored. */
  readonly position: number;
  readonly transactionId: string | null;
  readonly source: string | null;
  readonly errorCode: string;
  readonly error: string;
  readonly payload: object;
}

/** Deeper than any payment; PostgreSQL's own parser gives up far below what JSON.parse reads. */
const MAX_DEPTH = 64;
/** Characters of a payload that are kept; a chunk of 200 has about 150,000. */
const MAX_PAYLOAD = 4_000_000;
/** Characters of an id; a longer one would not fit the index that makes letters unique. */
const MAX_ID = 200;

/**
 * Keeps what could not be decided, once, so that it can be put right and handed in again: as it came, but for card
 * numbers, which are masked (a transaction is often refused because somebody put one in it), and for characters that
 * no text column holds. Anything may lie in a queue, so nothing in a letter can make this fail.
 *
 * @returns how many were new
 */
export async function recordDeadLetters(
  db: Kysely<Database>,
  letters: readonly NewDeadLetter[],
): Promise<number> {
  let added = 0;
  for (const letter of letters) {
    const payload = payloadJson(letter.payload);
    const rows = await db
      .insertInto("dead_letters")
      .values({
        queue: letter.queue,
        job_id: fitted(letter.jobId),
        position: letter.position,
        transaction_id: letter.transactionId === null ? null : fitted(letter.transactionId),
        source: letter.source === null ? null : fitted(letter.source),
        error_code: letter.errorCode,
        error: kept(letter.error.slice(0, 2_000)),
        payload: sql`${payload.json}::jsonb`,
        altered: payload.altered,
      })
      .onConflict((oc) => oc.columns(["queue", "job_id", "position"]).doNothing())
      .returning("dead_letter_id")
      .execute();
    added += rows.length;
  }
  return added;
}

/** A text as it came, without card numbers and without what cannot be stored. */
function kept(text: string): string {
  return maskPans(storableText(text));
}

/** An id as it came when it is short enough, else its beginning and a hash that keeps it apart from others. */
function fitted(id: string): string {
  const text = kept(id);
  if (text.length <= MAX_ID) return text;
  return `${storableText(text.slice(0, MAX_ID / 2))}…${createHash("sha256").update(id).digest("hex")}`;
}

/** A payload as it is kept, and whether that is not how it came. */
function payloadJson(payload: object): { json: string; altered: boolean } {
  const seen = { altered: false };
  const json = JSON.stringify(keptValue(payload, 0, seen));
  if (json.length <= MAX_PAYLOAD) return { json, altered: seen.altered };
  const beginning = storableText(json.slice(0, MAX_PAYLOAD));
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
