import { randomBytes, randomUUID } from "node:crypto";
import { type Kysely, sql, type Transaction } from "kysely";
import { z } from "zod";
import { type Actor, SYSTEM } from "../../domain/actors.ts";
import type { AlertSeverity, ChannelKind } from "../../domain/alerts.ts";
import { wrongAddress } from "../../platform/outgoing/post.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { SecretBox } from "../accounts/secret-box.ts";
import { appendAudit } from "../audit/append.ts";
import type { Database } from "../store/schema.ts";

/** Where a channel leads and what it needs for it: sealed in the store, never shown. */
export const channelTarget = z.discriminatedUnion("kind", [
  /** `secret` signs, as Standard Webhooks have it: `whsec_` and base64. */
  z.object({ kind: z.literal("webhook"), url: z.string(), secret: z.string() }),
  z.object({ kind: z.literal("slack"), url: z.string() }),
  z.object({ kind: z.literal("teams"), url: z.string() }),
  z.object({ kind: z.literal("email"), to: z.string() }),
  /** `token` is shown as `Authorization: Bearer`, where the provider wants one. */
  z.object({ kind: z.literal("sms"), url: z.string(), to: z.string(), token: z.string().optional() }),
  z.object({
    kind: z.literal("push"),
    endpoint: z.string(),
    keys: z.object({ p256dh: z.string(), auth: z.string() }),
  }),
]);

export type ChannelTarget = z.output<typeof channelTarget>;

/** A channel as people see it. */
export interface AlertChannel {
  readonly id: number;
  readonly kind: ChannelKind;
  readonly name: string;
  /** What may be shown of where it leads. */
  readonly hint: string;
  readonly enabled: boolean;
  readonly byDefault: boolean;
  readonly severity: AlertSeverity;
  readonly perHour: number;
  /** Whose browser it is. */
  readonly userId: number | null;
  readonly disabledWhy: string | null;
}

/** What somebody says of a channel, new or not. */
export interface ChannelWish {
  readonly enabled: boolean;
  readonly byDefault: boolean;
  readonly severity: AlertSeverity;
  readonly perHour: number;
}

export const USUAL_CHANNEL: ChannelWish = { enabled: true, byDefault: true, severity: "info", perHour: 30 };

/** Every channel that was not removed, in the order they were made. */
export async function listChannels(db: Kysely<Database>): Promise<AlertChannel[]> {
  return await db
    .selectFrom("alert_channels")
    .select([
      ...(["channel_id as id", "kind", "name", "hint", "enabled", "by_default as byDefault"] as const),
      ...(["severity", "per_hour as perHour", "user_id as userId", "disabled_why as disabledWhy"] as const),
    ])
    .where("removed_at", "is", null)
    .orderBy("channel_id")
    .execute();
}

/** What may be shown of where a channel leads: a token in the address, or most of a number, may not. */
export function hintOf(target: ChannelTarget): string {
  if (target.kind === "email") return target.to;
  if (target.kind === "sms") return `…${target.to.slice(-3)} by ${new URL(target.url).host}`;
  return new URL(target.kind === "push" ? target.endpoint : target.url).host;
}

/** A secret for a webhook whose owner gives none. */
export function makeSecret(): string {
  return `whsec_${randomBytes(24).toString("base64")}`;
}

const MAIL = /^[^\s@,;<>]{1,64}@[^\s@,;<>]{1,255}$/;
const NUMBER = /^\+[1-9]\d{6,14}$/;
const SECRET = /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/;
const MOST_CHANNELS = 200;

