import { setTimeout as sleep } from "node:timers/promises";
import { type Kysely, type Selectable, sql } from "kysely";
import type { AllowedInside } from "../../platform/outgoing/addresses.ts";
import { type OutgoingAnswer, postOut } from "../../platform/outgoing/post.ts";
import { messageOf } from "../../platform/process/errors.ts";
import { failPoint } from "../../platform/process/fail-point.ts";
import type { Logger } from "../../platform/process/logger.ts";
import { Nap } from "../../platform/process/nap.ts";
import { storableText } from "../../platform/process/storable.ts";
import type { SecretBox } from "../accounts/secret-box.ts";
import type { Database, WebhookEndpointsTable } from "../store/schema.ts";
import { disableFailing, SEALED_FOR } from "./endpoints.ts";
import { renderBody, type Sendable } from "./payload.ts";
import { DISABLE_AFTER_MS, LONGEST_RETRY_AFTER_MS, nextTryMs } from "./schedule.ts";
import { signedHeaders } from "./signing.ts";

/** An endpoint has so long to answer, milliseconds. */
const LIMIT_MS = 15_000;
/** Whoever took a message and says nothing has died: another may take it. Longer than a try may take. */
const CLAIM_MS = 30_000;
/** On their way to one endpoint at once … */
const AT_ONCE = 8;
/** … and to one that failed so often in a row, one: it is asked whether it is back, not flooded. */
const FAILURES_OF_A_BROKEN_ONE = 5;
/** How long the sender rests when there is nothing to do and nobody nudges it. */
const POLL_MS = 500;
/** Characters of an answer that are kept. */
const KEPT = 300;

export type SendOutcome = "delivered" | "failed" | "given_up";

/** An endpoint that was disabled because of how it answers. */
export interface DisabledEndpoint {
  readonly id: number;
  readonly url: string;
  readonly why: string;
  readonly owner: Selectable<WebhookEndpointsTable>["owner"];
}

export interface SenderOptions {
  readonly db: Kysely<Database>;
  readonly secrets: SecretBox;
  readonly allowed: AllowedInside;
  readonly logger: Logger;
  /** Gives the owner of an endpoint word; asked again when it throws. */
  readonly tellOwner: (endpoint: DisabledEndpoint) => Promise<void>;
  readonly onOutcome?: (event: string, outcome: SendOutcome) => void;
  readonly limitMs?: number;
  readonly pollMs?: number;
}

export interface Sender {
  /** Something is to be sent: look now. */
  nudge(): void;
  /** Waits for what is on its way. */
  stop(): Promise<void>;
}

interface Claimed {
  readonly delivery_id: number;
  readonly endpoint_id: number;
  readonly message_id: string;
  readonly event: Sendable["event"];
  readonly happened_at: Date;
  readonly about: Sendable["about"];
  readonly attempts: number;
}

type Endpoint = Selectable<WebhookEndpointsTable>;

/**
 * Sends what is due, at least once, to each endpoint by itself: one that is slow or away holds up no other. Several
 * workers may send at once: each takes rows that no other has, and those of one that died are taken over.
 */
