import { sql, type Transaction } from "kysely";
import type { Database } from "../store/schema.ts";
import { keyOf, type OutboxMessage } from "./messages.ts";

/** Writes what has to happen, in the transaction of what caused it: both are committed, or neither. */
export async function appendOutbox(
  trx: Transaction<Database>,
  messages: readonly OutboxMessage[],
): Promise<void> {
  if (messages.length === 0) return;
  const rows = messages.map((message) => {
    const { kind, ...payload } = message;
    return { kind, key: keyOf(message), payload };
  });
  await sql`
    insert into outbox (kind, key, payload)
    select kind, key, payload
    from json_to_recordset(${JSON.stringify(rows)}::json) as row (kind text, key text, payload jsonb)`.execute(
    trx,
  );
}
