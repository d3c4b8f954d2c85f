import type { Kysely } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import { type DeliveryState, type SentEvent, TEST_EVENT } from "../../domain/webhooks.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { recordAct } from "../audit/append.ts";
import type { Database } from "../store/schema.ts";
import { readEndpoint } from "./endpoints.ts";
import type { DeliveryAbout } from "./payload.ts";
import { newMessageId } from "./signing.ts";

/** A message to an endpoint, as lists show it. */
export interface WebhookDelivery {
  readonly id: number;
  readonly endpointId: number;
  readonly messageId: string;
  readonly event: SentEvent;
  readonly happenedAt: Date;
  readonly state: DeliveryState;
  readonly attempts: number;
  /** Of one that waits. */
  readonly nextAt: Date | null;
  /** The last attempt; null before the first. */
  readonly lastAt: Date | null;
  /** HTTP's status; null when no answer came. */
  readonly lastStatus: number | null;
  readonly lastSaid: string | null;
}

const PAGE = 50;
/** Rows that are forgotten in one statement. */
const SLICE = 5_000;

/**
 * What was sent to an endpoint, the newest first, by keyset.
 *
 * @param before only those before this id: `nextBefore` of the page before
 * @throws DomainError `not_found` when there is no such endpoint
 */
export async function listDeliveries(
  db: Kysely<Database>,
  endpointId: number,
  { state, before, limit = PAGE }: { state?: DeliveryState; before?: number; limit?: number } = {},
): Promise<{ items: WebhookDelivery[]; nextBefore: number | null }> {
  await readEndpoint(db, endpointId);
  let query = db
    .selectFrom("webhook_deliveries")
    .selectAll()
    .where("endpoint_id", "=", endpointId)
    .orderBy("delivery_id", "desc")
    .limit(limit + 1);
  if (state) query = query.where("state", "=", state);
  if (before !== undefined) query = query.where("delivery_id", "<", before);
  const rows = await query.execute();
  const items = rows.slice(0, limit).map(
    (row): WebhookDelivery => ({
      id: row.delivery_id,
      endpointId: row.endpoint_id,
      messageId: row.message_id,
      event: row.event,
      happenedAt: row.happened_at,
      state: row.state,
      attempts: row.attempts,
      nextAt: row.state === "waiting" ? row.next_at : null,
      lastAt: row.last_at,
      lastStatus: row.last_status,
      lastSaid: row.last_said,
    }),
  );
  return { items, nextBefore: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}

/** Has a message sent that says nothing but that it came. @returns its id @throws DomainError `not_found`, `conflict` */
export async function sendTest(db: Kysely<Database>, by: Actor, endpointId: number): Promise<number> {
  await readEnabled(db, endpointId);
  const about: DeliveryAbout = {
    data: { message: "A test from PaySecure: nothing happened.", asked_by: by.name },
  };
  const { delivery_id } = await db
    .insertInto("webhook_deliveries")
    .values({
      endpoint_id: endpointId,
      message_id: newMessageId(),
      event: TEST_EVENT,
      happened_at: new Date(),
      about: JSON.stringify(about),
    })
    .returning("delivery_id")
    .executeTakeFirstOrThrow();
  return delivery_id;
}

/**
 * Has a message sent again, under the id that it had.
 *
 * @throws DomainError `not_found`; `conflict` while it waits anyway, or its endpoint is disabled
 */
export async function replayDelivery(db: Kysely<Database>, by: Actor, id: number): Promise<void> {
  const row = await db
    .selectFrom("webhook_deliveries")
    .select("endpoint_id")
    .where("delivery_id", "=", id)
    .executeTakeFirst();
  if (!row) throw new DomainError("not_found", `there is no delivery ${id}`);
  await readEnabled(db, row.endpoint_id);
  const { numUpdatedRows } = await again(db).where("delivery_id", "=", id).executeTakeFirst();
  if (numUpdatedRows === 0n)
    throw new DomainError("conflict", `delivery ${id} waits and is sent without this`);
  await recordAct(db, {
    ...{ actor: by, act: "webhook.replayed", subject: `webhook:${row.endpoint_id}` },
    detail: { delivery: id },
  });
}

/**
 * Has everything sent again that failed since a moment.
 *
 * @returns how many
 * @throws DomainError `not_found`; `conflict` when the endpoint is disabled
 */
export async function replayFailed(
  db: Kysely<Database>,
  by: Actor,
  endpointId: number,
  since: Date,
): Promise<number> {
  await readEnabled(db, endpointId);
  const { numUpdatedRows } = await again(db)
    .where("endpoint_id", "=", endpointId)
    .where("state", "=", "failed")
    .where("created_at", ">=", since)
    .executeTakeFirst();
  const replayed = Number(numUpdatedRows);
  await recordAct(db, {
    ...{ actor: by, act: "webhook.replayed", subject: `webhook:${endpointId}` },
    detail: { since: since.toISOString(), replayed },
  });
  return replayed;
}

/** Forgets what was sent, or failed, longer ago. @returns how many rows */
export async function forgetDeliveries(db: Kysely<Database>, days: number): Promise<number> {
  const before = new Date(Date.now() - days * 86_400_000);
  for (let all = 0; ; ) {
    const { numDeletedRows } = await db
      .deleteFrom("webhook_deliveries")
      .where("delivery_id", "in", (eb) =>
        eb
          .selectFrom("webhook_deliveries")
          .select("delivery_id")
          .where("created_at", "<", before)
          .orderBy("created_at")
          .limit(SLICE),
      )
      .executeTakeFirst();
    all += Number(numDeletedRows);
    if (Number(numDeletedRows) < SLICE) return all;
  }
}

const again = (db: Kysely<Database>) =>
  db
    .updateTable("webhook_deliveries")
    .set({ state: "waiting", attempts: 0, next_at: new Date() })
    .where("state", "!=", "waiting");

async function readEnabled(db: Kysely<Database>, endpointId: number): Promise<void> {
  const { state } = await readEndpoint(db, endpointId);
  if (state !== "enabled")
    throw new DomainError("conflict", `the endpoint ${endpointId} is disabled: enable it first`);
}
