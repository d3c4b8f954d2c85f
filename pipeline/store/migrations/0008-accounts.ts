import { type Kysely, type Migration, sql } from "kysely";

/**
 * People with passwords, second factors and passkeys; sessions that can be listed and ended one by one; invitations;
 * what waits for a second person. The shared admin of earlier versions stays an account, without a password yet.
 */
export const accounts: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const statements = [
      sql`
        alter table users
          add column display_name text,
          add column email text check (email = lower(email)),
          add column password_hash text,
          add column password_set_at timestamptz,
          add column disabled_at timestamptz,
          add column totp_secret text,
          add column totp_confirmed_at timestamptz,
          add column totp_last_step bigint,
          add column recovery_code_hashes jsonb`,
      sql`create unique index users_email on users (email) where email is not null`,
      sql`
        alter table sessions
          add column session_id bigint generated always as identity unique,
          add column method text not null default 'link' check (method in ('link', 'password', 'passkey', 'sso')),
          add column address text,
          add column agent text,
          add column last_seen_at timestamptz,
          add column proved_at timestamptz not null default now()`,
      // Whoever is in since before the update has proved nothing lately.
      sql`update sessions set proved_at = created_at`,
      sql`create index sessions_user on sessions (user_id)`,
      sql`
        create table invitations (
          token_hash char(64) primary key,
          user_id bigint not null references users on delete cascade,
          purpose text not null check (purpose in ('invite', 'reset')),
          created_by jsonb not null,
          created_at timestamptz not null default now(),
          expires_at timestamptz not null,
          used_at timestamptz
        )`,
      sql`create index invitations_user on invitations (user_id)`,
      sql`
        create table passkeys (
          credential_id text primary key,
          user_id bigint not null references users on delete cascade,
          public_key bytea not null,
          counter bigint not null default 0,
          transports jsonb,
          name text not null,
          created_at timestamptz not null default now(),
          last_used_at timestamptz,
          backed_up boolean not null default false
        )`,
      sql`create index passkeys_user on passkeys (user_id)`,
      sql`
        create table sso_identities (
          issuer text not null,
          subject text not null,
          user_id bigint not null references users on delete cascade,
          created_at timestamptz not null default now(),
          last_used_at timestamptz,
          primary key (issuer, subject)
        )`,
      sql`create index sso_identities_user on sso_identities (user_id)`,
      sql`
        create table pending_approvals (
          approval_id bigint generated always as identity primary key,
          right_name text not null,
          act text not null,
          subject text not null,
          detail jsonb not null default '{}',
          proposed_by jsonb not null,
          proposed_at timestamptz not null default now(),
          expires_at timestamptz not null,
          decided_by jsonb,
          decided_at timestamptz,
          approved boolean,
          check ((decided_at is null) = (decided_by is null) and (decided_at is null) = (approved is null))
        )`,
      sql`create index pending_approvals_open on pending_approvals (subject) where decided_at is null`,
    ];
    for (const statement of statements) await statement.execute(db);
  },
};
