import { type Kysely, type RawBuilder, type SelectQueryBuilder, sql, type Transaction } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import type { RiskTier } from "../../domain/tiers.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { Database } from "../store/schema.ts";
import {
  actorIs,
  isActor,
  type LockedCase,
  leaveTraces,
  lockOpenCase,
  refuseOthersLease,
  refuseReferred,
  refuseStale,
} from "./case-lock.ts";
import { leaseAlive, queueOrder } from "./queue-order.ts";

/** How long a claim lasts without being renewed. */
export const CLAIM_LEASE_MS = 15 * 60_000;

/** A lease on a case. */
export interface Claim {
  readonly caseId: number;
  readonly claimedUntil: Date;
  /** Tells this holding of the case from earlier and later ones. */
  readonly token: number;
}

/** What whoever leads may do beside the others. */
export interface Leading {
  /** Takes cases that wait for a lead. */
  readonly leads?: boolean;
}

/**
 * Claims a case, or renews one's own claim. A lease that has run out is taken over.
 *
 * @throws DomainError `not_found`; `conflict` saying who holds it, who decided it, or that it waits for a lead
 */
export async function claimCase(
  db: Kysely<Database>,
  caseId: number,
  actor: Actor,
  leaseMs = CLAIM_LEASE_MS,
  { leads = false }: Leading = {},
): Promise<Claim> {
  return leaseOpenCase(db, caseId, actor, leaseMs, (locked) => {
    refuseOthersLease(locked, actor);
    refuseReferred(locked, leads);
  });
}

/**
 * Takes a case from whoever holds it, for somebody who leads; the trail says from whom.
 *
 * @throws DomainError `not_found`; `conflict` saying who decided it
 */
export async function takeOverCase(
  db: Kysely<Database>,
  caseId: number,
  actor: Actor,
  leaseMs = CLAIM_LEASE_MS,
): Promise<Claim> {
  return leaseOpenCase(db, caseId, actor, leaseMs, () => {});
}

/**
 * Renews one's own claim while one works on the case, also one that ran out as long as nobody else has taken the case
 * since. Never claims anew: a case that was released stays released.
 *
 * @throws DomainError `not_found`; `conflict` saying who holds it, who decided it, or that nobody does
 */
export async function renewClaim(
  db: Kysely<Database>,
  caseId: number,
  actor: Actor,
  leaseMs = CLAIM_LEASE_MS,
  token?: number,
): Promise<Claim> {
  return leaseOpenCase(db, caseId, actor, leaseMs, (locked) => {
    refuseOthersLease(locked, actor);
    if (!isActor(locked.row.claimed_by, actor))
      throw new DomainError("conflict", `case ${caseId} is not claimed by you`);
    refuseStale(locked, token);
  });
}

/** Leases an open case, unless `refuse` throws. */
function leaseOpenCase(
  db: Kysely<Database>,
  caseId: number,
  actor: Actor,
  leaseMs: number,
  refuse: (locked: LockedCase) => void,
): Promise<Claim> {
  return db.transaction().execute(async (trx) => {
    const locked = await lockOpenCase(trx, caseId, actor);
    refuse(locked);
    return lease(trx, locked, actor, leaseMs);
  });
}

/** Which cases somebody wants next. */
export interface NextFilter extends Leading {
  readonly tier?: RiskTier | undefined;
}

/**
 * The case to work on next: one that `actor` holds already, else the first of the queue that nobody works on, now
 * claimed; null when there is none. Two callers get two cases, and nobody gathers cases by asking again. What one
 * released within the last lease's time comes after all others. What is put off is nobody's next; what waits for a lead is
 * a lead's, before all others; what is assigned to `actor` comes before what is nobody's, and what is assigned to somebody
 * else is left to them until its deadline has passed.
 */