export function startSender(options: SenderOptions): Sender {
  const { db, logger, pollMs = POLL_MS } = options;
  const onTheWay = new Map<number, number>();
  const sending = new Set<Promise<void>>();
  let stopping = false;
  let failing = false;
  const nap = new Nap();

  const begin = (endpoint: Endpoint, claimed: Claimed): void => {
    const { endpoint_id: id } = endpoint;
    onTheWay.set(id, (onTheWay.get(id) ?? 0) + 1);
    const one = sendOne(options, endpoint, claimed)
      // Its claim runs out, and it is tried again.
      .catch((error: unknown) => logger.warn({ err: messageOf(error) }, "a webhook's outcome is not noted"))
      .finally(() => {
        onTheWay.set(id, (onTheWay.get(id) ?? 1) - 1);
        sending.delete(one);
        nap.wake();
      });
    sending.add(one);
  };
  const look = async (): Promise<number> => {
    const endpoints = await db.selectFrom("webhook_endpoints").selectAll().execute();
    await tellOwners(options, endpoints);
    const now = new Date();
    const rooms = endpoints
      .filter(({ state, not_before }) => state === "enabled" && (not_before === null || not_before <= now))
      .map(({ endpoint_id, failures }) => ({
        endpoint_id,
        room: (failures < FAILURES_OF_A_BROKEN_ONE ? AT_ONCE : 1) - (onTheWay.get(endpoint_id) ?? 0),
      }))
      .filter(({ room }) => room > 0);
    if (rooms.length === 0) return 0;
    const claimed = await claim(db, rooms);
    if (claimed.length > 0) failPoint("webhook.claimed");
    for (const each of claimed)
      begin(endpoints.find(({ endpoint_id }) => endpoint_id === each.endpoint_id)!, each);
    return claimed.length;
  };

  const running = (async () => {
    while (!stopping) {
      let begun = 0;
      try {
        begun = await look();
        failing = false;
      } catch (error) {
        if (!failing) logger.warn({ err: messageOf(error) }, "webhooks cannot be read, trying again");
        failing = true;
      }
      // Those that end wake it: there is room then.
      if (!stopping) await (begun > 0 ? sleep(10) : nap.rest(pollMs));
    }
  })();
  return {
    nudge: () => nap.wake(),
    async stop() {
      stopping = true;
      nap.wake();
      await running;
      await Promise.all(sending);
    },
  };
}

/** Takes what is due, the longest due first, for each endpoint as much as there is room for. */
async function claim(
  db: Kysely<Database>,
  rooms: readonly { readonly endpoint_id: number; readonly room: number }[],
): Promise<readonly Claimed[]> {
  const { rows } = await sql<Claimed>`
    update webhook_deliveries d set attempts = attempts + 1,
      next_at = clock_timestamp() + ${CLAIM_MS}::int * interval '1 millisecond'
    from (
      select due.delivery_id
      from json_to_recordset(${JSON.stringify(rooms)}::json) as r (endpoint_id bigint, room int)
      cross join lateral (
        select delivery_id from webhook_deliveries
        where endpoint_id = r.endpoint_id and state = 'waiting' and next_at <= clock_timestamp()
        order by next_at limit r.room for update skip locked
      ) due
    ) taken
    where d.delivery_id = taken.delivery_id
    returning d.delivery_id, d.endpoint_id, d.message_id, d.event, d.happened_at, d.about, d.attempts`.execute(
    db,
  );
  return rows;
}

async function sendOne(options: SenderOptions, endpoint: Endpoint, claimed: Claimed): Promise<void> {
  const { db, onOutcome = () => {} } = options;
  const body = await renderBody(db, {
    ...{ event: claimed.event, happenedAt: claimed.happened_at, about: claimed.about },
  });
  if (body === null) {
    await note(db, claimed, { state: "failed", said: "the store no longer has the decisions" });
    onOutcome(claimed.event, "given_up");
    return;
  }
  const answer = await post(options, endpoint, claimed, body);
  failPoint("webhook.sent");
  if ("status" in answer && answer.status >= 200 && answer.status < 300) {
    await note(db, claimed, { state: "delivered", status: answer.status, said: answer.said });
    await noteSuccess(db, endpoint.endpoint_id);
    onOutcome(claimed.event, "delivered");
    return;
  }
  const status = "status" in answer ? answer.status : undefined;
  const retryAfterMs = "status" in answer ? answer.retryAfterMs : undefined;
  const next = nextTryMs(claimed.attempts, retryAfterMs);
  await note(db, claimed, {
    state: next === undefined ? "failed" : "waiting",
    ...(next === undefined ? {} : { nextMs: next }),
    ...(status === undefined ? {} : { status }),
    said: answer.said,
  });
  onOutcome(claimed.event, next === undefined ? "given_up" : "failed");
  await noteFailure(db, endpoint.endpoint_id, status, retryAfterMs);
}