/** @throws DomainError `invalid_argument` naming the field */
function checkTarget(target: ChannelTarget): void {
  const demand = (field: string, holds: boolean, description: string): void => {
    if (!holds) throw DomainError.invalid([{ field, description }]);
  };
  const url = "url" in target ? target.url : "endpoint" in target ? target.endpoint : undefined;
  const wrong = url === undefined ? undefined : wrongAddress(url);
  demand("url", wrong === undefined, wrong ?? "");
  if (target.kind === "email") demand("to", MAIL.test(target.to), "must be an e-mail address");
  if (target.kind === "sms")
    demand("to", NUMBER.test(target.to), "must be a number with its country: +33612345678");
  if (target.kind === "webhook")
    demand("secret", SECRET.test(target.secret), "must be whsec_ and 24 to 64 bytes in base64");
  if (target.kind === "push") {
    const bytes = (text: string): number => Buffer.from(text, "base64url").length;
    const { p256dh, auth } = target.keys;
    demand("keys", bytes(p256dh) === 65 && bytes(auth) === 16, "are not as they have to be");
  }
}

/**
 * Adds a channel, in the audit log too.
 *
 * @param userId whose browser it is
 * @returns its id
 * @throws DomainError `invalid_argument` naming the field; `conflict` when the name is taken or there are too many
 */
export async function addChannel(
  db: Kysely<Database>,
  secrets: SecretBox,
  actor: Actor,
  name: string,
  target: ChannelTarget,
  {
    wish = USUAL_CHANNEL,
    userId = null,
  }: { readonly wish?: ChannelWish; readonly userId?: number | null } = {},
): Promise<number> {
  const called = name.trim();
  if (called.length < 1 || called.length > 64)
    throw DomainError.invalid([{ field: "name", description: "must have 1 to 64 characters" }]);
  checkTarget(target);
  checkWish(wish);
  return await db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ id: number }>`
      insert into alert_channels (kind, name, sealed, hint, enabled, by_default, severity, per_hour, user_id, created_by)
      select ${target.kind}::text, ${called}::text, ${secrets.seal("alerts", JSON.stringify(target))}::text,
        ${hintOf(target)}::text, ${wish.enabled}::boolean, ${wish.byDefault}::boolean, ${wish.severity}::text,
        ${wish.perHour}::int, ${userId}::bigint, ${JSON.stringify(actor)}::jsonb
      where (select count(*) from alert_channels where removed_at is null) < ${sql.lit(MOST_CHANNELS)}
      on conflict (name) where removed_at is null do nothing
      returning channel_id as id`.execute(trx);
    const [added] = rows;
    if (!added) {
      throw new DomainError(
        "conflict",
        `there is a channel ${called} already, or there are ${MOST_CHANNELS} of them`,
      );
    }
    await audit(trx, actor, "added", added.id, {
      kind: target.kind,
      name: called,
      hint: hintOf(target),
      ...wish,
    });
    return added.id;
  });
}

/**
 * Changes what a channel gets. What waits for one that is switched off is not sent.
 *
 * @throws DomainError `not_found`; `invalid_argument` naming the field
 */
export async function changeChannel(
  db: Kysely<Database>,
  actor: Actor,
  id: number,
  wish: ChannelWish,
): Promise<void> {
  checkWish(wish);
  const { enabled, byDefault, severity, perHour } = wish;
  await db.transaction().execute(async (trx) => {
    const changed = await trx
      .updateTable("alert_channels")
      .set({ enabled, by_default: byDefault, severity, per_hour: perHour, disabled_why: null })
      .where("channel_id", "=", id)
      .where("removed_at", "is", null)
      .returning("channel_id")
      .executeTakeFirst();
    if (!changed) throw new DomainError("not_found", `there is no channel ${id}`);
    if (!enabled) await dropWaiting(trx, id);
    await audit(trx, actor, "changed", id, { ...wish });
  });
}

/**
 * Takes a channel away with its secrets; the log of what was sent stays.
 *
 * @throws DomainError `not_found`; `conflict` while alerts that nobody acknowledges go there
 */
