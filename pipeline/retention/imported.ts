import { type Kysely, sql } from "kysely";
import { type Actor, SYSTEM } from "../../domain/actors.ts";
import { appendAudit } from "../audit/append.ts";
import type { Database } from "../store/schema.ts";

/** How many payments were imported longer ago than so many days. */
export async function countExpiredImports(db: Kysely<Database>, days: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from imported_transactions
    where imported_at < now() - ${days}::int * interval '1 day'`.execute(db);
  return Number(rows[0]?.count ?? 0);
}

/**
 * Drops payments that were imported too long ago. Nobody waits for it: nothing else writes to them but an import.
 *
 * @param days how long they are kept, as decisions are
 * @param actor who asked for it; the house itself when absent
 * @returns how many went
 */
export async function dropExpiredImports(
  db: Kysely<Database>,
  days: number,
  actor: Actor = SYSTEM,
): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const { numAffectedRows } = await sql`
      delete from imported_transactions
      where imported_at < now() - ${days}::int * interval '1 day'`.execute(trx);
    const payments = Number(numAffectedRows ?? 0);
    if (payments > 0) {
      await appendAudit(trx, {
        actor,
        act: "retention.imports_dropped",
        subject: "imported_transactions",
        detail: { payments, older_than_days: days },
      });
    }
    return payments;
  });
}
