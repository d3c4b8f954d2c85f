import type { Queue } from "bullmq";
import { type Kysely, sql, type Transaction } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import { DECISIONS_QUEUE, TRANSACTIONS_QUEUE } from "../../domain/jobs.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { appendAudit } from "../audit/append.ts";
import { appendOutbox } from "../outbox/append.ts";
import { type ParseJob, parseDecisions, parseTransactions } from "../record/parse.ts";
import type { Database, DeadLetterState } from "../store/schema.ts";
import { type DeadLetterDetail, type DeadLetterFilter, matches, readDeadLetter } from "./letters.ts";

/** Letters that are handled in one SQL transaction when all of a kind are. */
const SLICE = 2_000;
/** Letters that are handed in as one job. */
const CHUNK = 50;

/** Queues that take letters back: under which name a job of theirs has its entries, and how they are read. */
const QUEUES: Readonly<Record<string, { readonly entries: string; readonly parse: ParseJob }>> = {
  [TRANSACTIONS_QUEUE]: { entries: "transactions", parse: parseTransactions },
  [DECISIONS_QUEUE]: { entries: "decisions", parse: parseDecisions },
};

/** What a job says when nobody named a source. */
const NAMELESS = "redriven";

/** Why a letter cannot be handed in as it is; undefined when it can. */
export function cannotRedrive({
  queue,
  altered,
}: Pick<DeadLetterDetail, "queue" | "altered">): string | undefined {
  if (!QUEUES[queue]) return `nothing of the queue ${queue} is handed in again`;
  if (altered) {
    return "it is not kept as it came (a card number is masked, or it was too long): put it right first";
  }
  return undefined;
}

/** The job that hands a payload in again: as its queue takes it. */
function jobOf(
  { queue, position, source }: Pick<DeadLetterDetail, "queue" | "position" | "source">,
  payloads: readonly object[],
): object {
  // A whole job lies in the letter as it was.
  if (position < 0) return payloads[0]!;
  return { source: source ?? NAMELESS, [QUEUES[queue]!.entries]: payloads };
}

/**
 * Hands a letter in again, as it came or as somebody mended it. It is decided once, however often the process dies: the
 * letter's state, the message that hands it in and the entry of the audit log are one SQL transaction. What is refused
 * again comes back as another letter, whose job says which one it was.
 *
 * @param mended the payload to hand in instead, checked as the queue will
 * @throws DomainError `not_found`; `conflict` when somebody handled it already; `invalid_argument` naming the fields
 */
export async function redrive(
  db: Kysely<Database>,
  actor: Actor,
  id: number,
  mended?: object,
): Promise<void> {
  const letter = await readDeadLetter(db, id);
  if (mended) checkMended(letter, mended);
  else {
    const why = cannotRedrive(letter);
    if (why !== undefined) throw new DomainError("invalid_argument", `dead letter ${id}: ${why}`);
  }
  await db.transaction().execute(async (trx) => {
    await handle(trx, actor, letter, "redriven", mended);
    await appendOutbox(trx, [{ kind: "dead_letters.redriven", ids: [id] }]);
    await appendAudit(trx, {
      ...{ actor, act: "dead_letter.redriven", subject: `dead_letter:${id}` },
      detail: { reason: letter.reason, transaction_id: letter.transactionId, mended: mended !== undefined },
    });
  });
}

/**
 * Puts a letter aside for good: it is kept, and waits for nobody.
 *
 * @throws DomainError `not_found`; `conflict` when somebody handled it already
 */
export async function discard(db: Kysely<Database>, actor: Actor, id: number): Promise<void> {
  const letter = await readDeadLetter(db, id);
  await db.transaction().execute(async (trx) => {
    await handle(trx, actor, letter, "discarded");
    await appendAudit(trx, {
      ...{ actor, act: "dead_letter.discarded", subject: `dead_letter:${id}` },
      detail: { reason: letter.reason, transaction_id: letter.transactionId },
    });
  });
}

/** What {@link redriveAll} and {@link discardAll} did. */
export interface Handled {
  readonly handled: number;
  /** Wait on: not kept as they came, or of a queue that takes nothing back. */
  readonly left: number;
}

/**
 * Hands every waiting letter of a reason in again, or of all reasons, except those that cannot be as they are.
 *
 * @param onSlice called with how many were handed in so far; false stops behind that slice
 */
export async function redriveAll(
  db: Kysely<Database>,
  actor: Actor,
  filter: Pick<DeadLetterFilter, "reason">,
  onSlice: (handled: number) => boolean = () => true,
): Promise<Handled> {
  return await handleAll(db, actor, filter, "redriven", onSlice);
}

/** Puts every waiting letter of a reason aside for good, or of all reasons. See {@link redriveAll}. */
export async function discardAll(
  db: Kysely<Database>,
  actor: Actor,
  filter: Pick<DeadLetterFilter, "reason">,
  onSlice: (handled: number) => boolean = () => true,
): Promise<Handled> {
  return await handleAll(db, actor, filter, "discarded", onSlice);
}

