import { type Kysely, sql } from "kysely";
import type { Heat, HeatCell, Span } from "../../domain/analytics.ts";
import { reviewedTiers } from "../../domain/policy/decision-policy.ts";
import { minutesOf } from "../store/drawn-minutes.ts";
import type { Database } from "../store/schema.ts";

/** Offsets of all zones are whole quarters of an hour, so a quarter lies in one hour of any zone. */
const QUARTER_MS = 15 * 60_000;
const HOUR_MS = 3_600_000;
const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/**
 * Payments of a span by hour and day of the week in a zone, out of the counters by minute: as many rows as the span has
 * minutes, however many payments there are.
 *
 * @param timeZone IANA, one that Intl knows
 */
export async function readHeat(db: Kysely<Database>, span: Span, timeZone: string): Promise<Heat> {
  const { rows } = await sql<{ quarter: Date; payments: number; risky: number }>`
    select date_bin('15 minutes', minute, 'epoch'::timestamptz) as quarter, sum(transactions)::int8 as payments,
      coalesce(sum(transactions) filter (where risk_tier = any(${[...reviewedTiers()]}::text[])), 0)::int8 as risky
    from ${minutesOf(span)} as counted group by 1`.execute(db);
  const counted = new Map(rows.map((row) => [row.quarter.getTime(), row]));
  const cells = new Map<number, { -readonly [K in keyof HeatCell]: HeatCell[K] }>();
  const placeOf = placeIn(timeZone);
  const [from, until] = [span.from.getTime(), span.until.getTime()];
  let [payments, risky] = [0, 0];
  for (let quarter = Math.floor(from / QUARTER_MS) * QUARTER_MS; quarter < until; quarter += QUARTER_MS) {
    const { weekday, hour } = placeOf(quarter);
    const key = weekday * 24 + hour;
    const cell = cells.get(key) ?? { weekday, hour, hours: 0, payments: 0, risky: 0 };
    const row = counted.get(quarter);
    cell.hours += (Math.min(until, quarter + QUARTER_MS) - Math.max(from, quarter)) / HOUR_MS;
    cell.payments += row?.payments ?? 0;
    cell.risky += row?.risky ?? 0;
    payments += row?.payments ?? 0;
    risky += row?.risky ?? 0;
    cells.set(key, cell);
  }
  const inOrder = [...cells].sort(([a], [b]) => a - b).map(([, cell]) => cell);
  return { timeZone, payments, risky, cells: inOrder };
}

/** Which hour of which day of the week a moment lies in. */
function placeIn(timeZone: string): (at: number) => { weekday: number; hour: number } {
  const clock = new Intl.DateTimeFormat("en-GB", {
    ...{ timeZone, weekday: "short", hour: "2-digit", hourCycle: "h23" },
  });
  return (at) => {
    const parts = clock.formatToParts(at);
    const part = (type: string): string => parts.find((each) => each.type === type)?.value ?? "";
    return { weekday: WEEKDAYS.indexOf(part("weekday")) + 1, hour: Number(part("hour")) };
  };
}
