import { randomBytes } from "node:crypto";
import { type Kysely, sql, type Transaction } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { propose, settle } from "../accounts/approvals.ts";
import { appendAudit } from "../audit/append.ts";
import type { Database, ErasureState } from "../store/schema.ts";
import { eraseLetters } from "./erase-letters.ts";
import { findSubject } from "./find.ts";
import { HELD_DECISION, HELD_IMPORT } from "./holds.ts";
import { HAS_OPEN_CASE, type Pseudonym, type RedactedPlace, redactDecisions } from "./redact.ts";
import { contextColumn, decisionsOf, givenReason, importsOf, type Subject, subjectHash } from "./subject.ts";

/** Rows of one SQL transaction. */
const SLICE = 500;
/** A proposal waits so long for a second person, days: as long as any. */
const WAITS_DAYS = 7;

/** An erasure as lists show it. */
export interface Erasure {
  readonly id: number;
  readonly entity: string;
  readonly pseudonym: string;
  readonly reason: string;
  readonly state: ErasureState;
  readonly askedBy: Actor;
  readonly askedAt: Date;
  readonly agreedBy: Actor | null;
  readonly doneAt: Date | null;
  readonly result: Readonly<Record<string, number>> | null;
}

/**
 * Asks for somebody's data to be erased. Nothing happens until a second person with the right agrees. The audit log has
 * whose it is as a keyed hash.
 *
 * @returns its number
 * @throws DomainError `invalid_argument` for the reason; `conflict` when the same waits already
 */
export async function proposeErasure(
  db: Kysely<Database>,
  subject: Subject,
  reason: string,
  by: Actor,
): Promise<number> {
  const why = givenReason(reason, subject);
  return await db.transaction().execute(async (trx) => {
    const hash = await subjectHash(trx, subject);
    const added = await trx
      .insertInto("erasures")
      .values({
        ...{ entity: subject.entity, entity_id: subject.id, entity_hash: hash, reason: why },
        pseudonym: `erased:${randomBytes(9).toString("base64url")}`,
        asked_by: JSON.stringify(by),
      })
      .onConflict((oc) => oc.doNothing())
      .returning("erasure_id")
      .executeTakeFirst();
    if (!added) throw new DomainError("conflict", "this waits for a second person or a worker already");
    await propose(
      trx,
      {
        ...{ right: "data.erase", act: "privacy.erase", subject: `erasure:${added.erasure_id}` },
        detail: { entity: subject.entity, entity_hash: hash, reason: why },
      },
      by,
    );
    return added.erasure_id;
  });
}

/**
 * A second person's word: agreed, a worker does it; refused or taken back, whose data it was is forgotten.
 *
 * @param proposal the number of what waits for a second person
 * @throws DomainError `not_found`; `permission_denied` for one's own
 */
export async function decideErasure(
  db: Kysely<Database>,
  proposal: number,
  approve: boolean,
  actor: Actor,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const { subject } = await settle(trx, proposal, "data.erase", { actor, approve });
    await trx
      .updateTable("erasures")
      .set(
        approve
          ? { state: "agreed", agreed_by: JSON.stringify(actor) }
          : { state: "refused", entity_id: null },
      )
      .where("erasure_id", "=", Number(subject.split(":")[1]))
      .execute();
  });
}

/** The latest 50. */
export async function listErasures(db: Kysely<Database>): Promise<Erasure[]> {
  return await db
    .selectFrom("erasures")
    .select([
      "erasure_id as id",
      "entity",
      "pseudonym",
      "reason",
      "state",
      "asked_by as askedBy",
      "asked_at as askedAt",
      "agreed_by as agreedBy",
      "done_at as doneAt",
      "result",
    ])
    .orderBy("erasure_id", "desc")
    .limit(50)
    .execute();
}

/** Takes what is known of somebody's payments out of the online feature store. */
export type ForgetAggregates = (subject: Subject) => Promise<number>;

/**
 * Does what was agreed to, the oldest first: rows in slices, then dead letters, then aggregates. A process that dies in
 * between is followed by another, which goes on: what is erased no longer names the subject. What a hold keeps, or whose
 * case is open, stays and is counted.
 *
 * @returns how many erasures were done
 * @throws the error of PostgreSQL or Redis; done again, it goes on
 */
