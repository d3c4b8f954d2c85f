import { type Kysely, type Migration, sql } from "kysely";

const STATEMENTS = [
  sql`alter table review_cases add column assigned_to jsonb`,
  // What another order of the open cases is read from, with what a filter asks of each.
  sql`create index review_cases_by_due on review_cases (due_at, case_id)
    include (risk_tier, claimed_until, decision_at) where status = 'open'`,
  sql`create index review_cases_by_score on review_cases (fraud_probability desc, case_id)
    include (risk_tier, claimed_until, decision_at) where status = 'open'`,
  // One's own, and those that anybody may be given next: however many are somebody else's, nobody reads past them.
  sql`create index review_cases_assigned
    on review_cases ((assigned_to ->> 'id'), (escalated_at is not null) desc, priority desc, case_id)
    where status = 'open' and assigned_to is not null`,
  sql`create index review_cases_anybodys
    on review_cases ((escalated_at is not null) desc, priority desc, case_id)
    include (risk_tier, claimed_until)
    where status = 'open' and (assigned_to is null or escalated_at is not null)`,
  sql`
    alter table review_events
      drop constraint review_events_kind_check,
      add constraint review_events_kind_check check (kind in ('opened', 'claimed', 'released', 'snoozed', 'referred',
        'assigned', 'decided', 'reopened', 'corrected', 'escalated'))`,
];

/** The queue in other orders, and cases that are given to a person. */
export const queueOrders: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await statement.execute(db);
  },
};
