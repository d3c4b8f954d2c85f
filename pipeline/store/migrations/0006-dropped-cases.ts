import { type Kysely, type Migration, sql } from "kysely";

/**
 * What people and timers did to cases that retention dropped, by the minute they did it: a verdict may be of a later
 * month than its case, and that month goes on being compared with its rows.
 */
export const droppedCases: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`
      create table counters_dropped (
        minute timestamptz not null,
        risk_tier text not null check (risk_tier in ('low', 'medium', 'high', 'critical')),
        currency char(3) not null,
        cases_escalated bigint not null default 0,
        verdicts_fraud bigint not null default 0,
        verdicts_legitimate bigint not null default 0,
        primary key (minute, risk_tier, currency)
      )`.execute(db);
  },
};
