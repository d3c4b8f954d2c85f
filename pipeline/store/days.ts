import { type Kysely, sql } from "kysely";
import type { Database } from "./schema.ts";

/** How late after its end a day is compared: whoever recorded at midnight has committed by then. */
const CLOSE_AFTER = sql`interval '1 hour'`;

/**
 * Days over which nothing at all is counted, though payments were decided, cases escalated or verdicts given on them: as
 * deltas that were taken away leave them behind.
 */
const uncountedDays = sql<Date>`(
  with uncounted as materialized (
    select first + number as day from (
      select (least((select min(decided_at) from decisions), (select min(opened_at) from review_cases),
        (select min(minute) from counters_dropped)) at time zone 'UTC')::date as first) as begin,
      lateral generate_series(0, (now() at time zone 'UTC')::date - first) as number
    except select day from counters_by_day
    except select (minute at time zone 'UTC')::date from counter_deltas
  ), bounds as (
    select day, day::timestamp at time zone 'UTC' as "from", (day + 1)::timestamp at time zone 'UTC' as "to" from uncounted)
  select day from bounds
  where exists (select from decisions where decided_at >= "from" and decided_at < "to")
    or exists (select from review_cases where status = 'decided' and decided_at >= "from" and decided_at < "to")
    or exists (select from review_cases where escalated_at >= "from" and escalated_at < "to")
    or exists (select from counters_dropped where minute >= "from" and minute < "to"))`;

/**
 * The days whose rows are there to be compared: those that are not closed, oldest first. A closed day was compared when
 * it was closed; its rows may have been dropped since.
 */
export async function listOpenDays(db: Kysely<Database>): Promise<string[]> {
  const { rows } = await sql<{ day: string }>`
    select to_char(day, 'YYYY-MM-DD') as day from (
      select day from counters_by_day where closed_at is null
      union select (minute at time zone 'UTC')::date from counter_deltas
      union select day from ${uncountedDays} as uncounted
      union select (now() at time zone 'UTC')::date) as days
    order by 1`.execute(db);
  return rows.map((row) => row.day);
}

/** Days that were closed and whose decisions are still there, oldest first. */
export async function listClosedDays(db: Kysely<Database>): Promise<string[]> {
  const { rows } = await sql<{ day: string }>`
    select distinct to_char(day, 'YYYY-MM-DD') as day from counters_by_day
    where closed_at is not null
      and day >= (select (min(decided_at) at time zone 'UTC')::date from decisions) order by 1`.execute(db);
  return rows.map((row) => row.day);
}

/** The oldest day that is over and neither closed nor counted at all; undefined when there is none. */
export async function nextDayToClose(db: Kysely<Database>): Promise<string | undefined> {
  const { rows } = await sql<{ day: string }>`
    select to_char(min(day), 'YYYY-MM-DD') as day from (
      select day from counters_by_day where closed_at is null
      union all select day from ${uncountedDays} as uncounted) as open_days
    where (day + 1)::timestamp at time zone 'UTC' < now() - ${CLOSE_AFTER}
    having min(day) is not null`.execute(db);
  return rows[0]?.day;
}

/** Closes a day: from now on it is not compared, and stays as it is when its rows are dropped. */
export async function closeDay(db: Kysely<Database>, day: string): Promise<void> {
  await sql`
    update counters_by_day set closed_at = now() where day = ${day}::date and closed_at is null and not exists (
      select from counter_deltas where (minute at time zone 'UTC')::date = ${day}::date)`.execute(db);
}
