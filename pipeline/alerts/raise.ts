import { sql, type Transaction } from "kysely";
import { type AlertKind, alertKind } from "../../domain/alerts.ts";
import { appendOutbox } from "../outbox/append.ts";
import type { Database } from "../store/schema.ts";
import { readConditions } from "./settings.ts";
import { tell } from "./tell.ts";

/** Something that people should know. */
export interface NewAlert {
  readonly kind: AlertKind;
  /** What it is about, e.g. "case:17", where there may be several of its kind at once. */
  readonly subject?: string;
  /** One line; the kind's title when absent. */
  readonly title?: string;
  readonly body: string;
  /** Where to look into it, a path of the console; the kind's place when absent. */
  readonly link?: string;
  readonly value?: number;
  /** Raised once for its subject, also when an earlier alert of it is over. */
  readonly once?: boolean;
  /** A channel that is not told: the one that it is about. */
  readonly except?: number;
}

/**
 * Raises an alert in the transaction of what it is about: the alert, and the messages to its channels, are there when that
 * is committed, and otherwise not. While one of the same kind and subject is not over, nothing happens.
 *
 * @returns its id; null when it is there already, or the kind is switched off
 */
export async function raiseAlert(trx: Transaction<Database>, alert: NewAlert): Promise<number | null> {
  const { kind, subject = "", title = alertKind(kind).title, body, value = null } = alert;
  const condition = (await readConditions(trx))[kind];
  if (!condition.enabled) return null;
  const { severity, threshold } = condition;
  const link = alert.link ?? alertKind(kind).place;
  const { rows } = await sql<{ id: number }>`
    insert into alerts (kind, subject, severity, title, body, link, value, threshold)
    select ${kind}::text, ${subject}::text, ${severity}::text, ${title}::text, ${body}::text, ${link}::text,
      ${value}::float8, ${threshold}::float8
    where not exists (
      select from alerts where kind = ${kind} and subject = ${subject} and (${alert.once ?? false} or state <> 'resolved'))
    on conflict (kind, subject) where state <> 'resolved' do nothing
    returning alert_id as id`.execute(trx);
  const [raised] = rows;
  if (!raised) return null;
  const told = { alertId: raised.id, kind, severity, title, body, link, value, threshold };
  await tell(trx, told, "fired", { channels: condition.channels, except: alert.except });
  await appendOutbox(trx, [
    { kind: "alert.changed", alertId: raised.id, event: "fired", severity, title, body },
  ]);
  return raised.id;
}

/**
 * Says that an alert is over, in the transaction of what ended it. Whoever was told that it fired is told.
 *
 * @param body what ended it
 * @returns whether there was one
 */
export async function resolveAlert(
  trx: Transaction<Database>,
  kind: AlertKind,
  subject: string,
  body: string,
): Promise<boolean> {
  const found = await trx
    .updateTable("alerts")
    .set({ state: "resolved", resolved_at: sql`clock_timestamp()` })
    .where("kind", "=", kind)
    .where("subject", "=", subject)
    .where("state", "<>", "resolved")
    .returning(["alert_id as alertId", "severity", "title", "link", "value", "threshold"])
    .executeTakeFirst();
  if (!found) return false;
  await tell(trx, { ...found, kind, body }, "resolved");
  const { alertId, severity, title } = found;
  await appendOutbox(trx, [{ kind: "alert.changed", alertId, event: "resolved", severity, title, body }]);
  return true;
}
