import { type Kysely, sql } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import type { AlertKind, AlertSeverity, AlertState, ChannelKind, MessageState } from "../../domain/alerts.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { Database } from "../store/schema.ts";

/** An alert as lists show it. */
export interface ListedAlert {
  readonly id: number;
  readonly kind: AlertKind;
  /** What it is about, e.g. "case:17"; "" where there is one of its kind at most. */
  readonly subject: string;
  readonly severity: AlertSeverity;
  readonly title: string;
  readonly body: string;
  /** A path of the console. */
  readonly link: string;
  readonly value: number | null;
  readonly threshold: number | null;
  readonly state: AlertState;
  readonly firedAt: Date;
  readonly acknowledgedAt: Date | null;
  readonly acknowledgedBy: Actor | null;
  readonly escalatedAt: Date | null;
  readonly resolvedAt: Date | null;
}

const COLUMNS = [
  ...(["alert_id as id", "kind", "subject", "severity", "title", "body", "link", "value"] as const),
  ...(["threshold", "state", "fired_at as firedAt", "acknowledged_at as acknowledgedAt"] as const),
  ...(["acknowledged_by as acknowledgedBy", "escalated_at as escalatedAt"] as const),
  "resolved_at as resolvedAt",
] as const;

/** A page of a list; `before` is the `nextBefore` of the page before. */
interface Page {
  readonly limit: number;
  readonly before?: number | undefined;
}

/** What is not over, the newest first, by keyset. */
export async function listOpenAlerts(
  db: Kysely<Database>,
  page: Page,
): Promise<{ items: ListedAlert[]; nextBefore: number | null }> {
  return await listAlerts(db, true, page);
}

/** What is over, the newest first, by keyset. */
export async function listPastAlerts(
  db: Kysely<Database>,
  page: Page,
): Promise<{ items: ListedAlert[]; nextBefore: number | null }> {
  return await listAlerts(db, false, page);
}

async function listAlerts(db: Kysely<Database>, open: boolean, { limit, before }: Page) {
  let query = db
    .selectFrom("alerts")
    .select(COLUMNS)
    .where("state", open ? "<>" : "=", sql.lit("resolved" as const))
    .orderBy("alert_id", "desc")
    .limit(limit + 1);
  if (before !== undefined) query = query.where("alert_id", "<", before);
  const rows = await query.execute();
  const items = rows.slice(0, limit);
  return { items, nextBefore: rows.length > limit ? items.at(-1)!.id : null };
}

/** @throws DomainError `not_found` */
export async function readAlert(db: Kysely<Database>, id: number): Promise<ListedAlert> {
  const row = await db.selectFrom("alerts").select(COLUMNS).where("alert_id", "=", id).executeTakeFirst();
  if (!row) throw new DomainError("not_found", `there is no alert ${id}`);
  return row;
}

/** How many nobody has acknowledged, as far as anybody needs to know, and how many of them are critical. */
export interface AlertCounts {
  readonly firing: number;
  readonly critical: number;
}

/** Alerts that are counted one by one. */
const COUNTED = 1_000;

export async function countAlerts(db: Kysely<Database>): Promise<AlertCounts> {
  const { rows } = await sql<AlertCounts>`
    select count(*)::int as firing, count(*) filter (where severity = 'critical')::int as critical
    from (select severity from alerts where state <> 'resolved' and state = 'firing'
      limit ${sql.lit(COUNTED)}) as counted`.execute(db);
  return rows[0] ?? { firing: 0, critical: 0 };
}

/** A message to a channel, as the log of deliveries shows it. */
export interface ListedMessage {
  readonly id: string;
  readonly channel: string;
  readonly channelKind: ChannelKind;
  readonly state: MessageState;
  readonly test: boolean;
  readonly createdAt: Date;
  readonly dueAt: Date;
  readonly sentAt: Date | null;
  readonly attempts: number;
  /** HTTP's status of the last answer. */
  readonly status: number | null;
  /** What the server said last. */
  readonly said: string | null;
  /** What it tells: the first, and how many there are. */
  readonly title: string;
  readonly notices: number;
}

/** Where a page of messages ended. */
export interface MessagePlace {
  readonly at: string;
  readonly id: string;
}

const messagesOf = (where: ReturnType<typeof sql>) => sql<ListedMessage & { readonly at: string }>`
  select m.message_id as id, c.name as channel, c.kind as "channelKind", m.state, m.test,
    m.created_at as "createdAt", m.created_at::text as at, m.due_at as "dueAt", m.sent_at as "sentAt", m.attempts,
    m.status, m.said, coalesce(n.title, '') as title, coalesce(n.notices, 0)::int as notices
  from alert_messages m join alert_channels c using (channel_id)
  left join lateral (
    select (array_agg(title order by notice_id))[1] as title, count(*) as notices
    from alert_notices where message_id = m.message_id) as n on true
  where ${where}`;

/** The newest first, by keyset. */
export async function listMessages(
  db: Kysely<Database>,
  { limit, before }: { readonly limit: number; readonly before?: MessagePlace | undefined },
): Promise<{ items: ListedMessage[]; nextBefore: MessagePlace | null }> {
  const from = before
    ? sql`(m.created_at, m.message_id) < (${before.at}::timestamptz, ${before.id}::uuid)`
    : sql`true`;
  const { rows } = await sql<ListedMessage & { readonly at: string }>`${messagesOf(from)}
    order by m.created_at desc, m.message_id desc limit ${limit + 1}`.execute(db);
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextBefore: rows.length > limit && last ? { at: last.at, id: last.id } : null };
}

/** @throws DomainError `not_found` */
export async function readMessage(db: Kysely<Database>, id: string): Promise<ListedMessage> {
  const { rows } = await messagesOf(sql`m.message_id = ${id}::uuid`).execute(db);
  const [row] = rows;
  if (!row) throw new DomainError("not_found", `there is no message ${id}`);
  return row;
}

const LOOK_EVERY_MS = 250;

/** Waits until a message was sent or given up, or for so long, and says where it stands. */
export async function awaitMessage(
  db: Kysely<Database>,
  id: string,
  limitMs: number,
): Promise<ListedMessage> {
  const until = performance.now() + limitMs;
  for (;;) {
    const message = await readMessage(db, id);
    const over = message.state !== "waiting" && message.state !== "sending";
    if (over || performance.now() > until) return message;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
