import { type Selectable, sql, type Transaction } from "kysely";
import { DomainError } from "../../platform/process/errors.ts";
import type { Database, ReviewCasesTable, ReviewEventsTable } from "../store/schema.ts";

/** A case under its row lock, and who holds its lease now. */
export interface LockedCase {
  readonly row: Selectable<ReviewCasesTable>;
  /** Null when nobody does, or the lease has run out. */
  readonly holder: string | null;
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
  actor: string,
): Promise<LockedCase> {
  const locked = await lockCase(trx, caseId);
  if (locked.row.status === "decided") throw decidedBefore(locked, actor);
  return locked;
}

/** The refusal of whoever comes after the verdict, with what was decided and by whom. */
export function decidedBefore({ row }: LockedCase, actor: string): DomainError {
  const who = row.decided_by === actor ? "you" : row.decided_by;
  return new DomainError("conflict", `case ${row.case_id} was decided ${row.verdict} by ${who}`);
}

/** @throws DomainError `conflict` when somebody else holds the lease */
export function refuseOthersLease({ row, holder }: LockedCase, actor: string): void {
  if (holder !== null && holder !== actor) {
    throw new DomainError("conflict", `case ${row.case_id} is claimed by ${holder}`);
  }
}

/** Adds to the case's audit trail. */
export async function addEvent(
  trx: Transaction<Database>,
  caseId: number,
  actor: string,
  kind: ReviewEventsTable["kind"],
  detail: Record<string, unknown> = {},
): Promise<void> {
  await trx
    .insertInto("review_events")
    .values({ case_id: caseId, actor, kind, detail: JSON.stringify(detail) })
    .execute();
}
