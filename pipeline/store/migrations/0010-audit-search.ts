import { type Kysely, type Migration, sql } from "kysely";

/** What the audit log is searched by: who, which act, when. By subject there is an index already. */
export const auditSearch: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`create index audit_log_actor on audit_log (lower(actor ->> 'name'), audit_id)`.execute(db);
    await sql`create index audit_log_act on audit_log (act text_pattern_ops, audit_id)`.execute(db);
    await sql`create index audit_log_at on audit_log (at)`.execute(db);
  },
};
