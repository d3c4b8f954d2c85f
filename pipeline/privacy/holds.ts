import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import { CONTEXT_ENTITIES } from "../../domain/features/contract-fields.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { appendAudit } from "../audit/append.ts";
import type { Partition } from "../store/partitions.ts";
import type { Database, HoldKind } from "../store/schema.ts";
import { decisionsOf, givenReason, type Subject, subjectHash } from "./subject.ts";

/** What a hold keeps: an entity's data, one case's payment, or what was decided in a time. */
export type Held =
  | { readonly kind: "entity"; readonly subject: Subject }
  | { readonly kind: "case"; readonly caseId: number }
  /** `until` is not included. */
  | { readonly kind: "time"; readonly since: Date; readonly until: Date };

/** A hold as lists show it. */
export interface Hold {
  readonly id: number;
  readonly kind: HoldKind;
  readonly entity: string | null;
  /** Null once it was lifted. */
  readonly entityId: string | null;
  readonly caseId: number | null;
  readonly since: Date | null;
  readonly until: Date | null;
  readonly reason: string;
  readonly putBy: Actor;
  readonly putAt: Date;
  readonly liftedBy: Actor | null;
  readonly liftedAt: Date | null;
  readonly liftedReason: string | null;
}

/**
 * Puts a hold: from now on nothing it keeps is dropped, redacted or erased. The audit log has whom it is about as a
 * keyed hash.
 *
 * @returns its number
 * @throws DomainError `invalid_argument`; `not_found` for a case that is not there
 */
export async function putHold(
  db: Kysely<Database>,
  held: Held,
  reason: string,
  actor: Actor,
): Promise<number> {
  const why = givenReason(reason, held.kind === "entity" ? held.subject : undefined);
  if (held.kind === "time" && !(held.since < held.until)) {
    throw DomainError.invalid([{ field: "until", description: "must lie behind the beginning" }]);
  }
  return await db.transaction().execute(async (trx) => {
    const row = { reason: why, put_by: JSON.stringify(actor), kind: held.kind };
    const about = { ...NOTHING };
    const detail: Record<string, unknown> = { kind: held.kind, reason: why };
    if (held.kind === "entity") {
      about.entity = held.subject.entity;
      about.entity_id = held.subject.id;
      detail["entity"] = held.subject.entity;
      detail["entity_hash"] = await subjectHash(trx, held.subject);
    } else if (held.kind === "case") {
      const found = await trx
        .selectFrom("review_cases")
        .select("transaction_id")
        .where("case_id", "=", held.caseId)
        .executeTakeFirst();
      if (!found) throw new DomainError("not_found", `no case ${held.caseId}`);
      about.case_id = held.caseId;
      about.transaction_id = found.transaction_id;
      detail["case_id"] = held.caseId;
    } else {
      about.since = held.since;
      about.until = held.until;
      detail["since"] = held.since.toISOString();
      detail["until"] = held.until.toISOString();
    }
    const { hold_id: id } = await trx
      .insertInto("legal_holds")
      .values({ ...row, ...about })
      .returning("hold_id")
      .executeTakeFirstOrThrow();
    await appendAudit(trx, { actor, act: "hold.put", subject: `hold:${id}`, detail });
    return id;
  });
}

interface About {
  entity: string | null;
  entity_id: string | null;
  case_id: number | null;
  transaction_id: string | null;
  since: Date | null;
  until: Date | null;
}
const NOTHING: About = {
  ...{ entity: null, entity_id: null, case_id: null, transaction_id: null, since: null, until: null },
};

/**
 * Lifts a hold; whose data it held is forgotten with it.
 *
 * @throws DomainError `not_found` when it does not stand; `invalid_argument` for the reason
 */
