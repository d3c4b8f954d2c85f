import { type RawBuilder, sql, type Transaction } from "kysely";
import { CONTEXT_FIELDS } from "../../domain/transaction.ts";
import type { Database } from "../store/schema.ts";
import { contextColumn } from "./subject.ts";

/** A decision as redaction finds it again. */
export interface RedactedPlace {
  /** As PostgreSQL writes it, to the microsecond. */
  readonly at: string;
  readonly seq: number;
  readonly transaction_id: string;
}

/** What stands in a redacted row in place of an entity's id. */
export interface Pseudonym {
  readonly entity: string;
  readonly name: string;
}

/** What stands where somebody's words were. */
const REDACTED = "(redacted)";

/**
 * Takes out of decisions what tells whose they were, and out of their cases what people wrote: context, fields,
 * entities, what the model read, what nobody reads, notes, reasons. Amounts, times, tier, action, probability, truth,
 * verdict, label and key stay: what was counted stays counted, and a repeat is told as one.
 *
 * @param as what stands in place of one entity's id, so that its payments can still be counted together
 * @returns how many were redacted now
 */
export async function redactDecisions(
  trx: Transaction<Database>,
  places: readonly RedactedPlace[],
  as?: Pseudonym,
): Promise<number> {
  if (places.length === 0) return 0;
  const times = places.map(({ at }) => at);
  const column = as && contextColumn(as.entity);
  const entities =
    as && column === undefined
      ? sql`jsonb_build_object(${as.entity}::text, ${as.name}::text)`
      : sql`null::jsonb`;
  const context = CONTEXT_FIELDS.map(
    (field) => sql`${sql.ref(field.column)} = ${field.column === column ? (as?.name ?? null) : null}::text`,
  );
  const { rows } = await sql<{ transaction_id: string }>`
    update decisions d set ${sql.join(context)}, fields = null, entities = ${entities}, v = null, features = null,
      unknown_fields = null, extra = null, redacted_at = coalesce(redacted_at, now())
    where d.decided_at = any(${times}::timestamptz[]) and d.seq = any(${places.map(({ seq }) => seq)}::int8[])
    returning d.transaction_id`.execute(trx);
  const ids = rows.map(({ transaction_id }) => transaction_id);
  await sql`
    with theirs as (
      update review_cases set reasons = '[]', note = case when note is not null then ${REDACTED} end
      where transaction_id = any(${ids}::text[]) returning case_id)
    update review_events set detail = jsonb_set(detail, '{note}', to_jsonb(${REDACTED}::text))
    where case_id in (select case_id from theirs) and detail ? 'note'`.execute(trx);
  await sql`delete from redaction_left where transaction_id = any(${ids}::text[])`.execute(trx);
  return ids.length;
}

/** Over a decision in `d`: somebody has yet to judge it. */
export const HAS_OPEN_CASE: RawBuilder<boolean> = sql<boolean>`exists (
  select from review_cases c where c.transaction_id = d.transaction_id and c.status = 'open')`;
