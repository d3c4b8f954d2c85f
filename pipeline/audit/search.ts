import { type Kysely, sql } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import type { Database } from "../store/schema.ts";

/** An act as the log has it. */
export interface AuditEntry {
  readonly auditId: number;
  readonly at: Date;
  readonly actor: Actor;
  readonly act: string;
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
  /** SHA-256 over the entry and the hash before it, hex. */
  readonly hash: string;
}

export interface AuditFilter {
  /** Name of whoever did it, in any case. */
  readonly actor?: string;
  /** An act, or its beginning: "account." */
  readonly act?: string;
  /** e.g. "case:17" */
  readonly subject?: string;
  readonly since?: Date;
  /** Not included. */
  readonly until?: Date;
  /** Only entries before it. */
  readonly before?: number;
  /** Only entries behind it, the oldest first: an export walks this way, so that what is appended meanwhile comes last. */
  readonly after?: number;
  /** 1 to 1,000; 50 when absent. */
  readonly limit?: number;
}

/** Entries that match, the newest first unless `after` is given. */
export async function searchAudit(db: Kysely<Database>, filter: AuditFilter = {}): Promise<AuditEntry[]> {
  const { actor, act, subject, since, until, before, after } = filter;
  let matching = db.selectFrom("audit_log").selectAll();
  if (actor !== undefined) matching = matching.where(sql`lower(actor ->> 'name')`, "=", actor.toLowerCase());
  if (act !== undefined) {
    const beginning = act.replaceAll(/[\\%_]/g, "\\$&");
    matching = matching.where("act", "like", `${beginning}%`);
  }
  if (subject !== undefined) matching = matching.where("subject", "=", subject);
  if (since !== undefined) matching = matching.where("at", ">=", since);
  if (until !== undefined) matching = matching.where("at", "<", until);
  if (before !== undefined) matching = matching.where("audit_id", "<", before);
  if (after !== undefined) matching = matching.where("audit_id", ">", after);
  const rows = await matching
    .orderBy("audit_id", after === undefined ? "desc" : "asc")
    .limit(Math.min(1_000, Math.max(1, Math.floor(filter.limit ?? 50))))
    .execute();
  return rows.map(({ audit_id, at, actor: who, act: what, subject: of, detail, hash }) => ({
    ...{ auditId: audit_id, at, actor: who, act: what, subject: of, hash },
    detail: detail as Record<string, unknown>,
  }));
}

/** Entries from the oldest on, in slices, as long as they are read. */
export async function* walkAudit(
  db: Kysely<Database>,
  filter: Omit<AuditFilter, "before" | "after" | "limit">,
): AsyncGenerator<readonly AuditEntry[]> {
  const last = await db.selectFrom("audit_head").select("audit_id").executeTakeFirstOrThrow();
  let after = 0;
  for (;;) {
    const entries = (await searchAudit(db, { ...filter, after, limit: 1_000 })).filter(
      ({ auditId }) => auditId <= last.audit_id,
    );
    if (entries.length === 0) return;
    yield entries;
    after = entries.at(-1)?.auditId ?? after;
  }
}
