import type { Selectable, Transaction } from "kysely";
import { appendOutbox } from "../outbox/append.ts";
import type { Database, LabelsTable } from "../store/schema.ts";

/** Says what a payment was, in the place of whatever was said before, and that something new is known of it. */
export async function putLabel(trx: Transaction<Database>, label: Selectable<LabelsTable>): Promise<void> {
  await trx
    .insertInto("labels")
    .values({ ...label, labelled_by: JSON.stringify(label.labelled_by) })
    .onConflict((oc) =>
      oc.column("transaction_id").doUpdateSet((eb) => ({
        label: eb.ref("excluded.label"),
        source: eb.ref("excluded.source"),
        labelled_by: eb.ref("excluded.labelled_by"),
        labelled_at: eb.ref("excluded.labelled_at"),
      })),
    )
    .execute();
  await appendOutbox(trx, [{ kind: "label.given", transactionId: label.transaction_id }]);
}

/** Takes the label of a verdict back: what was known before it stands again. What came after it stays. */
export async function takeLabelBack(
  trx: Transaction<Database>,
  transactionId: string,
  before: Selectable<LabelsTable> | null,
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
