import { type Kysely, type Migration, sql } from "kysely";

/**
 * Payments of the past that were brought in from a file: what models learn from and aggregates begin with. Nothing was
 * decided of them, so they are no decisions and count as none.
 */
export const imported: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`
      create table imported_transactions (
        seq bigint generated always as identity,
        transaction_id text primary key check (length(transaction_id) between 1 and 128),
        content_hash bytea not null check (length(content_hash) = 16),
        imported_at timestamptz not null default now(),
        schema_name text not null,
        event_time timestamptz not null,
        amount_minor bigint,
        currency char(3),
        fields jsonb,
        entities jsonb,
        is_fraud boolean,
        label_known_at timestamptz,
        check ((amount_minor is null) = (currency is null)),
        check ((is_fraud is null) = (label_known_at is null))
      )`.execute(db);
    await sql`create index imported_transactions_order on imported_transactions (event_time, seq)`.execute(
      db,
    );
    await sql`create index imported_transactions_age on imported_transactions using brin (imported_at)`.execute(
      db,
    );
  },
};
