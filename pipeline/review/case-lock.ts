import { createHash } from "node:crypto";
import { type Selectable, sql, type Transaction } from "kysely";
import { type Actor, isSameActor } from "../../domain/actors.ts";
import type { CaseEvent, ReviewAct } from "../../domain/review-cases.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { failPoint } from "../../platform/process/fail-point.ts";
import { appendAudit } from "../audit/append.ts";
import { appendOutbox } from "../outbox/append.ts";
import type { Database, ReviewCasesTable } from "../store/schema.ts";

/** A case under its row lock, and who holds its lease now. */
export interface LockedCase {
  readonly row: Selectable<ReviewCasesTable>;
  /** Null when nobody does, or the lease has run out. */
  readonly holder: Actor | null;
}

/**
 * Locks a case, open or decided, for the rest of the SQL transaction, so that what is checked is what is changed.
 *
 * @throws DomainError `not_found`
 */
export async function lockCase(trx: Transaction<Database>, caseId: number): Promise<LockedCase> {
  const row = await trx
    .selectFrom("review_cases")
    .selectAll()
    .select(sql<boolean>`coalesce(claimed_until > clock_timestamp(), false)`.as("leased"))
    .where("case_id", "=", caseId)
    .forUpdate()
    .executeTakeFirst();
  if (!row) throw new DomainError("not_found", `no case ${caseId}`);
  return { row, holder: row.leased ? row.claimed_by : null };
}

/**
 * As {@link lockCase}, for a case that somebody wants to change.
 *
 * @throws DomainError `not_found`; `conflict`, saying by whom, when it is decided already
 */
export async function lockOpenCase(
  trx: Transaction<Database>,
  caseId: number,
  actor: Actor,
): Promise<LockedCase> {
  const locked = await lockCase(trx, caseId);
  if (locked.row.status === "decided") throw decidedBefore(locked, actor);
  return locked;
}

/** The refusal of whoever comes after the verdict, with what it was and whose. */
export function decidedBefore({ row }: LockedCase, actor: Actor): DomainError {
  const who = isActor(row.decided_by, actor) ? "you" : row.decided_by?.name;
  return new DomainError("conflict", `case ${row.case_id} was decided ${row.verdict} by ${who}`);
}

/** @throws DomainError `conflict` when somebody else holds the lease */
export function refuseOthersLease({ row, holder }: LockedCase, actor: Actor): void {
  if (holder !== null && !isSameActor(holder, actor)) {
    throw new DomainError("conflict", `case ${row.case_id} is claimed by ${holder.name}`);
  }
}

/**
 * @param token what the page showed that somebody acted from; undefined for who acts from none
 * @throws DomainError `conflict` when the case has had another holder since
 */
export function refuseStale({ row }: LockedCase, token: number | undefined): void {
  if (token === undefined || token === row.token) return;
  throw new DomainError(
    "conflict",
    `case ${row.case_id} has changed hands since your page was drawn; this is how it stands now: look, and send it again`,
  );
}

/** @throws DomainError `conflict` when the case waits for a lead, and who acts is none */
export function refuseReferred({ row }: LockedCase, leads: boolean): void {
  if (row.referred_at !== null && !leads) {
    throw new DomainError("conflict", `case ${row.case_id} was escalated and waits for a lead`);
  }
}

/** Whether what a column of actors holds is this one. */
export function isActor(kept: Actor | null, actor: Actor): boolean {
  return kept !== null && isSameActor(kept, actor);
}

/** The condition that a column of actors holds this one. */
export function actorIs(column: string, actor: Actor) {
  return sql<boolean>`(${sql.ref(column)} ->> 'kind' = ${actor.kind} and ${sql.ref(column)} ->> 'id' = ${actor.id})`;
}

/** Adds to the case's timeline. */
export async function addEvent(
  trx: Transaction<Database>,
  caseId: number,
  actor: Actor,
  kind: CaseEvent,
  detail: Record<string, unknown> = {},
): Promise<void> {
  await trx
    .insertInto("review_events")
    .values({ case_id: caseId, actor: JSON.stringify(actor), kind, detail: JSON.stringify(detail) })
    .execute();
}

/**
 * What every act on a case leaves, in its transaction: an entry of the timeline, one of the audit log, and news for open
 * pages. What somebody wrote may name people, and is redacted one day: it is in the timeline, and in the audit log, which
 * never changes, as its hash.
 */
export async function leaveTraces(
  trx: Transaction<Database>,
  caseId: number,
  actor: Actor,
  act: ReviewAct,
  detail: Record<string, unknown> = {},
): Promise<void> {
  await addEvent(trx, caseId, actor, act, detail);
  await appendOutbox(trx, [
    { kind: "review.changed", at: new Date().toISOString(), caseId, event: act, actor },
  ]);
  const { note, ...acted } = detail;
  const said = typeof note === "string" ? { note_sha256: sha256(note) } : {};
  await appendAudit(trx, {
    ...{ actor, act: `review.${act}`, subject: `case:${caseId}` },
    detail: { ...acted, ...said },
  });
  failPoint("review.written");
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