export async function removeChannel(db: Kysely<Database>, actor: Actor, id: number): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const used = await trx
      .selectFrom("alert_settings")
      .select("single")
      .where("escalate_to", "=", id)
      .executeTakeFirst();
    if (used)
      throw new DomainError(
        "conflict",
        "alerts that nobody acknowledges go there: name another channel first",
      );
    const removed = await trx
      .updateTable("alert_channels")
      .set({ removed_at: sql`now()`, enabled: false, sealed: "" })
      .where("channel_id", "=", id)
      .where("removed_at", "is", null)
      .returning("name")
      .executeTakeFirst();
    if (!removed) throw new DomainError("not_found", `there is no channel ${id}`);
    await dropWaiting(trx, id);
    await audit(trx, actor, "removed", id, { name: removed.name });
  });
}

/**
 * Somebody's browser is told no more.
 *
 * @throws DomainError `conflict` as {@link removeChannel}
 */
export async function removeOwnBrowser(
  db: Kysely<Database>,
  secrets: SecretBox,
  actor: Actor,
  userId: number,
  endpoint: string,
): Promise<void> {
  const own = await db
    .selectFrom("alert_channels")
    .select(["channel_id", "sealed"])
    .where("user_id", "=", userId)
    .where("kind", "=", "push")
    .where("removed_at", "is", null)
    .execute();
  for (const { channel_id, sealed } of own) {
    const opened = channelTarget.safeParse(JSON.parse(secrets.open("alerts", sealed) ?? "null"));
    if (opened.success && "endpoint" in opened.data && opened.data.endpoint === endpoint)
      await removeChannel(db, actor, channel_id);
  }
}

/** Nothing more can be sent there; said on the page. */
export async function disableChannel(trx: Transaction<Database>, id: number, why: string): Promise<void> {
  await trx
    .updateTable("alert_channels")
    .set({ enabled: false, disabled_why: why })
    .where("channel_id", "=", id)
    .execute();
  await dropWaiting(trx, id);
  await audit(trx, SYSTEM, "disabled", id, { why });
}

async function dropWaiting(trx: Transaction<Database>, id: number): Promise<void> {
  await trx
    .updateTable("alert_messages")
    .set({ state: "dropped", said: "its channel was switched off" })
    .where("channel_id", "=", id)
    .where("state", "in", ["waiting", "sending"])
    .execute();
}

/**
 * Puts a test message on its way; a worker sends it at once, and does not try twice.
 *
 * @returns its id
 * @throws DomainError `not_found`; `conflict` when the channel is switched off
 */
export async function testChannel(db: Kysely<Database>, actor: Actor, id: number): Promise<string> {
  return await db.transaction().execute(async (trx) => {
    const channel = await trx
      .selectFrom("alert_channels")
      .select(["name", "enabled"])
      .where("channel_id", "=", id)
      .where("removed_at", "is", null)
      .executeTakeFirst();
    if (!channel) throw new DomainError("not_found", `there is no channel ${id}`);
    if (!channel.enabled) throw new DomainError("conflict", "it is switched off: switch it on first");
    const message_id = randomUUID();
    const now = new Date();
    await trx
      .insertInto("alert_messages")
      .values({ message_id, channel_id: id, test: true, slot_at: now, due_at: sql`clock_timestamp()` })
      .execute();
    await trx
      .insertInto("alert_notices")
      .values({
        ...{ message_id, channel_id: id, event: "test", severity: "info", link: "/alerts", at: now },
        title: "Test of alerts",
        body: `${actor.name} pressed Test: alerts arrive on the channel ${channel.name}`,
      })
      .execute();
    await audit(trx, actor, "tested", id, { name: channel.name });
    return message_id;
  });
}

/** @throws DomainError `invalid_argument` */
function checkWish({ perHour }: ChannelWish): void {
  if (!Number.isInteger(perHour) || perHour < 1 || perHour > 3_600)
    throw DomainError.invalid([{ field: "per_hour", description: "must be a whole number from 1 to 3600" }]);
}

async function audit(
  trx: Transaction<Database>,
  actor: Actor,
  what: string,
  id: number,
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  await appendAudit(trx, { actor, act: `alerts.channel_${what}`, subject: `alert_channel:${id}`, detail });
}
