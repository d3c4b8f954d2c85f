import { type Kysely, sql } from "kysely";
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

export interface DeadLetter {
  readonly id: number;
  readonly queue: string;
  readonly jobId: string;
  readonly transactionId: string | null;
  readonly source: string | null;
  readonly errorCode: string;
  readonly error: string;
  readonly at: Date;
}

/**
 * Keeps what could not be decided, once. Runs of 12 or more digits are masked everywhere: a transaction is often
 * refused because somebody put a card number in it.
 *
 * @returns how many were new
 */
export async function recordDeadLetters(
  db: Kysely<Database>,
  letters: readonly NewDeadLetter[],
): Promise<number> {
  let added = 0;
  for (const letter of letters) {
    const text = (value: string): string => maskDigits(withoutNul(value));
    const rows = await db
      .insertInto("dead_letters")
      .values({
        queue: letter.queue,
        job_id: letter.jobId,
        position: letter.position,
        transaction_id: letter.transactionId === null ? null : text(letter.transactionId).slice(0, 200),
        source: letter.source,
        error_code: letter.errorCode,
        error: text(letter.error).slice(0, 2_000),
        payload: sql`${JSON.stringify(letter.payload, (_key, value: unknown) =>
          typeof value === "string" ? text(value) : value,
        )}::jsonb`,
      })
      .onConflict((oc) => oc.columns(["queue", "job_id", "position"]).doNothing())
      .returning("dead_letter_id")
      .execute();
    added += rows.length;
  }
  return added;
}

/** Newest first, by keyset. */
export async function listDeadLetters(
  db: Kysely<Database>,
  page: { readonly limit?: number; readonly before?: number } = {},
): Promise<{ items: DeadLetter[]; nextBefore: number | null }> {
  const limit = Math.min(200, Math.max(1, Math.floor(page.limit ?? 50)));
  let query = db
    .selectFrom("dead_letters")
    .select([
      "dead_letter_id as id",
      "queue",
      "job_id as jobId",
      "transaction_id as transactionId",
      "source",
      "error_code as errorCode",
      "error",
      "at",
    ])
    .orderBy("dead_letter_id", "desc")
    .limit(limit + 1);
  if (page.before !== undefined) query = query.where("dead_letter_id", "<", page.before);
  const rows = await query.execute();
  const items = rows.slice(0, limit);
  return { items, nextBefore: rows.length > limit ? items.at(-1)!.id : null };
}

/** Digits, also in groups of four by spaces or dashes, as card numbers are written. */
function maskDigits(text: string): string {
  return text.replace(/\d(?:[ -]?\d){11,}/g, (run) => `[${run.replace(/\D/g, "").length} digits]`);
}

/** PostgreSQL's text holds every character but this one. */
function withoutNul(text: string): string {
  return text.replaceAll("\u0000", "\u{fffd}");
}
