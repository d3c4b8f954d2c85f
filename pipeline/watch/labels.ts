import { type Kysely, sql } from "kysely";
import type { LabelSpan } from "../../domain/watch.ts";
import { wilsonInterval } from "../../platform/math/wilson.ts";
import type { Database } from "../store/schema.ts";

/** Weeks that are looked back on. */
const WEEKS = 12;

/**
 * What labels said of the payments of each of the last weeks, beside what their scores expected. Of payments with a label
 * alone: mostly those that were sent to people, so the share is no share of all payments.
 *
 * @returns oldest first; weeks without a label are left out
 */
export async function labelWeeks(db: Kysely<Database>, at: Date): Promise<LabelSpan[]> {
  const { rows } = await sql<{ from: Date; labels: number; frauds: number; expected: number }>`
    select date_trunc('week', k.decided_at at time zone 'UTC') at time zone 'UTC' as from, count(*)::int as labels,
      (count(*) filter (where l.label = 'fraud'))::int as frauds, avg(d.fraud_probability)::float8 as expected
    from labels l
    join transaction_keys k using (transaction_id)
    join decisions d on d.decided_at = k.decided_at and d.seq = k.seq
    where l.labelled_at >= ${at}::timestamptz - ${sql.lit(WEEKS * 7)} * interval '1 day'
      and k.decided_at >= ${at}::timestamptz - ${sql.lit(WEEKS * 7)} * interval '1 day'
      and k.decided_at < ${at}::timestamptz
    group by 1 order by 1`.execute(db);
  return rows.map(({ from, ...row }) => ({
    ...row,
    from: from.toISOString(),
    ...wilsonInterval(row.frauds, row.labels),
  }));
}
