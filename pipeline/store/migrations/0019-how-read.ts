import { type Kysely, type Migration, sql } from "kysely";

/**
 * How the model read the payment: names in `fields` that it read nothing of, and the amount in its own currency. Null
 * where it read all of it as it was sent, which takes no room.
 */
export const howRead: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`alter table decisions add column unknown_fields jsonb, add column conversion jsonb`.execute(db);
  },
};
