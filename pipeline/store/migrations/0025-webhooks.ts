import { type Kysely, type Migration, sql } from "kysely";

/** Endpoints that are told of decisions, cases and verdicts, and what was sent to each. */
export const webhooks: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const statements = [
      sql`create table webhook_endpoints (
        endpoint_id bigint generated always as identity primary key,
        url text not null,
        description text not null,
        events text[] not null check (cardinality(events) > 0),
        tiers text[] check (cardinality(tiers) > 0),
        secret text not null,
        earlier_secret text,
        earlier_until timestamptz,
        owner jsonb not null,
        created_at timestamptz not null default clock_timestamp(),
        state text not null default 'enabled' check (state in ('enabled', 'disabled')),
        disabled_why text,
        owner_told boolean not null default true,
        failing_since timestamptz,
        failures integer not null default 0,
        not_before timestamptz,
        last_success_at timestamptz,
        check ((earlier_secret is null) = (earlier_until is null)))`,
      sql`create table webhook_deliveries (
        delivery_id bigint generated always as identity primary key,
        endpoint_id bigint not null references webhook_endpoints on delete cascade,
        message_id text not null,
        event text not null,
        happened_at timestamptz not null,
        about jsonb not null,
        event_key text,
        ranges bigint[],
        created_at timestamptz not null default clock_timestamp(),
        state text not null default 'waiting' check (state in ('waiting', 'delivered', 'failed')),
        attempts integer not null default 0,
        next_at timestamptz not null default clock_timestamp(),
        last_at timestamptz,
        last_status integer,
        last_said text)`,
      // An event is written once for each endpoint, however often the outbox delivers it …
      sql`create unique index webhook_deliveries_once on webhook_deliveries (endpoint_id, event_key)
        where event_key is not null`,
      // … and so are the decisions of a job, which share a message with those of others.
      sql`create index webhook_deliveries_ranges on webhook_deliveries using gin (ranges) where ranges is not null`,
      sql`create index webhook_deliveries_due on webhook_deliveries (endpoint_id, next_at) where state = 'waiting'`,
      sql`create index webhook_deliveries_log on webhook_deliveries (endpoint_id, delivery_id)`,
      sql`create index webhook_deliveries_failed on webhook_deliveries (endpoint_id, delivery_id)
        where state = 'failed'`,
      sql`create index webhook_deliveries_age on webhook_deliveries (created_at)`,
    ];
    for (const statement of statements) await statement.execute(db);
  },
};
