import { type Kysely, sql } from "kysely";
import type { ChannelKind, MessageState } from "../../domain/alerts.ts";
import { rightsOf } from "../../domain/rights.ts";
import { type Backoff, backoffMs } from "../../platform/process/backoff.ts";
import { messageOf } from "../../platform/process/errors.ts";
import { failPoint } from "../../platform/process/fail-point.ts";
import type { Logger } from "../../platform/process/logger.ts";
import { Nap } from "../../platform/process/nap.ts";
import type { SecretBox } from "../accounts/secret-box.ts";
import type { Database } from "../store/schema.ts";
import { type ChannelTarget, channelTarget, disableChannel } from "./channels.ts";
import { raiseAlert, resolveAlert } from "./raise.ts";
import type { Notice, OutgoingAlerts } from "./sending/notice.ts";
import type { SendResult } from "./sending/send.ts";

export interface DelivererOptions {
  readonly db: Kysely<Database>;
  readonly logger: Logger;
  readonly secrets: () => Promise<SecretBox>;
  /** @throws Error in words that may be shown */
  readonly send: (message: OutgoingAlerts, target: ChannelTarget) => Promise<SendResult>;
  readonly onOutcome?: (channel: ChannelKind, outcome: "sent" | "retried" | "failed") => void;
  /** How often it is looked for what is due, milliseconds. */
  readonly pollMs?: number;
  /** Whoever claimed a message has sent it by then, or is dead: another sends it, milliseconds. */
  readonly claimMs?: number;
}

export interface Deliverer {
  /** Something was committed: look now. */
  nudge(): void;
  /** Waits for what is being sent. */
  stop(): Promise<void>;
}

/** Messages on their way at once, each to another channel. */
const AT_ONCE = 8;
const BEFORE_RETRY: Backoff = { firstMs: 5_000, mostMs: 900_000, jitter: 0.2 };
/** A message that was not taken by then is given up. */
const GIVE_UP_MS = 24 * 3_600_000;
/** Of a server's answer so much is kept, characters. */
const KEPT = 500;

interface Claimed extends OutgoingAlerts {
  readonly test: boolean;
  readonly attempts: number;
  readonly sealed: string;
}

/**
 * Sends the messages of alerts: every worker takes what is due, one message of a channel at a time, channels side by side,
 * so that a server that hangs holds up nobody else. A message is claimed before it is sent; when whoever claimed it dies,
 * another sends it under the same id.
 *
 * They do not leave by the relay of the outbox, because that delivers aggregates and review timers: a server outside may
 * take seconds to answer, and those must not wait for it.
 */
export function startDeliverer(options: DelivererOptions): Deliverer {
  const { db, logger, pollMs = 1_000, claimMs = 30_000 } = options;
  const underWay = new Set<Promise<void>>();
  let stopping = false;
  let failing = false;
  const nap = new Nap();
  let nudged = false;

  const nudge = (): void => {
    nudged = true;
    nap.wake();
  };

  const running = (async () => {
    while (!stopping) {
      nudged = false;
      let claimed: Claimed | undefined;
      try {
        claimed = underWay.size < AT_ONCE ? await claim(db, claimMs) : undefined;
        failing = false;
      } catch (error) {
        if (!failing)
          logger.warn({ err: messageOf(error) }, "messages of alerts cannot be read, trying again");
        failing = true;
      }
      if (claimed) {
        const work: Promise<void> = deliver(options, claimed)
          .catch((error: unknown) =>
            logger.warn(
              { err: messageOf(error), messageId: claimed.messageId },
              "what became of a message of alerts was not noted",
            ),
          )
          .finally(() => {
            underWay.delete(work);
            nudge();
          });
        underWay.add(work);
      } else if (!stopping && !nudged) await nap.rest(pollMs);
    }
    await Promise.all(underWay);
  })();
  return {
    nudge,
    async stop() {
      stopping = true;
      nap.wake();
      await running;
    },
  };
}

/** Claims the message that has been due the longest, of a channel that nobody sends to just now. */
async function claim(db: Kysely<Database>, claimMs: number): Promise<Claimed | undefined> {
  const due = sql`(m.state = 'waiting' and m.due_at <= clock_timestamp()
    or m.state = 'sending' and m.claimed_until <= clock_timestamp())`;
  const { rows } = await sql<{
    messageId: string;
    channel: number;
    test: boolean;
    attempts: number;
    createdAt: Date;
  }>`
    with channel as (
      select c.channel_id from alert_channels c
      where c.enabled and exists (select from alert_messages m where m.channel_id = c.channel_id and ${due})
        and not exists (
          select from alert_messages m
          where m.channel_id = c.channel_id and m.state = 'sending' and m.claimed_until > clock_timestamp())
      order by (select min(m.due_at) from alert_messages m where m.channel_id = c.channel_id and ${due})
      limit 1 for no key update skip locked)
    update alert_messages m
    set state = 'sending', attempts = attempts + 1,
      claimed_until = clock_timestamp() + ${claimMs}::float8 * interval '1 millisecond'
    where message_id = (
      select m.message_id from alert_messages m join channel using (channel_id)
      where ${due} order by m.due_at, m.created_at limit 1)
      -- Asked again of the row as it is by now: another may have claimed it a moment ago.
      and ${due}
    returning message_id as "messageId", channel_id as channel, test, attempts, created_at as "createdAt"`.execute(
    db,
  );
  const [row] = rows;
  if (!row) return undefined;
  const { channel: id, ...message } = row;
  const [channel, notices] = await Promise.all([
    db
      .selectFrom("alert_channels")
      .select(["channel_id as id", "kind", "name", "sealed"])
      .where("channel_id", "=", id)
      .executeTakeFirstOrThrow(),
    readNotices(db, message.messageId),
  ]);
  const { sealed, ...named } = channel;
  return { ...message, channel: named, sealed, notices };
}

