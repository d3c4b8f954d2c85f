import type { Kysely, Transaction } from "kysely";
import { type Actor, isSameActor } from "../../domain/actors.ts";
import type { Right, Role } from "../../domain/rights.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { appendAudit } from "../audit/append.ts";
import type { Database } from "../store/schema.ts";

/** How long a proposal waits for a second person: a week. */
const WAITS_MS = 7 * 24 * 3_600_000;

/** What waits for a second person. */
export interface Proposal {
  readonly id: number;
  readonly right: Right;
  readonly act: string;
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly proposedBy: Actor;
  readonly proposedAt: Date;
  readonly expiresAt: Date;
}

/**
 * Lets an act wait for a second person with the right. The same act waits once.
 *
 * @throws DomainError `conflict` when it waits already
 */
export async function propose(
  trx: Transaction<Database>,
  proposal: Pick<Proposal, "right" | "act" | "subject" | "detail">,
  by: Actor,
): Promise<void> {
  const waiting = await openProposals(trx)
    .where("subject", "=", proposal.subject)
    .where("act", "=", proposal.act)
    .executeTakeFirst();
  if (waiting) throw new DomainError("conflict", "this waits for a second person already");
  const { approval_id } = await trx
    .insertInto("pending_approvals")
    .values({
      right_name: proposal.right,
      act: proposal.act,
      subject: proposal.subject,
      detail: JSON.stringify(proposal.detail),
      proposed_by: JSON.stringify(by),
      expires_at: new Date(Date.now() + WAITS_MS),
    })
    .returning("approval_id")
    .executeTakeFirstOrThrow();
  await appendAudit(trx, {
    actor: by,
    act: "approval.proposed",
    subject: proposal.subject,
    detail: { approval: approval_id, act: proposal.act, ...proposal.detail },
  });
}

function openProposals(db: Kysely<Database>) {
  return db
    .selectFrom("pending_approvals")
    .selectAll()
    .where("decided_at", "is", null)
    .where("expires_at", ">", new Date());
}

/** What waits, the oldest first. */
export async function listProposals(db: Kysely<Database>, right: Right): Promise<Proposal[]> {
  const rows = await openProposals(db)
    .where("right_name", "=", right)
    .orderBy("approval_id")
    .limit(100)
    .execute();
  return rows.map((row) => ({
    id: row.approval_id,
    right: row.right_name,
    act: row.act,
    subject: row.subject,
    detail: row.detail,
    proposedBy: row.proposed_by,
    proposedAt: row.proposed_at,
    expiresAt: row.expires_at,
  }));
}

/**
 * A second person's word on what waits, in the transaction of what follows from it. Who proposed it may only take it
 * back.
 *
 * @param right what it waits for: a door for one right has no word on what waits for another
 * @throws DomainError `not_found` when it waits no more; `permission_denied` for one's own
 */
export async function settle(
  trx: Transaction<Database>,
  id: number,
  right: Right,
  by: { readonly actor: Actor; readonly approve: boolean },
): Promise<{ subject: string; detail: Readonly<Record<string, unknown>> }> {
  const waiting = await openProposals(trx)
    .where("approval_id", "=", id)
    .where("right_name", "=", right)
    .forUpdate()
    .executeTakeFirst();
  if (!waiting) throw new DomainError("not_found", "this does not wait for anybody's word any more");
  if (by.approve && isSameActor(waiting.proposed_by, by.actor)) {
    throw new DomainError("permission_denied", "a second person must agree; you proposed it yourself");
  }
  await trx
    .updateTable("pending_approvals")
    .set({ decided_by: JSON.stringify(by.actor), decided_at: new Date(), approved: by.approve })
    .where("approval_id", "=", id)
    .execute();
  await appendAudit(trx, {
    actor: by.actor,
    act: by.approve ? "approval.given" : "approval.refused",
    subject: waiting.subject,
    detail: { approval: id, act: waiting.act, ...waiting.detail, proposed_by: waiting.proposed_by },
  });
  return { subject: waiting.subject, detail: waiting.detail };
}

/** What a proposal of a role holds. */
export interface RoleProposal {
  readonly user_id: number;
  readonly name: string;
  readonly before: Role | "disabled";
  readonly after: Role;
}
