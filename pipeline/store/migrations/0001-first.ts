import { type Kysely, type Migration, sql } from "kysely";

/** The first schema: decisions, counters, review, labels, sign-in. */
export const first: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const statements = [
      sql`
        create table decisions (
          seq bigint generated always as identity unique,
          transaction_id text primary key check (length(transaction_id) between 1 and 128),
          source text not null check (source in ('simulator', 'replay', 'api', 'grpc')),
          event_time timestamptz not null,
          decided_at timestamptz not null default now(),
          time_seconds double precision not null,
          v real[] not null check (array_length(v, 1) = 28),
          amount double precision not null check (amount >= 0),
          currency char(3) not null,
          card_token text, merchant_id text, merchant_category text, country char(2), channel text,
          fraud_probability real not null check (fraud_probability between 0 and 1),
          risk_tier text not null check (risk_tier in ('low', 'medium', 'high', 'critical')),
          action text not null check (action in ('approve', 'monitor', 'verify', 'block')),
          fraud_predicted boolean not null,
          model_name text not null,
          model_version text not null,
          truth boolean
        )`,
      sql`create index decisions_decided_at on decisions (decided_at)`,
      sql`create index decisions_tier on decisions (risk_tier, seq)`,
      sql`create index decisions_card on decisions (card_token, seq) where card_token is not null`,
      ...["counters", "counters_by_minute"].map(
        (table) => sql`
        create table ${sql.table(table)} (
          ${sql.raw(table === "counters" ? "" : "minute timestamptz not null,")}
          risk_tier text not null check (risk_tier in ('low', 'medium', 'high', 'critical')),
          transactions bigint not null default 0,
          amount double precision not null default 0,
          fraud_predicted bigint not null default 0,
          truth_known bigint not null default 0,
          truth_fraud bigint not null default 0,
          true_positives bigint not null default 0,
          false_positives bigint not null default 0,
          primary key (${sql.raw(table === "counters" ? "risk_tier" : "minute, risk_tier")})
        )`,
      ),
      sql`insert into counters (risk_tier) values ('low'), ('medium'), ('high'), ('critical')`,
      sql`
        create table review_cases (
          case_id bigint generated always as identity primary key,
          transaction_id text not null unique references decisions,
          risk_tier text not null check (risk_tier in ('high', 'critical')),
          fraud_probability real not null,
          amount double precision not null,
          status text not null default 'open' check (status in ('open', 'decided')),
          opened_at timestamptz not null default now(),
          due_at timestamptz not null,
          escalated_at timestamptz,
          claimed_by text,
          claimed_until timestamptz,
          reasons jsonb not null default '[]',
          verdict text check (verdict in ('fraud', 'legitimate')),
          note text,
          decided_by text,
          decided_at timestamptz,
          check ((claimed_by is null) = (claimed_until is null)),
          check ((status = 'decided') = (verdict is not null and decided_by is not null and decided_at is not null))
        )`,
      sql`create index review_cases_open on review_cases (due_at) where status = 'open'`,
      sql`create index review_cases_decided on review_cases (decided_at) where status = 'decided'`,
      sql`
        create table review_events (
          event_id bigint generated always as identity primary key,
          case_id bigint not null references review_cases,
          at timestamptz not null default now(),
          actor text not null,
          kind text not null check (kind in ('opened', 'claimed', 'released', 'decided', 'escalated')),
          detail jsonb not null default '{}'
        )`,
      sql`create index review_events_case on review_events (case_id, event_id)`,
      sql`
        create table labels (
          transaction_id text primary key references decisions,
          label text not null check (label in ('fraud', 'legitimate')),
          source text not null check (source in ('analyst', 'truth', 'chargeback')),
          labelled_by text not null,
          labelled_at timestamptz not null default now()
        )`,
      sql`
        create table users (
          user_id bigint generated always as identity primary key,
          name text not null unique,
          role text not null check (role in ('viewer', 'analyst', 'admin')),
          created_at timestamptz not null default now()
        )`,
      sql`
        create table sessions (
          token_hash char(64) primary key,
          user_id bigint not null references users on delete cascade,
          created_at timestamptz not null default now(),
          expires_at timestamptz not null
        )`,
      sql`
        create table sign_in_tokens (
          token_hash char(64) primary key,
          user_id bigint not null references users on delete cascade,
          created_at timestamptz not null default now(),
          expires_at timestamptz not null,
          used_at timestamptz
        )`,
    ];
    for (const statement of statements) await statement.execute(db);
  },
};
