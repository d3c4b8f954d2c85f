import { type RawBuilder, sql } from "kysely";
import type { Span } from "../../domain/analytics.ts";

/** Payments of a span as a table of SQL, by minute and tier: what was folded and what was not yet. */
export function minutesOf({ from, until }: Span): RawBuilder<unknown> {
  return sql`(
    select minute, risk_tier, transactions from counters_by_minute
    where minute >= ${from}::timestamptz and minute < ${until}::timestamptz
    union all
    select minute, risk_tier, transactions from counter_deltas
    where minute >= ${from}::timestamptz and minute < ${until}::timestamptz)`;
}

/**
 * Tables of SQL for a `with`: `drawn` says how many payments are taken of each `minute` of a span (`taken`), and how many
 * there are in all of it (`all_of_them`). Minutes by how many they had, which the counters know; where there are fewer
 * payments than asked for, all of them.
 */
export function drawnMinutes(span: Span, payments: number): RawBuilder<unknown> {
  return sql`minutes as (
      select minute, sum(transactions) as had, sum(sum(transactions)) over (order by minute) as upto,
        sum(sum(transactions)) over () as all_of_them
      from ${minutesOf(span)} as counted
      group by minute
    ), drawn as (
      -- Draws at equal distances in the row of all payments: how many fall into the minute.
      select minute, all_of_them, least(had, floor(upto * ${payments}::int / all_of_them + 0.5)
        - floor((upto - had) * ${payments}::int / all_of_them + 0.5))::int as taken
      from minutes where had > 0
    )`;
}
