import { type Kysely, sql } from "kysely";
import { ALERT_KIND_NAMES, type AlertKind, alertKind } from "../../domain/alerts.ts";
import { appendOutbox } from "../outbox/append.ts";
import type { Database } from "../store/schema.ts";
import { resolveAlert } from "./raise.ts";
import type { AlertSettings, Condition } from "./settings.ts";
import { tell } from "./tell.ts";

/** Alerts that one round escalates or ends. */
const SLICE = 100;
/** How long what is over is kept. */
const KEPT_DAYS = 92;

/**
 * Tells somebody else of what nobody has acknowledged in time; each alert once.
 *
 * @returns how many
 */
export async function escalateAlerts(db: Kysely<Database>, { escalation }: AlertSettings): Promise<number> {
  if (!escalation) return 0;
  const due = await db
    .selectFrom("alerts")
    .select("alert_id")
    .where("state", "=", "firing")
    .where("escalated_at", "is", null)
    .where("fired_at", "<=", sql<Date>`clock_timestamp() - ${escalation.minutes}::int * interval '1 minute'`)
    .orderBy("alert_id")
    .limit(SLICE)
    .execute();
  for (const { alert_id } of due) {
    await db.transaction().execute(async (trx) => {
      // Somebody may have acknowledged it meanwhile.
      const alert = await trx
        .updateTable("alerts")
        .set({ escalated_at: sql`clock_timestamp()` })
        .where("alert_id", "=", alert_id)
        .where("state", "=", "firing")
        .where("escalated_at", "is", null)
        .returning([
          ...(["alert_id as alertId", "kind", "severity", "title", "body", "link", "value"] as const),
          "threshold",
        ])
        .executeTakeFirst();
      if (!alert) return;
      await tell(trx, alert, "escalated", { channels: [escalation.channelId] });
      const { alertId, severity, title, body } = alert;
      await appendOutbox(trx, [
        { kind: "alert.changed", alertId, event: "escalated", severity, title, body },
      ]);
    });
  }
  return due.length;
}

/** Events of cases are over when the case is decided, others after a day; kinds that were switched off at once. */
export async function endAlerts(
  db: Kysely<Database>,
  conditions: Readonly<Record<AlertKind, Condition>>,
): Promise<void> {
  const events = ALERT_KIND_NAMES.filter((kind) => alertKind(kind).ends === "event");
  const off = ALERT_KIND_NAMES.filter((kind) => !conditions[kind].enabled);
  const { rows } = await sql<{ kind: AlertKind; subject: string; why: string }>`
    select kind, subject, why from alerts
    join lateral (select case
      when kind = any(${off}::text[]) then 'alerts of this kind were switched off'
      when kind = 'case_escalated' and exists (
        select from review_cases where case_id = substring(subject from '^case:([0-9]+)$')::int8 and status = 'decided') then 'the case is decided'
      when kind = any(${events}::text[]) and kind <> 'case_escalated' and fired_at < now() - interval '1 day'
        then 'it was a day ago'
      end as why) as ending on why is not null
    where state <> 'resolved' order by alert_id limit ${sql.lit(SLICE)}`.execute(db);
  for (const { kind, subject, why } of rows)
    await db.transaction().execute((trx) => resolveAlert(trx, kind, subject, why));
}

/** Forgets what has been over for {@link KEPT_DAYS} days, and messages as old. */
export async function forgetAlerts(db: Kysely<Database>): Promise<void> {
  const old = sql<Date>`now() - ${sql.lit(KEPT_DAYS)} * interval '1 day'`;
  await db.deleteFrom("alerts").where("state", "=", "resolved").where("resolved_at", "<", old).execute();
  await db
    .deleteFrom("alert_messages")
    .where("state", "not in", ["waiting", "sending"])
    .where("created_at", "<", old)
    .execute();
}
