import { type Kysely, sql, type Transaction } from "kysely";
import type { Database } from "../store/schema.ts";
import type { ImportedRow } from "./imported-row.ts";

/** What became of a row: taken in, there already, its label added to what was there, or refused and why. */
export type Outcome = "taken" | "repeated" | "labelled" | { readonly refused: string };

/**
 * Takes payments in, each id once, in one SQL transaction: done again, everything is a repeat. An id that was decided
 * live is refused (the decision stands), as is another content under an id that is there; a label is added where none
 * was known.
 *
 * @param onChange called before a change is committed
 * @returns what became of each row, in their order
 * @throws the database's error; nothing of the batch is taken in then
 */
export async function writeBatch(
  db: Kysely<Database>,
  schemaName: string,
  rows: readonly ImportedRow[],
  onChange: () => Promise<void>,
): Promise<Outcome[]> {
  return db.transaction().execute(async (trx) => {
    const fresh = await insertFresh(trx, schemaName, rows);
    const outcomes = new Array<Outcome>(rows.length).fill("taken");
    const others: number[] = [];
    for (const [i, { transaction_id: id }] of rows.entries()) if (!fresh.delete(id)) others.push(i);
    const labels = await judge(trx, rows, others, outcomes);
    if (labels.length > 0) await addLabels(trx, labels);
    if (labels.length + rows.length > others.length) await onChange();
    return outcomes;
  });
}

/** @returns the ids that were not there, and are now */
async function insertFresh(
  trx: Transaction<Database>,
  schemaName: string,
  rows: readonly ImportedRow[],
): Promise<Set<string>> {
  // One JSON parameter for all rows: one plan for every size, on the embedded PostgreSQL as on a server. In the order of
  // the file: the first of an id is the one that is taken, and seq goes by it.
  const { rows: fresh } = await sql<{ transaction_id: string }>`
    with given as materialized (
      select * from json_to_recordset(${JSON.stringify(rows.map((row, n) => ({ n, ...row })))}::json) as row (
        n int, transaction_id text, content_hash text, event_time timestamptz, amount_minor bigint, currency text,
        fields jsonb, entities jsonb, is_fraud boolean, label_known_at timestamptz))
    insert into imported_transactions (transaction_id, content_hash, schema_name, event_time, amount_minor, currency,
      fields, entities, is_fraud, label_known_at)
    select transaction_id, decode(content_hash, 'hex'), ${schemaName}, event_time, amount_minor, currency,
      fields, entities, is_fraud, label_known_at
    from given
    where not exists (select from transaction_keys k where k.transaction_id = given.transaction_id)
    order by n
    on conflict (transaction_id) do nothing
    returning transaction_id`.execute(trx);
  return new Set(fresh.map(({ transaction_id: id }) => id));
}

interface There {
  readonly id: string;
  readonly hash: string | null;
  readonly is_fraud: boolean | null;
}

/** Says what became of rows that were not inserted. @returns those whose label is news */
async function judge(
  trx: Transaction<Database>,
  rows: readonly ImportedRow[],
  others: readonly number[],
  outcomes: Outcome[],
): Promise<ImportedRow[]> {
  if (others.length === 0) return [];
  const ids = [...new Set(others.map((i) => (rows[i] as ImportedRow).transaction_id))];
  const { rows: found } = await sql<There>`
    select transaction_id as id, encode(content_hash, 'hex') as hash, is_fraud
    from imported_transactions where transaction_id = any(${ids}::text[])`.execute(trx);
  const there = new Map(found.map((one) => [one.id, one]));
  const labels: ImportedRow[] = [];
  for (const i of others) {
    const row = rows[i] as ImportedRow;
    const before = there.get(row.transaction_id);
    if (!before) outcomes[i] = { refused: "was decided live: the decision stands" };
    else if (before.hash !== row.content_hash) {
      outcomes[i] = { refused: "is there already with other content" };
    } else if (row.is_fraud === null || row.is_fraud === before.is_fraud) outcomes[i] = "repeated";
    else if (before.is_fraud !== null) outcomes[i] = { refused: "is there already with the other label" };
    else {
      outcomes[i] = "labelled";
      there.set(row.transaction_id, { ...before, is_fraud: row.is_fraud });
      labels.push(row);
    }
  }
  return labels;
}

async function addLabels(trx: Transaction<Database>, rows: readonly ImportedRow[]): Promise<void> {
  await sql`
    update imported_transactions i set is_fraud = row.is_fraud, label_known_at = row.label_known_at
    from json_to_recordset(${JSON.stringify(rows)}::json) as row (
      transaction_id text, is_fraud boolean, label_known_at timestamptz)
    where i.transaction_id = row.transaction_id and i.is_fraud is null`.execute(trx);
}