export async function liftHold(
  db: Kysely<Database>,
  id: number,
  reason: string,
  actor: Actor,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const hold = await trx
      .selectFrom("legal_holds")
      .selectAll()
      .where("hold_id", "=", id)
      .where("lifted_at", "is", null)
      .forUpdate()
      .executeTakeFirst();
    if (!hold) throw new DomainError("not_found", `no hold ${id} stands`);
    const { entity, entity_id } = hold;
    const subject = entity !== null && entity_id !== null ? { entity, id: entity_id } : undefined;
    const why = givenReason(reason, subject);
    await trx
      .updateTable("legal_holds")
      .set({
        ...{ lifted_by: JSON.stringify(actor), lifted_at: sql<Date>`clock_timestamp()` },
        ...{ lifted_reason: why, entity_id: null },
      })
      .where("hold_id", "=", id)
      .execute();
    const detail = { kind: hold.kind, reason: why };
    await appendAudit(trx, { actor, act: "hold.lifted", subject: `hold:${id}`, detail });
  });
}

/** Holds, those that stand first, then by number, the newest first; 200 at most. */
export async function listHolds(db: Kysely<Database>): Promise<Hold[]> {
  return await db
    .selectFrom("legal_holds")
    .select([
      "hold_id as id",
      "kind",
      "entity",
      "entity_id as entityId",
      "case_id as caseId",
      "since",
      "until",
      "reason",
      "put_by as putBy",
      "put_at as putAt",
      "lifted_by as liftedBy",
      "lifted_at as liftedAt",
      "lifted_reason as liftedReason",
    ])
    .orderBy(sql`lifted_at is not null`)
    .orderBy("hold_id", "desc")
    .limit(200)
    .execute();
}

/** Whether a hold keeps the decision in `d`, as SQL. */
export const HELD_DECISION = heldRow({
  time: sql`d.decided_at`,
  transactionId: sql`d.transaction_id`,
  own: sql`d.entities ->> h.entity = h.entity_id`,
  column: (name) => sql`${sql.ref(`d.${name}`)} = h.entity_id`,
});

/** … the imported payment in `i`, whose time is when it happened. */
export const HELD_IMPORT = heldRow({
  time: sql`i.event_time`,
  transactionId: sql`i.transaction_id`,
  own: sql`i.entities ->> h.entity = h.entity_id`,
  column: (name) => sql`i.fields ->> ${sql.lit(name)} = h.entity_id`,
});

/** … the dead letter in `l`. */
export const HELD_LETTER = heldRow({
  time: sql`l.at`,
  transactionId: sql`l.transaction_id`,
  own: sql`jsonb_path_exists(l.payload, '$.** ? (@ == $id)', jsonb_build_object('id', h.entity_id))`,
});

function heldRow(row: {
  readonly time: RawBuilder<unknown>;
  readonly transactionId: RawBuilder<unknown>;
  readonly own: RawBuilder<unknown>;
  readonly column?: (name: string) => RawBuilder<unknown>;
}): RawBuilder<boolean> {
  const columns = row.column
    ? Object.entries(CONTEXT_ENTITIES).map(
        ([entity, name]) => sql` or (h.entity = ${sql.lit(entity)} and ${row.column?.(name)})`,
      )
    : [];
  return sql<boolean>`exists (select from legal_holds h where h.lifted_at is null and case h.kind
    when 'time' then ${row.time} >= h.since and ${row.time} < h.until
    when 'case' then ${row.transactionId} = h.transaction_id
    else coalesce(${row.own}, false)${sql.join(columns, sql``)} end)`;
}

/** Whether a hold keeps any decision of a month; each hold is asked by its own index. */
export async function monthIsHeld(db: Kysely<Database>, { from, to }: Partition): Promise<boolean> {
  const holds = await db.selectFrom("legal_holds").selectAll().where("lifted_at", "is", null).execute();
  for (const { entity, entity_id, transaction_id, since, until } of holds) {
    if (since !== null && until !== null) {
      if (since < to && until > from) return true;
      continue;
    }
    const theirs =
      entity !== null && entity_id !== null
        ? sql`select from decisions d where ${decisionsOf({ entity, id: entity_id })}
            and d.decided_at >= ${from} and d.decided_at < ${to}`
        : sql`select from transaction_keys where transaction_id = ${transaction_id}
            and decided_at >= ${from} and decided_at < ${to}`;
    const { rows } = await sql<{ held: boolean }>`select exists (${theirs}) as held`.execute(db);
    if (rows[0]?.held) return true;
  }
  return false;
}
