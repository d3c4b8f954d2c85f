import { randomUUID } from "node:crypto";
import { sql, type Transaction } from "kysely";
import {
  ALERT_SEVERITIES,
  type AlertEvent,
  type AlertKind,
  type AlertSeverity,
} from "../../domain/alerts.ts";
import type { Database } from "../store/schema.ts";
import { readAlertSettings } from "./settings.ts";
import { nextSlot } from "./slot.ts";

/** What is told of an alert. */
export interface Told {
  readonly alertId: number;
  readonly kind: AlertKind;
  readonly severity: AlertSeverity;
  readonly title: string;
  readonly body: string;
  readonly link: string;
  readonly value: number | null;
  readonly threshold: number | null;
}

interface Recipients {
  /** By id; null for those that get everything. */
  readonly channels?: readonly number[] | null;
  readonly except?: number | undefined;
}

interface Channel {
  readonly id: number;
  readonly perHour: number;
  readonly now: Date;
}

/**
 * Writes what channels are to be told, in the transaction of what happened: into the message that waits to leave, or into
 * one of its own. What is over is told to whoever was told that it began. Of an alert each channel is told each event once.
 */
export async function tell(
  trx: Transaction<Database>,
  told: Told,
  event: Exclude<AlertEvent, "test">,
  recipients: Recipients = {},
): Promise<void> {
  const channels = await lockChannels(trx, told, event, recipients);
  if (channels.length === 0) return;
  const settings = await readAlertSettings(trx);
  const quiet = told.severity === "critical" ? undefined : settings.quiet;
  for (const { id, perHour, now } of channels) {
    const known = await trx
      .selectFrom("alert_notices")
      .select("notice_id")
      .where("alert_id", "=", told.alertId)
      .where("event", "=", event)
      .where("channel_id", "=", id)
      .executeTakeFirst();
    if (known) continue;
    const slots = await readSlots(trx, id, now);
    const slot = nextSlot(now.getTime(), { slots, groupMs: settings.groupSeconds * 1_000, perHour, quiet });
    const message = (await openMessage(trx, id, slot.held)) ?? (await newMessage(trx, id, slot));
    const { alertId, ...rest } = told;
    await trx
      .insertInto("alert_notices")
      .values({ message_id: message, channel_id: id, alert_id: alertId, event, at: now, ...rest })
      .execute();
  }
}

/** Those that are told, in one order for everybody, each held against others who write to it and against who sends. */
async function lockChannels(
  trx: Transaction<Database>,
  { alertId, severity }: Told,
  event: AlertEvent,
  { channels = null, except }: Recipients,
): Promise<readonly Channel[]> {
  const chosen =
    event === "resolved"
      ? sql`exists (select from alert_notices n where n.alert_id = ${alertId} and n.channel_id = c.channel_id)`
      : channels === null
        ? sql`c.by_default`
        : sql`c.channel_id = any(${[...channels]}::bigint[])`;
  const rank = ALERT_SEVERITIES.indexOf(severity) + 1;
  // An escalation goes to whom it was meant for, whatever they usually want to know.
  const loud =
    event === "fired"
      ? sql`array_position(${sql.val([...ALERT_SEVERITIES])}::text[], c.severity) <= ${rank}::int`
      : sql`true`;
  const { rows } = await sql<Channel>`
    select c.channel_id as id, c.per_hour as "perHour", clock_timestamp() as now from alert_channels c
    where c.enabled and c.removed_at is null and ${chosen} and ${loud}
      and c.channel_id is distinct from ${except ?? null}::bigint
    order by c.channel_id for no key update`.execute(trx);
  return rows;
}

async function readSlots(trx: Transaction<Database>, channel: number, now: Date): Promise<number[]> {
  const rows = await trx
    .selectFrom("alert_messages")
    .select("slot_at as at")
    .where("channel_id", "=", channel)
    .where("slot_at", ">", new Date(now.getTime() - 3_600_000))
    .where("state", "<>", "dropped")
    .where("test", "=", false)
    .execute();
  return rows.map(({ at }) => at.getTime());
}

/** The message that nobody has tried to send: what is told now leaves with it. */
async function openMessage(
  trx: Transaction<Database>,
  channel: number,
  held: boolean,
): Promise<string | undefined> {
  const found = await trx
    .selectFrom("alert_messages")
    .select("message_id")
    .where("channel_id", "=", channel)
    .where("state", "=", "waiting")
    .where("attempts", "=", 0)
    .where("held", "=", held)
    .where("test", "=", false)
    .orderBy("due_at")
    .limit(1)
    .executeTakeFirst();
  return found?.message_id;
}

async function newMessage(
  trx: Transaction<Database>,
  channel: number,
  { at, held }: { readonly at: number; readonly held: boolean },
): Promise<string> {
  const due = new Date(at);
  const message_id = randomUUID();
  await trx
    .insertInto("alert_messages")
    .values({ message_id, channel_id: channel, slot_at: due, due_at: due, held })
    .execute();
  return message_id;
}
