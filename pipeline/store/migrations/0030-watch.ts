import { type Kysely, type Migration, sql } from "kysely";

/** What watching the payments said, hour by hour. */
export const watch: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`create table watch_reports (
      at timestamptz primary key,
      report jsonb not null)`.execute(db);
  },
};