async function handleAll(
  db: Kysely<Database>,
  actor: Actor,
  { reason }: Pick<DeadLetterFilter, "reason">,
  state: Exclude<DeadLetterState, "waiting">,
  onSlice: (handled: number) => boolean,
): Promise<Handled> {
  const waiting = matches(reason === undefined ? {} : { reason });
  const able =
    state === "discarded"
      ? sql<boolean>`true`
      : sql<boolean>`not altered and queue = any(${Object.keys(QUEUES)}::text[])`;
  // What comes back as a new letter meanwhile is not taken up again.
  const { last } = await db
    .selectFrom("dead_letters")
    .select(sql<number>`coalesce(max(dead_letter_id), 0)`.as("last"))
    .executeTakeFirstOrThrow();
  let handled = 0;
  for (let more = true; more; ) {
    const slice = await db.transaction().execute(async (trx) => {
      const { rows } = await sql<{ id: number; queue: string; source: string | null; position: number }>`
        update dead_letters set state = ${state}, handled_at = clock_timestamp(),
          handled_by = ${JSON.stringify(actor)}::jsonb
        where dead_letter_id in (
          select dead_letter_id from dead_letters where ${waiting} and ${able} and dead_letter_id <= ${last}
          order by dead_letter_id limit ${SLICE} for update skip locked)
        returning dead_letter_id as id, queue, source, position`.execute(trx);
      if (rows.length === 0) return 0;
      if (state === "redriven") {
        const messages = jobsOf(rows).map((ids) => ({ kind: "dead_letters.redriven" as const, ids }));
        await appendOutbox(trx, messages);
      }
      await appendAudit(trx, {
        ...{ actor, act: `dead_letters.${state}`, subject: "dead_letters" },
        detail: { reason: reason ?? "all", count: rows.length },
      });
      return rows.length;
    });
    handled += slice;
    more = slice > 0 && onSlice(handled);
  }
  const { left } = await db
    .selectFrom("dead_letters")
    .select(sql<number>`count(*)`.as("left"))
    .where(waiting)
    .where("dead_letter_id", "<=", last)
    .executeTakeFirstOrThrow();
  return { handled, left };
}

/** Letters that make one job: of one queue and source, whole jobs by themselves. */
function jobsOf(
  rows: readonly {
    readonly id: number;
    readonly queue: string;
    readonly source: string | null;
    readonly position: number;
  }[],
): number[][] {
  const kinds = new Map<string, number[]>();
  for (const { id, queue, source, position } of rows) {
    const kind = position < 0 ? `whole ${id}` : JSON.stringify([queue, source]);
    const ids = kinds.get(kind);
    if (ids) ids.push(id);
    else kinds.set(kind, [id]);
  }
  return [...kinds.values()].flatMap((ids) => {
    ids.sort((a, b) => a - b);
    return Array.from({ length: Math.ceil(ids.length / CHUNK) }, (_, n) =>
      ids.slice(n * CHUNK, (n + 1) * CHUNK),
    );
  });
}

async function handle(
  trx: Transaction<Database>,
  actor: Actor,
  { id }: DeadLetterDetail,
  state: Exclude<DeadLetterState, "waiting">,
  mended?: object,
): Promise<void> {
  const { numUpdatedRows } = await trx
    .updateTable("dead_letters")
    .set({
      ...{ state, handled_at: sql<Date>`clock_timestamp()`, handled_by: JSON.stringify(actor) },
      ...(mended ? { mended: JSON.stringify(mended) } : {}),
    })
    .where("dead_letter_id", "=", id)
    .where("state", "=", "waiting")
    .executeTakeFirst();
  if (numUpdatedRows === 1n) return;
  const now = await readDeadLetter(trx, id);
  throw new DomainError("conflict", `dead letter ${id} was ${now.state} already, by ${now.handledBy?.name}`);
}

/** @throws DomainError `invalid_argument` for what the queue would refuse again, by field */
function checkMended(letter: DeadLetterDetail, mended: object): void {
  const queue = QUEUES[letter.queue];
  if (!queue) throw new DomainError("invalid_argument", cannotRedrive(letter)!);
  const mark = /\[\d+ digits\]/.exec(JSON.stringify(mended));
  if (mark) {
    throw new DomainError(
      "invalid_argument",
      `${mark[0]} stands where a card number was masked: put a token there`,
    );
  }
  const data = jobOf(letter, [mended]);
  const { rejected } = queue.parse({ queue: letter.queue, id: "mended", data });
  if (rejected[0])
    throw new DomainError("invalid_argument", `it would be refused again: ${rejected[0].error}`);
}

/**
 * Delivers {@link redrive}'s messages: puts the letters into their queue, as one job whose id says which they are. Harmless
 * when it happens twice: the same job, and the same payments.
 */
export function createRedriver(
  db: Kysely<Database>,
  queues: readonly Queue[],
): (ids: readonly number[]) => Promise<void> {
  return async (ids) => {
    const letters = await Promise.all(ids.map((id) => readDeadLetter(db, id)));
    const [first] = letters;
    const queue = queues.find(({ name }) => name === first?.queue);
    if (!first || !queue) return;
    const job = jobOf(
      first,
      letters.map(({ payload, mended }) => mended ?? payload),
    );
    await queue.add("redriven", job, { jobId: `redriven-${first.id}-${ids.length}` });
  };
}
