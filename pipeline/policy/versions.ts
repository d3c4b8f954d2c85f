import { type Kysely, type Selectable, sql, type Transaction } from "kysely";
import { z } from "zod";
import { ACTIONS } from "../../domain/actions.ts";
import type { Actor } from "../../domain/actors.ts";
import { containsPan } from "../../domain/pan.ts";
import type { DecisionPolicy } from "../../domain/policy/decision-policy.ts";
import { parsePolicy } from "../../features/policy/document.ts";
import type { PolicyExample } from "../../features/policy/examples.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { propose, settle } from "../accounts/approvals.ts";
import { appendAudit } from "../audit/append.ts";
import type { Database, PoliciesTable, PolicyState } from "../store/schema.ts";
import { demandReady } from "./check.ts";
import { markChanged } from "./state.ts";

export const MAX_COMMENT = 2_000;
export const MAX_EXAMPLES = 100;

/** A version of the policy. */
export interface PolicyVersion {
  readonly version: string;
  readonly document: DecisionPolicy;
  readonly examples: readonly PolicyExample[];
  readonly basedOn: string | null;
  readonly author: Actor;
  readonly comment: string;
  readonly createdAt: Date;
  readonly state: PolicyState;
  readonly proposedBy: Actor | null;
  readonly activatedBy: Actor | null;
  readonly activatedAt: Date | null;
}

/** What a version is to be: its document without the name, which it is given. */
export interface PolicyDraft {
  readonly basedOn: string | null;
  readonly document: Omit<DecisionPolicy, "version">;
  readonly examples: readonly PolicyExample[];
  readonly comment: string;
}

const examplesSchema = z
  .array(
    z.strictObject({
      name: z.string().min(1).max(80),
      payment: z.record(z.string().max(64), z.union([z.string().max(128), z.number(), z.boolean()])),
      action: z.enum(ACTIONS),
      review: z.boolean(),
    }),
  )
  .max(MAX_EXAMPLES);

/** Every version, the newest first. */
export async function listPolicies(db: Kysely<Database>): Promise<PolicyVersion[]> {
  const rows = await db.selectFrom("policies").selectAll().orderBy("policy_id", "desc").limit(500).execute();
  return rows.map(versionOf);
}

/** @throws DomainError `not_found` */
export async function readPolicy(db: Kysely<Database>, version: string): Promise<PolicyVersion> {
  const row = await db.selectFrom("policies").selectAll().where("version", "=", version).executeTakeFirst();
  if (!row) throw new DomainError("not_found", `there is no policy ${version.slice(0, 64)}`);
  return versionOf(row);
}

/** The one that decides. */
export async function readActivePolicy(db: Kysely<Database>): Promise<PolicyVersion> {
  const row = await db.selectFrom("policies").selectAll().where("state", "=", "active").executeTakeFirst();
  if (!row) throw new DomainError("internal", "no policy is active");
  return versionOf(row);
}

/**
 * Writes a new version down as a draft. Whether its conditions can be read is asked when it is proposed.
 *
 * @throws DomainError `invalid_argument` naming each wrong field
 */
export async function addDraft(db: Kysely<Database>, by: Actor, draft: PolicyDraft): Promise<PolicyVersion> {
  return await db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ id: number }>`
      select nextval(pg_get_serial_sequence('policies', 'policy_id')) as id`.execute(trx);
    const id = Number(rows[0]?.id);
    const values = checked(`policy-${id}`, draft);
    const row = await trx
      .insertInto("policies")
      .values({
        ...values,
        policy_id: id,
        based_on: draft.basedOn,
        author: JSON.stringify(by),
        state: "draft",
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    await audit(trx, by, "policy.drafted", row, { based_on: draft.basedOn });
    return versionOf(row);
  });
}

/**
 * Changes a draft.
 *
 * @throws DomainError as {@link addDraft}; `conflict` for what was proposed: that is immutable, make another version
 */
export async function changeDraft(
  db: Kysely<Database>,
  by: Actor,
  version: string,
  draft: Omit<PolicyDraft, "basedOn">,
): Promise<PolicyVersion> {
  return await db.transaction().execute(async (trx) => {
    await lockIn(trx, version, ["draft"]);
    const row = await trx
      .updateTable("policies")
      .set(checked(version, draft))
      .where("version", "=", version)
      .returningAll()
      .executeTakeFirstOrThrow();
    await audit(trx, by, "policy.changed", row);
    return versionOf(row);
  });
}

/**
 * Proposes a version, a draft or an earlier one, for a second person to agree to. Its conditions must be readable and its
 * examples pass.
 *
 * @throws DomainError `not_found`; `conflict` when it is active or proposed already; what {@link demandReady} throws
 */
