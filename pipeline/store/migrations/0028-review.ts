import { type Kysely, type Migration, sql } from "kysely";

const STATEMENTS = [
  // The token grows with every new holder: what was sent from an older page is told apart. What a label was before the
  // verdict is kept for the case that the verdict is taken back.
  sql`
    alter table review_cases
      add column token bigint not null default 0,
      add column verdict_kind text,
      add column follow_up jsonb not null default '[]',
      add column label_before jsonb,
      add column snoozed_until timestamptz,
      add column referred_at timestamptz`,
  sql`create index review_cases_snoozed on review_cases (snoozed_until)
    where status = 'open' and snoozed_until is not null`,
  sql`create index review_cases_referred on review_cases (referred_at)
    where status = 'open' and referred_at is not null`,
  sql`
    alter table review_events
      drop constraint review_events_kind_check,
      add constraint review_events_kind_check check (kind in ('opened', 'claimed', 'released', 'snoozed', 'referred',
        'decided', 'reopened', 'corrected', 'escalated'))`,
];

/** Review by one key: tokens of leases, kinds of verdicts, what is put off and what waits for a lead. */
export const review: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await statement.execute(db);
  },
};
