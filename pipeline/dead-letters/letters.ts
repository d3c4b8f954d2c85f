import { type Kysely, sql } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { Database, DeadLetterState } from "../store/schema.ts";

/** What a queue could not get decided, as lists show it. */
export interface DeadLetter {
  readonly id: number;
  readonly queue: string;
  readonly jobId: string;
  /** Index in the job's chunk; -1 for a whole job. */
  readonly position: number;
  readonly transactionId: string | null;
  readonly source: string | null;
  /** The domain error's code, e.g. "invalid_argument", "conflict". */
  readonly reason: string;
  readonly error: string;
  readonly at: Date;
  readonly state: DeadLetterState;
  /** Whether the payload is not as it came: card numbers masked, characters replaced, cut off. */
  readonly altered: boolean;
  readonly handledAt: Date | null;
  readonly handledBy: Actor | null;
}

/** … with what it says. */
export interface DeadLetterDetail extends DeadLetter {
  readonly payload: object;
  /** What was handed in instead. */
  readonly mended: object | null;
}

export interface DeadLetterFilter {
  /** "waiting" when absent. */
  readonly state?: DeadLetterState;
  readonly reason?: string;
  readonly transactionId?: string;
}

/** The filter as SQL over dead_letters. */
export function matches({ state = "waiting", reason, transactionId }: DeadLetterFilter) {
  // Said in the statement: the indexes are of those that wait.
  const conditions = [sql<boolean>`state = ${sql.lit(state)}`];
  if (reason !== undefined) conditions.push(sql<boolean>`error_code = ${reason}`);
  if (transactionId !== undefined) conditions.push(sql<boolean>`transaction_id = ${transactionId}`);
  return sql<boolean>`${sql.join(conditions, sql` and `)}`;
}

const COLUMNS = [
  "dead_letter_id as id",
  "queue",
  "job_id as jobId",
  "position",
  "transaction_id as transactionId",
  "source",
  "error_code as reason",
  "error",
  "at",
  "state",
  "altered",
  "handled_at as handledAt",
  "handled_by as handledBy",
] as const;

/**
 * Newest first, by keyset.
 *
 * @param page `limit` 1 to 200, 50 when absent; `before` is the `nextBefore` of the page before
 */
export async function listDeadLetters(
  db: Kysely<Database>,
  filter: DeadLetterFilter = {},
  page: { readonly limit?: number; readonly before?: number } = {},
): Promise<{ items: DeadLetter[]; nextBefore: number | null }> {
  const limit = Math.min(200, Math.max(1, Math.floor(page.limit ?? 50)));
  let query = db
    .selectFrom("dead_letters")
    .select(COLUMNS)
    .where(matches(filter))
    .orderBy("dead_letter_id", "desc")
    .limit(limit + 1);
  if (page.before !== undefined) query = query.where("dead_letter_id", "<", page.before);
  const rows = await query.execute();
  const items = rows.slice(0, limit);
  return { items, nextBefore: rows.length > limit ? items.at(-1)!.id : null };
}

/** Of each reason, how many wait; the most first. */
export async function countByReason(
  db: Kysely<Database>,
): Promise<{ readonly reason: string; readonly count: number; readonly oldest: Date }[]> {
  return await db
    .selectFrom("dead_letters")
    .select(["error_code as reason", sql<number>`count(*)`.as("count"), sql<Date>`min(at)`.as("oldest")])
    .where(matches({}))
    .groupBy("error_code")
    .orderBy("count", "desc")
    .orderBy("reason")
    .execute();
}

/** @throws DomainError `not_found` */
export async function readDeadLetter(db: Kysely<Database>, id: number): Promise<DeadLetterDetail> {
  const row = await db
    .selectFrom("dead_letters")
    .select([...COLUMNS, "payload", "mended"])
    .where("dead_letter_id", "=", id)
    .executeTakeFirst();
  if (!row) throw new DomainError("not_found", `no dead letter ${id}`);
  return row;
}
