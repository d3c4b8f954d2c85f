import { type Kysely, sql } from "kysely";
import { MIGRATION_TABLE, NEEDED_MIGRATIONS } from "../store/migrate.ts";
import type { Database } from "../store/schema.ts";

/** Why PostgreSQL does not let us in or on, by SQLSTATE; what is not here is no answer. */
const WORDS: Readonly<Record<string, string>> = {
  "28000": "does not let us in with the user and password of DATABASE_URL",
  "28P01": "does not let us in with the user and password of DATABASE_URL",
  "3D000": "has no database of the name in DATABASE_URL",
  "42501": "does not give our user the rights it needs",
  "53300": "has no connection left for us",
  "57P03": "is starting",
};

/** A decision writes to these; what is counted is also changed. */
const INSERTED = [
  "decisions",
  "transaction_keys",
  "review_cases",
  "review_events",
  "counter_deltas",
  "counters_total",
  "counters_by_day",
  "counters_by_minute",
  "counters_dropped",
  "counters_dropped_total",
  "labels",
  "outbox",
  "audit_log",
];

/**
 * Looks whether a decision could be recorded: the server takes writes, our tables are there and as new as this code,
 * and our user may write to them. Nothing is written.
 *
 * @returns what is wrong, as words that follow "postgresql"; undefined when nothing is
 */
export async function databaseTrouble(db: Kysely<Database>): Promise<string | undefined> {
  try {
    const { rows } = await sql<{
      read_only: boolean;
      tables: boolean;
      may_write: boolean;
      may_make: boolean;
    }>`
      select current_setting('transaction_read_only') = 'on' as read_only,
             bool_and(to_regclass(name) is not null) and to_regclass(${MIGRATION_TABLE}) is not null as tables,
             bool_and(has_table_privilege(to_regclass(name), 'insert')) as may_write,
             to_regclass('decisions_' || to_char(now() at time zone 'UTC', 'YYYY_MM')) is not null
               or coalesce(has_schema_privilege(current_schema(), 'create'), false) as may_make
      from unnest(${INSERTED}::text[]) as name`.execute(db);
    const [state] = rows;
    if (state?.read_only) return "is read-only: a standby, or set to take no writes";
    if (!state?.tables) return "has not got our tables: run npm run migrate";
    if (!state.may_write) return "does not let our user write to our tables";
    if (!state.may_make) {
      return "has no table for this month's decisions, and does not let our user make one: grant create on our schema";
    }
    const ran = await sql<{ count: number }>`
      select count(*)::int as count from ${sql.table(MIGRATION_TABLE)} where name = any(${NEEDED_MIGRATIONS}::text[])`.execute(
      db,
    );
    if (ran.rows[0]?.count !== NEEDED_MIGRATIONS.length) {
      return "has tables of an older version: run npm run migrate";
    }
    return undefined;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    return WORDS[code] ?? "does not answer";
  }
}
