import { type Kysely, sql } from "kysely";
import type { Database } from "./schema.ts";

/** Dead rows that a table may have … */
const DEAD_ROWS = 5_000;
/** … and as many again as this share of the living ones: more than PostgreSQL's autovacuum leaves by far. */
const DEAD_SHARE = 0.3;

/**
 * Vacuums tables that nobody else does: the embedded PostgreSQL has no autovacuum, and the outbox and the counters' deltas
 * would grow by every row that ever went through them. A table that somebody vacuums just now is left alone.
 *
 * @returns the names of the tables that were vacuumed
 */
export async function tidyUp(db: Kysely<Database>): Promise<string[]> {
  const { rows } = await sql<{ schema: string; name: string }>`
    select schemaname as schema, relname as name from pg_stat_user_tables
    where schemaname = current_schema()
      and n_dead_tup > ${sql.lit(DEAD_ROWS)} + ${sql.lit(DEAD_SHARE)} * n_live_tup order by relname`.execute(
    db,
  );
  for (const { schema, name } of rows) await sql`vacuum (skip_locked) ${sql.id(schema, name)}`.execute(db);
  return rows.map(({ name }) => name);
}
