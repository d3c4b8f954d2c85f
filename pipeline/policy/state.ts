import { sql, type Transaction } from "kysely";
import type { Database } from "../store/schema.ts";

/** What scorers decide by has changed: the active policy or a list. In the transaction of the change. */
export async function markChanged(trx: Transaction<Database>): Promise<void> {
  await sql`update policy_state set revision = revision + 1, token = gen_random_uuid()`.execute(trx);
}
