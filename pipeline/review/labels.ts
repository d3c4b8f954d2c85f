import { type Selectable, sql, type Transaction } from "kysely";
import { appendOutbox } from "../outbox/append.ts";
import type { Database, LabelsTable } from "../store/schema.ts";

type NewLabel = Selectable<LabelsTable>;

/**
 * Says what a payment was, in the place of whatever was said before, and that something new is known of it. A chargeback
 * is what became of the payment: only another chargeback takes its place.
 *
 * @returns whether it was put; false where a chargeback stands
 */
export async function putLabel(trx: Transaction<Database>, label: NewLabel): Promise<boolean> {
  return (await putLabels(trx, [label])) === 1;
}

/** As {@link putLabel}, for labels of different payments. @returns how many were put */
export async function putLabels(trx: Transaction<Database>, labels: readonly NewLabel[]): Promise<number> {
  if (labels.length === 0) return 0;
  const { rows } = await sql<{ transaction_id: string }>`
    insert into labels (transaction_id, label, source, labelled_by, labelled_at)
    select transaction_id, label, source, labelled_by, labelled_at
    from json_to_recordset(${JSON.stringify(labels)}::json) as row (
      transaction_id text, label text, source text, labelled_by jsonb, labelled_at timestamptz)
    order by transaction_id
    on conflict (transaction_id) do update set
      label = excluded.label, source = excluded.source,
      labelled_by = excluded.labelled_by, labelled_at = excluded.labelled_at
    where labels.source <> 'chargeback' or excluded.source = 'chargeback'
    returning transaction_id`.execute(trx);
  await appendOutbox(
    trx,
    rows.map(({ transaction_id: transactionId }) => ({ kind: "label.given", transactionId })),
  );
  return rows.length;
}

/** Takes the label of a verdict back: what was known before it stands again. What came after it stays. */
export async function takeLabelBack(
  trx: Transaction<Database>,
  transactionId: string,
  before: NewLabel | null,
): Promise<void> {
  const { numDeletedRows } = await trx
    .deleteFrom("labels")
    .where("transaction_id", "=", transactionId)
    .where("source", "=", "analyst")
    .executeTakeFirst();
  if (numDeletedRows === 0n) return;
  if (before) await putLabel(trx, before);
  else await appendOutbox(trx, [{ kind: "label.given", transactionId }]);
}