export async function proposePolicy(db: Kysely<Database>, by: Actor, version: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    // One whose proposal ran out is proposed still; while it waits, `propose` refuses a second one.
    const before = await lockIn(trx, version, ["draft", "retired", "proposed"]);
    const { document, examples } = versionOf(before);
    await demandReady(trx, document, examples);
    await trx
      .updateTable("policies")
      .set({ state: "proposed", proposed_by: JSON.stringify(by) })
      .where("version", "=", version)
      .execute();
    const { version: instead } = await readActivePolicy(trx);
    await propose(
      trx,
      {
        right: "policy.activate",
        act: "policy.activate",
        subject: `policy:${version}`,
        detail: { version, instead, was: before.state === "draft" ? "draft" : "retired" },
      },
      by,
    );
  });
}

/**
 * A second person's word on a proposal: the version decides from now on, or goes back to where it was.
 *
 * @param id of the proposal
 * @returns the version
 * @throws DomainError `not_found` when it waits no more; `permission_denied` for agreeing to one's own; what
 *   {@link demandReady} throws when a list that it asks is gone
 */
export async function settlePolicy(
  db: Kysely<Database>,
  by: Actor,
  id: number,
  approve: boolean,
): Promise<string> {
  return await db.transaction().execute(async (trx) => {
    const { detail } = await settle(trx, id, "policy.activate", { actor: by, approve });
    const { version, was } = detail as { readonly version: string; readonly was: PolicyState };
    const row = await lockIn(trx, version, ["proposed"]);
    if (!approve) {
      await trx.updateTable("policies").set({ state: was }).where("version", "=", version).execute();
      return version;
    }
    const { document, examples } = versionOf(row);
    await demandReady(trx, document, examples);
    const { version: before } = await readActivePolicy(trx);
    await trx.updateTable("policies").set({ state: "retired" }).where("state", "=", "active").execute();
    await trx
      .updateTable("policies")
      .set({ state: "active", activated_by: JSON.stringify(by), activated_at: new Date() })
      .where("version", "=", version)
      .execute();
    await markChanged(trx);
    await audit(trx, by, "policy.activated", row, { before, proposed_by: row.proposed_by });
    return version;
  });
}

/** Puts a draft away. @throws DomainError `not_found`; `conflict` for what is no draft */
export async function retireDraft(db: Kysely<Database>, by: Actor, version: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const row = await lockIn(trx, version, ["draft"]);
    await trx.updateTable("policies").set({ state: "retired" }).where("version", "=", version).execute();
    await audit(trx, by, "policy.put_away", row);
  });
}

function checked(version: string, { document, examples, comment }: Omit<PolicyDraft, "basedOn">) {
  const policy = parsePolicy({ ...document, version });
  const benches = examplesSchema.safeParse(examples);
  if (!benches.success) {
    throw DomainError.invalid(
      benches.error.issues.map(({ path, message }) => ({
        field: `examples.${path.map(String).join(".")}`,
        description: message,
      })),
    );
  }
  const text = comment.trim();
  const wrong = (field: string, description: string) => DomainError.invalid([{ field, description }]);
  if (text === "") throw wrong("comment", "say in a sentence what changes and why");
  if (text.length > MAX_COMMENT) throw wrong("comment", `must be at most ${MAX_COMMENT} characters`);
  if (containsPan(text)) throw wrong("comment", "looks as if it holds a card number; leave the number out");
  const bench = JSON.stringify(benches.data);
  if (containsPan(bench)) throw wrong("examples", "look as if they hold a card number; leave the number out");
  return { version, document: JSON.stringify(policy), examples: bench, comment: text };
}

type Row = Selectable<PoliciesTable>;

async function lockIn(
  trx: Transaction<Database>,
  version: string,
  states: readonly PolicyState[],
): Promise<Row> {
  const row = await trx
    .selectFrom("policies")
    .selectAll()
    .where("version", "=", version)
    .forUpdate()
    .executeTakeFirst();
  if (!row) throw new DomainError("not_found", `there is no policy ${version.slice(0, 64)}`);
  if (states.includes(row.state)) return row;
  throw new DomainError("conflict", `${version} is ${row.state}: make a new version from it instead`);
}

function versionOf(row: Row): PolicyVersion {
  return {
    version: row.version,
    document: row.document,
    examples: row.examples as PolicyExample[],
    basedOn: row.based_on,
    author: row.author,
    comment: row.comment,
    createdAt: row.created_at,
    state: row.state,
    proposedBy: row.proposed_by,
    activatedBy: row.activated_by,
    activatedAt: row.activated_at,
  };
}

async function audit(
  trx: Transaction<Database>,
  actor: Actor,
  act: string,
  { version, document, comment }: Row,
  more: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const rules = document.rules.map(({ id, when, effect, priority, enabled }) => ({
    ...{ id, when, effect, priority, enabled },
  }));
  await appendAudit(trx, {
    ...{ actor, act, subject: `policy:${version}` },
    detail: { comment, tiers: document.tiers, rules, ...more },
  });
}
