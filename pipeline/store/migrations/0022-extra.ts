import { type Kysely, type Migration, sql } from "kysely";

/** What a producer says of a payment that no version of ours reads is kept beside it. */
export const extra: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`alter table decisions add column extra jsonb`.execute(db);
  },
};
