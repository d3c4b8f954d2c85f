import { type Kysely, sql } from "kysely";
import { readServingHistory } from "../../scorer/serving/state.ts";
import type { Database } from "../store/schema.ts";
import { appendAudit } from "./append.ts";

/**
 * Copies what was changed about who serves (the registry's history) into the audit log, each change once, at the time it
 * was made.
 *
 * @param root the registry's folder; one that is not there has no history
 * @returns how many were new
 * @throws DomainError when the history is broken: then nothing of it is taken over
 */
export async function importServing(db: Kysely<Database>, root: string): Promise<number> {
  const history = await readServingHistory(root);
  if (history.length === 0) return 0;
  return await db.transaction().execute(async (trx) => {
    // Whoever appends holds the head: two workers import one after the other.
    await trx.selectFrom("audit_head").select("hash").forUpdate().execute();
    const { rows } = await sql<{ seq: number | null }>`
      select max((detail ->> 'seq')::int) as seq from audit_log where act like 'serving.%'`.execute(trx);
    const news = history.filter(({ seq }) => seq > (rows[0]?.seq ?? 0));
    for (const { at, actor, act, role, before, after, seq, reason, despite } of news) {
      await appendAudit(trx, {
        ...{ actor, act: `serving.${act}`, subject: `serving:${role || "models"}`, at: new Date(at) },
        detail: { seq, before, after, reason, despite },
      });
    }
    return news.length;
  });
}