export async function runErasures(db: Kysely<Database>, forget: ForgetAggregates): Promise<number> {
  await sql`update erasures set state = 'expired', entity_id = null
    where state = 'proposed' and asked_at < now() - interval '1 day' * ${sql.lit(WAITS_DAYS)}`.execute(db);
  let done = 0;
  for (;;) {
    const next = await db
      .selectFrom("erasures")
      .selectAll()
      .where("state", "=", "agreed")
      .orderBy("erasure_id")
      .executeTakeFirst();
    if (!next || next.entity_id === null) return done;
    await erase(db, next.erasure_id, { entity: next.entity, id: next.entity_id }, next.pseudonym, forget);
    done++;
  }
}

async function erase(
  db: Kysely<Database>,
  id: number,
  subject: Subject,
  pseudonym: string,
  forget: ForgetAggregates,
): Promise<void> {
  const as = { entity: subject.entity, name: pseudonym };
  await inSlices(db, (trx) => eraseDecisions(trx, subject, as));
  await inSlices(db, (trx) => eraseImports(trx, subject, as));
  await eraseLetters(db, subject, pseudonym);
  const states = await forget(subject);
  await db.transaction().execute(async (trx) => {
    const left = await findSubject(trx, subject);
    const counted = await sql<{ decisions: number; imported: number }>`
      select (select count(*) from decisions d where ${decisionsOf({ ...subject, id: pseudonym })})::int as decisions,
        (select count(*) from imported_transactions i where ${importsOf({ ...subject, id: pseudonym })})::int as imported
      `.execute(trx);
    const result = {
      ...counted.rows[0],
      aggregates: states,
      decisions_held: left.held,
      decisions_with_open_case: left.open,
      imported_held: left.importedHeld,
      dead_letters_held: left.deadLettersHeld,
      list_entries_left: left.listEntries,
    };
    const { numUpdatedRows } = await trx
      .updateTable("erasures")
      .set({
        ...{ state: "done", entity_id: null, done_at: sql<Date>`clock_timestamp()` },
        result: JSON.stringify(result),
      })
      .where("erasure_id", "=", id)
      .where("state", "=", "agreed")
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return; // another worker ended it
    const { asked_by, agreed_by } = await trx
      .selectFrom("erasures")
      .select(["asked_by", "agreed_by"])
      .where("erasure_id", "=", id)
      .executeTakeFirstOrThrow();
    await appendAudit(trx, {
      ...{ actor: agreed_by ?? asked_by, act: "privacy.erased", subject: `erasure:${id}` },
      detail: { entity: subject.entity, entity_hash: await subjectHash(trx, subject), ...result },
    });
  });
}

async function inSlices(
  db: Kysely<Database>,
  work: (trx: Transaction<Database>) => Promise<number>,
): Promise<void> {
  while ((await db.transaction().execute(work)) > 0);
}

async function eraseDecisions(trx: Transaction<Database>, subject: Subject, as: Pseudonym): Promise<number> {
  const { rows } = await sql<RedactedPlace>`
    select d.decided_at::text as at, d.seq, d.transaction_id from decisions d
    where ${decisionsOf(subject)} and not ${HELD_DECISION} and not ${HAS_OPEN_CASE}
    limit ${sql.lit(SLICE)}`.execute(trx);
  return await redactDecisions(trx, rows, as);
}

async function eraseImports(trx: Transaction<Database>, subject: Subject, as: Pseudonym): Promise<number> {
  const column = contextColumn(subject.entity);
  const own = JSON.stringify({ [column ?? as.entity]: as.name });
  const { numAffectedRows } = await sql`
    update imported_transactions set redacted_at = coalesce(redacted_at, now()),
      fields = ${column === undefined ? null : own}::jsonb, entities = ${column === undefined ? own : null}::jsonb
    where transaction_id in (
      select i.transaction_id from imported_transactions i where ${importsOf(subject)} and not ${HELD_IMPORT}
      limit ${sql.lit(SLICE)})`.execute(trx);
  return Number(numAffectedRows ?? 0);
}
