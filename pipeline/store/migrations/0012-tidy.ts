import { type Kysely, type Migration, sql } from "kysely";

/**
 * Tables that empty themselves are tidied up after so many rows that left, however many wait: by a share of those (the
 * default), a backlog of a million, as an outage of Redis leaves it, would let two hundred thousand dead ones lie in the
 * way of whoever takes the oldest. And a day is compared with its escalations without a look at every case.
 */
export const tidy: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const table of ["outbox", "counter_deltas"]) {
      await sql`
        alter table ${sql.table(table)} set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)`.execute(
        db,
      );
    }
    await sql`create index review_cases_escalated on review_cases (escalated_at) where escalated_at is not null`.execute(
      db,
    );
  },
};
