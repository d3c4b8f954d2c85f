import { type Kysely, type Migration, sql } from "kysely";

/** Payments of an entity are found by it: what a case page shows as neighbours. Payments without entities cost nothing. */
export const neighbours: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`create index decisions_entities on decisions using gin (entities jsonb_path_ops)
      where entities is not null`.execute(db);
  },
};
