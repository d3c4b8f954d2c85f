import { type Kysely, sql } from "kysely";
import { readServingHistory, type ServingChange, takeInEdit } from "../../scorer/serving/state.ts";
import type { Database } from "../store/schema.ts";
import { type Act, appendAudit } from "./append.ts";

/**
 * Copies what was changed about who serves (the registry's history) into the audit log, each change once, at the time it
 * was made; what was changed there by hand, at the time it was found.
 *
 * @param root the registry's folder; one that is not there has no history
 * @returns how many were new
 * @throws DomainError when the history is broken: then nothing of it is taken over
 */
export async function importServing(db: Kysely<Database>, root: string): Promise<number> {
  await takeInEdit(root);
  const history = await readServingHistory(root);
  const newest = history.at(-1);
  // Mostly there is no news: then nobody who appends waits for this.
  if (!newest || newest.seq <= (await lastImported(db))) return 0;
  return await db.transaction().execute(async (trx) => {
    // Whoever appends holds the head: two workers import one after the other.
    await trx.selectFrom("audit_head").select("hash").forUpdate().execute();
    const last = await lastImported(trx);
    const news = history.filter(({ seq }) => seq > last);
    for (const change of news) await appendAudit(trx, actOf(change));
    return news.length;
  });
}

/** A change of who serves as the audit log has it. */
export function actOf({ at, actor, act, role, ...detail }: ServingChange): Act & { readonly at: Date } {
  return {
    ...{ actor, act: `serving.${act}`, subject: `serving:${role || "models"}`, at: new Date(at) },
    detail,
  };
}

/** The number of the newest change that the audit log has; 0 when it has none. */
async function lastImported(db: Kysely<Database>): Promise<number> {
  const { rows } = await sql<{ seq: number | null }>`
    select max((detail ->> 'seq')::int) as seq from audit_log where act like 'serving.%'`.execute(db);
  return rows[0]?.seq ?? 0;
}
