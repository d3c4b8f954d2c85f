import { type Kysely, sql, type Transaction } from "kysely";
import type { Database } from "../store/schema.ts";
import { addEvent, type LockedCase, lockOpenCase, refuseOthersLease } from "./case-lock.ts";
import { leaseAlive, queueOrder } from "./queue.ts";

/** How long a claim lasts without being renewed. */
export const CLAIM_LEASE_MS = 15 * 60_000;

/** A lease on a case. */
export interface Claim {
  readonly caseId: number;
  readonly claimedUntil: Date;
}

/**
 * Claims a case, or renews one's own claim. A lease that has run out is taken over.
 *
 * @throws DomainError `not_found`; `conflict` saying who holds it or who decided it
 */
export async function claimCase(
  db: Kysely<Database>,
  caseId: number,
  actor: string,
  leaseMs = CLAIM_LEASE_MS,
): Promise<Claim> {
  return db.transaction().execute(async (trx) => {
    const locked = await lockOpenCase(trx, caseId);
    refuseOthersLease(locked, actor);
    return lease(trx, locked, actor, leaseMs);
  });
}

/** Claims the first case of the queue that nobody works on; null when there is none. Two callers get two cases. */
export async function claimNext(
  db: Kysely<Database>,
  actor: string,
  leaseMs = CLAIM_LEASE_MS,
): Promise<Claim | null> {
  return db.transaction().execute(async (trx) => {
    const next = await trx
      .selectFrom("review_cases as c")
      .select("c.case_id")
      .where("c.status", "=", "open")
      .where(leaseAlive, "=", false)
      .orderBy(queueOrder)
      .limit(1)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst();
    if (!next) return null;
    return lease(trx, await lockOpenCase(trx, next.case_id), actor, leaseMs);
  });
}

/**
 * Gives a claim back. Nothing happens when nobody holds it.
 *
 * @throws DomainError `not_found`; `conflict` when another holds it or it is decided
 */
export async function releaseCase(db: Kysely<Database>, caseId: number, actor: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const locked = await lockOpenCase(trx, caseId);
    refuseOthersLease(locked, actor);
    if (locked.row.claimed_by === null) return;
    await trx
      .updateTable("review_cases")
      .set({ claimed_by: null, claimed_until: null })
      .where("case_id", "=", caseId)
      .execute();
    if (locked.holder === actor) await addEvent(trx, caseId, actor, "released");
  });
}

async function lease(
  trx: Transaction<Database>,
  { row, holder }: LockedCase,
  actor: string,
  leaseMs: number,
): Promise<Claim> {
  const updated = await trx
    .updateTable("review_cases")
    .set({
      claimed_by: actor,
      claimed_until: sql`clock_timestamp() + ${leaseMs}::float8 * interval '1 millisecond'`,
    })
    .where("case_id", "=", row.case_id)
    .returning("claimed_until")
    .executeTakeFirstOrThrow();
  // A renewal is no event; taking over what another let run out says from whom.
  if (holder !== actor) {
    const from =
      row.claimed_by !== null && row.claimed_by !== actor ? { taken_over_from: row.claimed_by } : {};
    await addEvent(trx, row.case_id, actor, "claimed", from);
  }
  return { caseId: row.case_id, claimedUntil: updated.claimed_until! };
}
