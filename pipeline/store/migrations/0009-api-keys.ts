import { type Kysely, type Migration, sql } from "kysely";

/** API keys made in the console, with their scopes, their end and their successors. */
export const apiKeys: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`
      create table api_keys (
        key_id text primary key check (key_id ~ '^[0-9a-z]{8}$'),
        name text not null check (length(name) between 1 and 64),
        sha256 text not null unique check (sha256 ~ '^[0-9a-f]{64}$'),
        scopes jsonb not null check (jsonb_typeof(scopes) = 'array'),
        owner jsonb not null,
        created_at timestamptz not null default now(),
        expires_at timestamptz not null,
        revoked_at timestamptz,
        last_used_at timestamptz,
        rotated_from text unique references api_keys,
        rate_per_second integer check (rate_per_second > 0)
      )`.execute(db);
  },
};
