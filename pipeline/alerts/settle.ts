import { type Kysely, sql } from "kysely";
import { alertKind } from "../../domain/alerts.ts";
import type { Database } from "../store/schema.ts";
import type { Reading } from "./conditions/reading.ts";
import { raiseAlert, resolveAlert } from "./raise.ts";

/** The readings of one look, held against what was found before: what is over for long enough fires, and is over likewise. */
export async function settleReadings(
  db: Kysely<Database>,
  readings: readonly Reading[],
  at: Date,
): Promise<void> {
  const before = new Map(
    (await db.selectFrom("alert_readings").select(["kind", "over_since", "clear_since"]).execute()).map(
      (row) => [row.kind, row],
    ),
  );
  const settled = readings.map((reading) => {
    const earlier = before.get(reading.kind);
    const { level } = reading;
    const overSince = level === "over" ? (earlier?.over_since ?? at) : null;
    const clearSince = level === "clear" ? (earlier?.clear_since ?? at) : null;
    return { ...reading, overSince, clearSince };
  });
  await sql`
    insert into alert_readings (kind, at, level, value, words, over_since, clear_since)
    select kind, ${at}::timestamptz, level, value, words, "overSince", "clearSince"
    from json_to_recordset(${JSON.stringify(settled)}::json) as row (
      kind text, level text, value float8, words text, "overSince" timestamptz, "clearSince" timestamptz)
    on conflict (kind) do update set at = excluded.at, level = excluded.level, value = excluded.value,
      words = excluded.words, over_since = excluded.over_since, clear_since = excluded.clear_since`.execute(
    db,
  );

  const open = new Set(
    (
      await db
        .selectFrom("alerts")
        .select("kind")
        .where("state", "<>", "resolved")
        .where("subject", "=", "")
        .execute()
    ).map(({ kind }) => kind),
  );
  const forLong = (since: Date | null, seconds: number): boolean =>
    since !== null && at.getTime() - since.getTime() >= seconds * 1_000;
  for (const { kind, value, words, overSince, clearSince } of settled) {
    const { holds = { fires: 0, clears: 0 } } = alertKind(kind);
    if (!open.has(kind) && forLong(overSince, holds.fires)) {
      await db
        .transaction()
        .execute((trx) => raiseAlert(trx, { kind, body: words, ...(value === null ? {} : { value }) }));
    } else if (open.has(kind) && forLong(clearSince, holds.clears)) {
      await db.transaction().execute((trx) => resolveAlert(trx, kind, "", words));
    }
  }
}
