import { type Kysely, type Migration, sql } from "kysely";

/** How many decided cases retention dropped: with the counters it says how many there are, without counting them. */
export const droppedTotals: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`
      create table counters_dropped_total (
        risk_tier text primary key check (risk_tier in ('low', 'medium', 'high', 'critical')),
        verdicts bigint not null default 0
      )`.execute(db);
    await sql`
      insert into counters_dropped_total
      select risk_tier, sum(verdicts_fraud + verdicts_legitimate) from counters_dropped group by 1`.execute(
      db,
    );
  },
};
