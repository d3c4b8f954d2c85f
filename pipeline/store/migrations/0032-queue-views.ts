import { type Kysely, type Migration, sql } from "kysely";

const STATEMENTS = [
  // The row without a name is the columns that the person has chosen for the queue; its key is empty.
  sql`create table queue_views (
    view_id bigint generated always as identity primary key,
    user_id bigint not null references users on delete cascade,
    name text,
    name_key text not null,
    shared boolean not null default false,
    query jsonb not null,
    changed_at timestamptz not null default now(),
    unique (user_id, name_key),
    check ((name is null) = (name_key = '')),
    check (name is not null or not shared))`,
  sql`create index queue_views_shared on queue_views (view_id) where shared`,
];

/** Views of the review queue that people save and share, and the columns that each has chosen. */
export const queueViews: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await statement.execute(db);
  },
};
