import { type Kysely, type Migration, sql } from "kysely";

/** Payments of a team's own have no Time of the public data set's, as they have no V1…V28. */
export const ownFields: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`alter table decisions alter column time_seconds drop not null`.execute(db);
  },
};
