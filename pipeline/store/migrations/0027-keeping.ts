import { type Kysely, type Migration, sql } from "kysely";

const STATEMENTS = [
  sql`alter table decisions add column redacted_at timestamptz`,
  sql`alter table imported_transactions add column redacted_at timestamptz`,
  sql`alter table dead_letters add column redacted_at timestamptz`,
  // One person's imported payments are found as their decisions are.
  sql`create index imported_transactions_entities on imported_transactions using gin (entities jsonb_path_ops)
    where entities is not null`,
  sql`create index imported_transactions_card on imported_transactions ((fields ->> 'card_token'))
    where fields ->> 'card_token' is not null`,
  sql`create index imported_transactions_merchant on imported_transactions ((fields ->> 'merchant_id'))
    where fields ->> 'merchant_id' is not null`,
  sql`create index imported_transactions_unredacted on imported_transactions (imported_at) where redacted_at is null`,
  sql`create index dead_letters_unredacted on dead_letters (at) where redacted_at is null and state <> 'waiting'`,
  sql`
    create table legal_holds (
      hold_id bigint generated always as identity primary key,
      kind text not null check (kind in ('entity', 'case', 'time')),
      entity text,
      entity_id text,
      case_id bigint,
      transaction_id text,
      since timestamptz,
      until timestamptz,
      reason text not null check (reason <> ''),
      put_by jsonb not null,
      put_at timestamptz not null default now(),
      lifted_by jsonb,
      lifted_at timestamptz,
      lifted_reason text,
      check ((lifted_at is null) = (lifted_by is null)),
      check (lifted_at is not null or case kind
        when 'entity' then entity is not null and entity_id is not null
        when 'case' then case_id is not null and transaction_id is not null
        else since < until end)
    )`,
  sql`create index legal_holds_standing on legal_holds (hold_id) where lifted_at is null`,
  sql`
    create table erasures (
      erasure_id bigint generated always as identity primary key,
      entity text not null,
      entity_id text,
      entity_hash text not null,
      pseudonym text not null,
      reason text not null check (reason <> ''),
      state text not null default 'proposed'
        check (state in ('proposed', 'agreed', 'done', 'refused', 'expired')),
      asked_by jsonb not null,
      asked_at timestamptz not null default now(),
      agreed_by jsonb,
      done_at timestamptz,
      result jsonb,
      check ((entity_id is null) = (state in ('done', 'refused', 'expired')))
    )`,
  sql`create unique index erasures_waiting on erasures (entity_hash) where state in ('proposed', 'agreed')`,
  // Everything decided up to the place was redacted, but for what is in redaction_left.
  sql`
    create table redaction_progress (
      single boolean primary key default true check (single),
      decided_at timestamptz not null,
      seq bigint not null
    )`,
  sql`
    create table redaction_left (
      transaction_id text primary key,
      decided_at timestamptz not null,
      seq bigint not null
    )`,
  // What hashes of entities in the audit log are made with: the log alone does not tell whom they are of.
  sql`
    create table privacy_key (
      single boolean primary key default true check (single),
      key bytea not null
    )`,
  sql`insert into privacy_key (key)
    values (decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'))`,
];

/** What is kept for how long: redaction, legal holds, erasure of one person's data. */
export const keeping: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await statement.execute(db);
  },
};
