import { type Kysely, sql } from "kysely";
import { OBJECTIVES } from "../../domain/objectives.ts";
import type { StatusPromise } from "../../domain/status.ts";
import type { Database } from "../store/schema.ts";

/** How far back the longest span goes, in days of UTC, today among them. */
export const SPAN_DAYS = 28;

/** Of an objective that the store does not count, or cannot be asked for. */
export const UNCOUNTED: readonly StatusPromise[] = OBJECTIVES.map(({ name }) => ({ name, spans: null }));

/**
 * What the store itself knows of the objectives: its counters have cases opened and cases past their deadline. Calls,
 * their answers and how long they took are counted by the processes, for Prometheus, and by nobody else.
 */
export async function readPromises(db: Kysely<Database>): Promise<readonly StatusPromise[]> {
  const spans = await readReviewSpans(db);
  return UNCOUNTED.map((promise) => (promise.name === "review_sla" ? { ...promise, spans } : promise));
}

async function readReviewSpans(db: Kysely<Database>): Promise<NonNullable<StatusPromise["spans"]>> {
  const { rows } = await sql<Record<`${"hour" | "day" | "days"}_${"bad" | "all"}`, number>>`
    with lately as (
      select minute, cases_opened, cases_escalated from counters_by_minute
        where minute >= now() - interval '1 day'
      union all
      select minute, cases_opened, cases_escalated from counter_deltas
    ), days as (
      select cases_opened, cases_escalated from counters_by_day
        where day > (now() at time zone 'UTC')::date - ${sql.lit(SPAN_DAYS)}
      union all
      select cases_opened, cases_escalated from counter_deltas
        where (minute at time zone 'UTC')::date > (now() at time zone 'UTC')::date - ${sql.lit(SPAN_DAYS)}
    )
    select
      (select coalesce(sum(cases_escalated), 0)::int8 from lately where minute >= now() - interval '1 hour') as hour_bad,
      (select coalesce(sum(cases_opened), 0)::int8 from lately where minute >= now() - interval '1 hour') as hour_all,
      (select coalesce(sum(cases_escalated), 0)::int8 from lately where minute >= now() - interval '1 day') as day_bad,
      (select coalesce(sum(cases_opened), 0)::int8 from lately where minute >= now() - interval '1 day') as day_all,
      (select coalesce(sum(cases_escalated), 0)::int8 from days) as days_bad,
      (select coalesce(sum(cases_opened), 0)::int8 from days) as days_all`.execute(db);
  const row = rows[0]!;
  return {
    hour: { bad: row.hour_bad, all: row.hour_all },
    day: { bad: row.day_bad, all: row.day_all },
    days: { bad: row.days_bad, all: row.days_all },
  };
}
