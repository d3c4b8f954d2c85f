import { type Kysely, sql, type Transaction } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import { chainHash } from "../../platform/process/hash-chain.ts";
import type { Database } from "../store/schema.ts";

/** Something that somebody did. */
export interface Act {
  readonly actor: Actor;
  /** e.g. "review.decided", "rates.set" */
  readonly act: string;
  /** What it was done to, e.g. "case:17". */
  readonly subject: string;
  readonly detail?: Readonly<Record<string, unknown>>;
  /** When it was done, where that is not now. */
  readonly at?: Date;
}

/**
 * Adds an act to the audit log, in the transaction of what was done: both are there, or neither. Acts wait for each
 * other here, so this comes last in its transaction.
 */
export async function appendAudit(
  trx: Transaction<Database>,
  { actor, act, subject, detail = {}, at }: Act,
): Promise<void> {
  const head = await trx
    .selectFrom("audit_head")
    .select(["audit_id", "hash", sql<Date>`clock_timestamp()`.as("now")])
    .forUpdate()
    .executeTakeFirstOrThrow();
  const audit_id = head.audit_id + 1;
  // PostgreSQL keeps microseconds, a Date milliseconds: what is hashed is what will be read back.
  const entry = { audit_id, at: new Date((at ?? head.now).getTime()), actor, act, subject, detail };
  const hash = chainHash(head.hash, entry);
  await trx
    .insertInto("audit_log")
    .values({
      ...entry,
      actor: JSON.stringify(actor),
      detail: JSON.stringify(detail),
      previous_hash: head.hash,
      hash,
    })
    .execute();
  await trx.updateTable("audit_head").set({ audit_id, hash }).execute();
}

/** An act that changes nothing else in the store. */
export async function recordAct(db: Kysely<Database>, act: Act): Promise<void> {
  await db.transaction().execute((trx) => appendAudit(trx, act));
}
