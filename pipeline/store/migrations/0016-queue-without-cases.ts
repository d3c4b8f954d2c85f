import { type Kysely, type Migration, sql } from "kysely";

/**
 * A page far back in the queue steps over cases without a look at each, and how many somebody holds is counted in an
 * index of its own. What an expression of an index is made of has to stand in the index too, or PostgreSQL (up to 17)
 * reads the rows.
 */
export const queueWithoutCases: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`drop index review_cases_queue`.execute(db);
    await sql`create index review_cases_queue
      on review_cases ((escalated_at is not null) desc, priority desc, case_id)
      include (risk_tier, escalated_at, claimed_until, decision_at) where status = 'open'`.execute(db);
    await sql`create index review_cases_held on review_cases (claimed_until)
      where status = 'open' and claimed_until is not null`.execute(db);
  },
};