export async function claimNext(
  db: Kysely<Database>,
  actor: Actor,
  filter: NextFilter = {},
  leaseMs = CLAIM_LEASE_MS,
): Promise<Claim | null> {
  return db.transaction().execute(async (trx) => {
    // The key pressed twice asks twice at once: the second waits and is given what the first got.
    await sql`select pg_advisory_xact_lock(hashtextextended(${`next case of ${actor.kind} ${actor.id}`}, 0))`.execute(
      trx,
    );
    let open = trx.selectFrom("review_cases as c").select("c.case_id").where("c.status", "=", "open");
    if (filter.tier) open = open.where("c.risk_tier", "=", filter.tier);
    const free = open
      .where(leaseAlive, "=", false)
      .where(sql<boolean>`coalesce(c.snoozed_until, '-infinity') <= now()`);
    const possible = filter.leads ? free : free.where("c.referred_at", "is", null);
    const forAnybody = possible.where(anybodys);
    const own = possible.where("c.assigned_to", "is not", null).where(actorIs("c.assigned_to", actor));
    const lately = releasedLately(actor);
    const next =
      (await open
        .where(actorIs("c.claimed_by", actor))
        .where(leaseAlive, "=", true)
        .orderBy(queueOrder)
        .limit(1)
        .forUpdate()
        .executeTakeFirst()) ??
      (filter.leads
        ? ((await first(own.where("c.referred_at", "is not", null), sql`c.referred_at`)) ??
          (await first(forAnybody.where("c.referred_at", "is not", null), sql`c.referred_at`)))
        : undefined) ??
      (await first(own.where(lately, "=", false))) ??
      (await first(forAnybody.where(lately, "=", false))) ??
      // Nothing is left but what one gave back oneself.
      (await first(own)) ??
      (await first(forAnybody));
    if (!next) return null;
    return lease(trx, await lockOpenCase(trx, next.case_id, actor), actor, leaseMs);
  });
}

/** The first in the order that nobody else is taking at this moment, locked. */
function first(cases: SelectQueryBuilder<Cases, "c", { case_id: number }>, order = queueOrder) {
  return cases.orderBy(order).limit(1).forUpdate().skipLocked().executeTakeFirst();
}
type Cases = Database & { c: Database["review_cases"] };

/** The case `c` is anybody's next: as the index review_cases_anybodys says it. */
const anybodys = sql<boolean>`(c.assigned_to is null or c.escalated_at is not null)`;

/**
 * `actor` gave the case `c` back within the last lease's time. Said with a limit, so that PostgreSQL asks it of the few
 * cases at the queue's head: an `exists` it answers once for all cases, by reading every event there is.
 */
function releasedLately(actor: Actor): RawBuilder<boolean> {
  return sql<boolean>`coalesce((
    select true from review_events e
    where e.case_id = c.case_id and e.kind = 'released' and ${actorIs("e.actor", actor)}
      and e.at > now() - ${CLAIM_LEASE_MS}::float8 * interval '1 millisecond' limit 1), false)`;
}

/**
 * Gives a claim back. Nothing happens when nobody holds it.
 *
 * @param may `others`: whoever leads may also end another's claim; the trail says whose it was
 * @throws DomainError `not_found`; `conflict` when another holds it or it is decided
 */
export async function releaseCase(
  db: Kysely<Database>,
  caseId: number,
  actor: Actor,
  may: { readonly others?: boolean } = {},
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const locked = await lockOpenCase(trx, caseId, actor);
    const { row, holder } = locked;
    if (!may.others) refuseOthersLease(locked, actor);
    if (row.claimed_by === null) return;
    await trx
      .updateTable("review_cases")
      .set({ claimed_by: null, claimed_until: null })
      .where("case_id", "=", caseId)
      .execute();
    if (holder === null) return;
    await leaveTraces(trx, caseId, actor, "released", isActor(holder, actor) ? {} : { held_by: holder.name });
  });
}

async function lease(
  trx: Transaction<Database>,
  { row, holder }: LockedCase,
  actor: Actor,
  leaseMs: number,
): Promise<Claim> {
  // One's own claim taken up again, running or run out, is the same holding.
  const changesHands = row.claimed_by === null || !isActor(row.claimed_by, actor);
  const updated = await trx
    .updateTable("review_cases")
    .set({
      claimed_by: JSON.stringify(actor),
      claimed_until: sql`clock_timestamp() + ${leaseMs}::float8 * interval '1 millisecond'`,
      ...(changesHands ? { token: row.token + 1 } : {}),
      snoozed_until: null,
    })
    .where("case_id", "=", row.case_id)
    .returning(["claimed_until", "token"])
    .executeTakeFirstOrThrow();
  // A renewal is no event; taking over what another holds, or let run out, says from whom.
  if (!isActor(holder, actor)) {
    const from =
      row.claimed_by !== null && changesHands
        ? { [holder === null ? "taken_over_from" : "taken_from"]: row.claimed_by.name }
        : {};
    await leaveTraces(trx, row.case_id, actor, "claimed", from);
  }
  return { caseId: row.case_id, claimedUntil: updated.claimed_until!, token: updated.token };
}