async function readNotices(db: Kysely<Database>, messageId: string): Promise<Notice[]> {
  return await db
    .selectFrom("alert_notices")
    .select([
      "alert_id as alertId",
      "event",
      "kind",
      "severity",
      "title",
      "body",
      "link",
      "value",
      "threshold",
      "at",
    ])
    .where("message_id", "=", messageId)
    .orderBy("notice_id")
    .execute();
}

async function deliver(options: DelivererOptions, message: Claimed): Promise<void> {
  const { db, logger, secrets, send, onOutcome = () => {} } = options;
  failPoint("alert.claimed");
  const result = await trySend(db, message, secrets, send);
  failPoint("alert.sent");
  const { id, kind, name } = message.channel;
  const about = { channel: name, messageId: message.messageId, status: result.status };
  const note = { status: result.status, said: result.said.slice(0, KEPT), claimed_until: null };
  if (result.ok) {
    await db.transaction().execute(async (trx) => {
      await finish(trx, message.messageId, { ...note, state: "sent", sent_at: sql<Date>`clock_timestamp()` });
      await resolveAlert(trx, "channel_failing", `channel:${id}`, `${name} takes alerts again`);
    });
    logger.info(about, "an alert was sent");
    onOutcome(kind, "sent");
    return;
  }
  const tooOld = Date.now() - message.createdAt.getTime() > GIVE_UP_MS;
  if (result.gone || message.test || tooOld) {
    await db.transaction().execute(async (trx) => {
      await finish(trx, message.messageId, { ...note, state: "failed" });
      if (result.gone)
        await disableChannel(trx, id, result.status === null ? result.said : "the browser unsubscribed");
      else if (tooOld && !message.test) {
        await raiseAlert(trx, {
          ...{ kind: "channel_failing", subject: `channel:${id}`, except: id },
          body: `${name} did not take a message for 24 hours; its server said: ${note.said}`,
        });
      }
    });
    logger.error({ ...about, said: note.said }, "an alert was given up");
    onOutcome(kind, "failed");
    return;
  }
  const wait = Math.max(result.retryAfterMs ?? 0, backoffMs(BEFORE_RETRY, message.attempts - 1));
  const due = sql<Date>`clock_timestamp() + ${Math.min(wait, 3_600_000)}::float8 * interval '1 millisecond'`;
  await finish(db, message.messageId, { ...note, state: "waiting", due_at: due });
  if (message.attempts === 1)
    logger.warn({ ...about, said: note.said }, "an alert was not taken, trying again");
  onOutcome(kind, "retried");
}

/** What came of trying: a failure in words like an answer. */
async function trySend(
  db: Kysely<Database>,
  message: Claimed,
  secrets: DelivererOptions["secrets"],
  send: DelivererOptions["send"],
): Promise<SendResult> {
  try {
    if (message.channel.kind === "push" && !(await mayStillRead(db, message.channel.id)))
      return { ok: false, status: null, said: "its owner may not read alerts any more", gone: true };
    const opened = (await secrets()).open("alerts", message.sealed);
    if (opened === null)
      throw new Error("its address was sealed with another SECRET_KEY than this worker has");
    return await send(message, channelTarget.parse(JSON.parse(opened)));
  } catch (error) {
    return { ok: false, status: null, said: messageOf(error) };
  }
}

/** Notes what became of a message, unless its channel was switched off meanwhile. */
async function finish(
  db: Kysely<Database>,
  messageId: string,
  what: {
    readonly state: MessageState;
    readonly status: number | null;
    readonly said: string;
    readonly claimed_until: null;
    readonly sent_at?: ReturnType<typeof sql<Date>>;
    readonly due_at?: ReturnType<typeof sql<Date>>;
  },
): Promise<void> {
  await db
    .updateTable("alert_messages")
    .set(what)
    .where("message_id", "=", messageId)
    .where("state", "=", "sending")
    .execute();
}

/** Whether the person whose browser it is still has an account that reads alerts. */
async function mayStillRead(db: Kysely<Database>, channel: number): Promise<boolean> {
  const owner = await db
    .selectFrom("alert_channels as c")
    .innerJoin("users as u", "u.user_id", "c.user_id")
    .select(["u.role", "u.disabled_at"])
    .where("c.channel_id", "=", channel)
    .executeTakeFirst();
  return (
    owner !== undefined && owner.disabled_at === null && rightsOf(owner.role).includes("operations.read")
  );
}