async function post(
  { db: _, secrets, allowed, limitMs = LIMIT_MS }: SenderOptions,
  endpoint: Endpoint,
  { message_id }: Claimed,
  body: string,
): Promise<OutgoingAnswer | { readonly said: string }> {
  const now = new Date();
  const both =
    endpoint.earlier_secret !== null && endpoint.earlier_until !== null && endpoint.earlier_until > now;
  const sealed = [endpoint.secret, ...(both ? [endpoint.earlier_secret!] : [])];
  const opened = sealed.flatMap((text) => secrets.open(SEALED_FOR, text) ?? []);
  if (opened.length === 0)
    return { said: "its secret was sealed with another key (SECRET_KEY, DATA_DIR): rotate it" };
  try {
    return await postOut({
      ...{ url: endpoint.url, body, limitMs, allowed },
      headers: signedHeaders(message_id, now, body, opened),
    });
  } catch (error) {
    return { said: messageOf(error) };
  }
}

async function note(
  db: Kysely<Database>,
  { delivery_id, attempts }: Claimed,
  what: {
    readonly state: "waiting" | "delivered" | "failed";
    readonly nextMs?: number;
    readonly status?: number;
    readonly said: string;
  },
): Promise<void> {
  await db
    .updateTable("webhook_deliveries")
    .set({
      state: what.state,
      last_at: sql<Date>`clock_timestamp()`,
      last_status: what.status ?? null,
      last_said: storableText(what.said.slice(0, KEPT)),
      ...(what.nextMs === undefined
        ? {}
        : { next_at: sql<Date>`clock_timestamp() + ${what.nextMs}::float8 * interval '1 millisecond'` }),
    })
    .where("delivery_id", "=", delivery_id)
    // Not of somebody's who took it over meanwhile.
    .where("attempts", "=", attempts)
    .execute();
}

/** Written when something changes, or once a minute: not at every message. */
async function noteSuccess(db: Kysely<Database>, id: number): Promise<void> {
  await sql`
    update webhook_endpoints set failing_since = null, failures = 0, last_success_at = clock_timestamp()
    where endpoint_id = ${id} and (failing_since is not null or last_success_at is null
      or last_success_at < clock_timestamp() - interval '1 minute')`.execute(db);
}

async function noteFailure(
  db: Kysely<Database>,
  id: number,
  status: number | undefined,
  retryAfterMs: number | undefined,
): Promise<void> {
  const waitMs = Math.min(retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS);
  const row = await db
    .updateTable("webhook_endpoints")
    .set({
      failing_since: sql<Date>`coalesce(failing_since, clock_timestamp())`,
      failures: sql<number>`failures + 1`,
      ...(waitMs === 0
        ? {}
        : { not_before: sql<Date>`clock_timestamp() + ${waitMs}::float8 * interval '1 millisecond'` }),
    })
    .where("endpoint_id", "=", id)
    .where("state", "=", "enabled")
    .returning(["failing_since"])
    .executeTakeFirst();
  if (!row) return;
  if (status === 410) await disableFailing(db, id, "it answered 410: it is gone for good");
  else if (row.failing_since !== null && Date.now() - row.failing_since.getTime() > DISABLE_AFTER_MS)
    await disableFailing(db, id, "for five days it did nothing but fail");
}

/** Owners have word once; of a worker that dies in between, another gives it again. */
async function tellOwners(
  { db, tellOwner, logger }: SenderOptions,
  endpoints: readonly Endpoint[],
): Promise<void> {
  for (const { endpoint_id, state, owner_told } of endpoints) {
    if (state !== "disabled" || owner_told) continue;
    try {
      await db.transaction().execute(async (trx) => {
        const row = await trx
          .updateTable("webhook_endpoints")
          .set({ owner_told: true })
          .where("endpoint_id", "=", endpoint_id)
          .where("owner_told", "=", false)
          .returning(["url", "disabled_why", "owner"])
          .executeTakeFirst();
        if (row)
          await tellOwner({
            ...{ id: endpoint_id, url: row.url, owner: row.owner },
            why: row.disabled_why ?? "",
          });
      });
    } catch (error) {
      logger.warn({ endpoint: endpoint_id, err: messageOf(error) }, "a webhook's owner had no word yet");
    }
  }
}
