import { createHash } from "node:crypto";
import { type Kysely, sql } from "kysely";
import { storableText } from "../../platform/process/storable.ts";
import { kept, keptJson } from "./kept-json.ts";
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
    const payload = keptJson(letter.payload, MAX_PAYLOAD);
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

/** An id as it came when it is short enough, else its beginning and a hash that keeps it apart from others. */
function fitted(id: string): string {
  const text = kept(id);
  if (text.length <= MAX_ID) return text;
  return `${storableText(text.slice(0, MAX_ID / 2))}…${createHash("sha256").update(id).digest("hex")}`;
}
