import { type Kysely, type Migration, sql } from "kysely";

/** Dead letters, and the indexes that search and the live rate need. */
export const operations: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const statements = [
      sql`
        create table dead_letters (
          dead_letter_id bigint generated always as identity primary key,
          queue text not null,
          job_id text not null,
          position integer not null,
          transaction_id text,
          source text,
          error_code text not null,
          error text not null,
          payload jsonb not null,
          at timestamptz not null default now(),
          unique (queue, job_id, position)
        )`,
      sql`create index decisions_merchant on decisions (merchant_id, seq) where merchant_id is not null`,
    ];
    for (const statement of statements) await statement.execute(db);
  },
};
