import { type Kysely, type Selectable, sql, type Transaction, type UpdateObject } from "kysely";
import { type Actor, SYSTEM } from "../../domain/actors.ts";
import { containsPan } from "../../domain/pan.ts";
import { isRiskTier, type RiskTier } from "../../domain/tiers.ts";
import { WEBHOOK_EVENT_NAMES, WEBHOOK_EVENTS, type WebhookEvent } from "../../domain/webhooks.ts";
import { type AllowedInside, resolveOutside } from "../../platform/outgoing/addresses.ts";
import { wrongAddress } from "../../platform/outgoing/post.ts";
import { DomainError, type FieldViolation, messageOf } from "../../platform/process/errors.ts";
import { isStorableText } from "../../platform/process/storable.ts";
import type { SecretBox } from "../accounts/secret-box.ts";
import { raiseAlert, resolveAlert } from "../alerts/raise.ts";
import { appendAudit } from "../audit/append.ts";
import type { Database, WebhookEndpointsTable } from "../store/schema.ts";
import { newSecret } from "./signing.ts";

/** The earlier secret signs beside its successor for so long. */
export const OVERLAP_HOURS = 24;
const LONGEST_DESCRIPTION = 200;
/** Each is looked at twice a second. */
const MOST_ENDPOINTS = 50;
/** Purpose of the seal. */
export const SEALED_FOR = "webhooks";

/** An endpoint as people see it; its secret is not among it. */
export interface WebhookEndpoint {
  readonly id: number;
  readonly url: string;
  readonly description: string;
  readonly events: readonly WebhookEvent[];
  /** Null is all. */
  readonly tiers: readonly RiskTier[] | null;
  readonly owner: Actor;
  readonly createdAt: Date;
  readonly state: "enabled" | "disabled";
  readonly disabledWhy: string | null;
  /** Until when the earlier secret signs too; null when there is none. */
  readonly earlierUntil: Date | null;
  readonly failingSince: Date | null;
  readonly lastSuccessAt: Date | null;
}

/** What a new endpoint is to be. */
export interface EndpointWish {
  readonly url: string;
  readonly description: string;
  readonly events: readonly string[];
  /** None is all. */
  readonly tiers: readonly string[];
}

/** `secret` is shown once and kept sealed. */
export interface MadeEndpoint {
  readonly endpoint: WebhookEndpoint;
  readonly secret: string;
}

/** What acts on endpoints need. */
export interface WebhookStore {
  readonly db: Kysely<Database>;
  readonly secrets: SecretBox;
  /** `OUTGOING_ALLOW` */
  readonly allowed: AllowedInside;
}

/** All endpoints, in the order in which they were made. */
export async function listEndpoints(db: Kysely<Database>): Promise<WebhookEndpoint[]> {
  const rows = await db.selectFrom("webhook_endpoints").selectAll().orderBy("endpoint_id").execute();
  return rows.map(toEndpoint);
}

/** @throws DomainError `not_found` */
export async function readEndpoint(db: Kysely<Database>, id: number): Promise<WebhookEndpoint> {
  const row = await db
    .selectFrom("webhook_endpoints")
    .selectAll()
    .where("endpoint_id", "=", id)
    .executeTakeFirst();
  if (!row) throw noSuchEndpoint(id);
  return toEndpoint(row);
}

/**
 * Makes an endpoint. It is told of what happens from now on.
 *
 * @throws DomainError `invalid_argument` naming each wrong field, and where nothing of ours may leave for; `conflict`
 *   when there are too many
 */
export async function addEndpoint(
  { db, secrets, allowed }: WebhookStore,
  by: Actor,
  wish: EndpointWish,
): Promise<MadeEndpoint> {
  const checked = await checkedWish(wish, allowed);
  const secret = newSecret();
  return await db.transaction().execute(async (trx) => {
    const { many } = await trx
      .selectFrom("webhook_endpoints")
      .select((eb) => eb.fn.countAll<number>().as("many"))
      .executeTakeFirstOrThrow();
    if (Number(many) >= MOST_ENDPOINTS)
      throw new DomainError("conflict", `there are ${MOST_ENDPOINTS} endpoints already: remove some first`);
    const row = await trx
      .insertInto("webhook_endpoints")
      .values({
        ...checked,
        secret: secrets.seal(SEALED_FOR, secret),
        owner: JSON.stringify(by),
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    const { url, events, tiers } = checked;
    await audit(trx, by, "webhook.added", row.endpoint_id, { url, events, ...(tiers ? { tiers } : {}) });
    return { endpoint: toEndpoint(row), secret };
  });
}

/**
 * Gives an endpoint another secret. For {@link OVERLAP_HOURS} both sign, so that the receiver can change over.
 *
 * @throws DomainError `not_found`
 */
export async function rotateSecret(
  { db, secrets }: WebhookStore,
  by: Actor,
  id: number,
): Promise<MadeEndpoint> {
  const secret = newSecret();
  const endpoint = await change(db, by, id, "webhook.rotated", {
    earlier_secret: sql<string>`secret`,
    earlier_until: sql<Date>`clock_timestamp() + ${OVERLAP_HOURS}::int * interval '1 hour'`,
    secret: secrets.seal(SEALED_FOR, secret),
  });
  return { endpoint, secret };
}

/** Sends again to an endpoint, with what waited meanwhile first. @throws DomainError `not_found` */
export async function enableEndpoint(db: Kysely<Database>, by: Actor, id: number): Promise<WebhookEndpoint> {
  return await change(
    db,
    by,
    id,
    "webhook.enabled",
    {
      ...{ state: "enabled", disabled_why: null, owner_told: true },
      ...{ failing_since: null, failures: 0, not_before: null },
    },
    (trx) => resolveAlert(trx, "webhook_disabled", subjectOf(id), `Enabled by ${by.name}`),
  );
}

/** Sends no more to an endpoint; of what happens meanwhile it is not told later either. @throws DomainError `not_found` */
export async function disableEndpoint(db: Kysely<Database>, by: Actor, id: number): Promise<WebhookEndpoint> {
  return await change(db, by, id, "webhook.disabled", {
    state: "disabled",
    disabled_why: `by ${by.name}`,
    owner_told: true,
  });
}

/** Takes an endpoint and its log away. @throws DomainError `not_found` */
export async function removeEndpoint(db: Kysely<Database>, by: Actor, id: number): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const row = await trx
      .deleteFrom("webhook_endpoints")
      .where("endpoint_id", "=", id)
      .returning("url")
      .executeTakeFirst();
    if (!row) throw noSuchEndpoint(id);
    await audit(trx, by, "webhook.removed", id, { url: row.url });
  });
}

/** What an alert about an endpoint is about. */
const subjectOf = (id: number): string => `webhook:${id}`;

/** Disables an endpoint because of how it answers, once; whether its owner had word is kept with it. */
export async function disableFailing(db: Kysely<Database>, id: number, why: string): Promise<boolean> {
  return await db.transaction().execute(async (trx) => {
    const row = await trx
      .updateTable("webhook_endpoints")
      .set({ state: "disabled", disabled_why: why, owner_told: false })
      .where("endpoint_id", "=", id)
      .where("state", "=", "enabled")
      .returning("url")
      .executeTakeFirst();
    if (row) {
      await audit(trx, SYSTEM, "webhook.disabled", id, { url: row.url, why });
      await raiseAlert(trx, {
        ...{ kind: "webhook_disabled", subject: subjectOf(id), link: `/webhooks/${id}` },
        body: `Nothing more is sent to ${row.url}: ${why}`,
      });
    }
    return row !== undefined;
  });
}

async function change(
  db: Kysely<Database>,
  by: Actor,
  id: number,
  act: string,
  set: UpdateObject<Database, "webhook_endpoints", "webhook_endpoints">,
  beside: (trx: Transaction<Database>) => Promise<unknown> = async () => {},
): Promise<WebhookEndpoint> {
  return await db.transaction().execute(async (trx) => {
    const row = await trx
      .updateTable("webhook_endpoints")
      .set(set)
      .where("endpoint_id", "=", id)
      .returningAll()
      .executeTakeFirst();
    if (!row) throw noSuchEndpoint(id);
    await audit(trx, by, act, id, { url: row.url });
    await beside(trx);
    return toEndpoint(row);
  });
}

async function audit(
  trx: Transaction<Database>,
  actor: Actor,
  act: string,
  id: number,
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  await appendAudit(trx, { actor, act, subject: `webhook:${id}`, detail });
}

const noSuchEndpoint = (id: number): DomainError =>
  new DomainError("not_found", `there is no webhook endpoint ${id}`);

async function checkedWish(wish: EndpointWish, allowed: AllowedInside) {
  const violations: FieldViolation[] = [];
  const url = wish.url.trim();
  const wrong = wrongAddress(url) ?? (await wrongPlace(url, allowed));
  if (wrong !== undefined) violations.push({ field: "url", description: wrong });
  const description = wish.description.trim();
  if ([...description].length > LONGEST_DESCRIPTION)
    violations.push({
      field: "description",
      description: `must have at most ${LONGEST_DESCRIPTION} characters`,
    });
  else if (!isStorableText(description) || /\p{Cc}/u.test(description))
    violations.push({ field: "description", description: "must be one line of text" });
  else if (containsPan(description))
    violations.push({ field: "description", description: "looks as if it holds a card number" });
  const events = WEBHOOK_EVENT_NAMES.filter((name) => wish.events.includes(name));
  const unknown = wish.events.find((name) => !Object.hasOwn(WEBHOOK_EVENTS, name));
  if (unknown !== undefined)
    violations.push({
      field: "events",
      description: `must be of ${WEBHOOK_EVENT_NAMES.join(", ")}: ${unknown.slice(0, 50)} is not`,
    });
  else if (events.length === 0)
    violations.push({ field: "events", description: "must name at least one event" });
  const tiers = [...new Set(wish.tiers.filter(isRiskTier))];
  if (wish.tiers.some((tier) => !isRiskTier(tier)))
    violations.push({ field: "tiers", description: "must be of low, medium, high, critical" });
  if (violations.length > 0) throw DomainError.invalid(violations);
  return { url, description, events, tiers: tiers.length > 0 ? tiers : null };
}

/** Why nothing of ours may leave for there; what leaves this network is encrypted. */
async function wrongPlace(text: string, allowed: AllowedInside): Promise<string | undefined> {
  const { protocol, hostname } = new URL(text);
  try {
    const { address, family } = await resolveOutside(hostname, allowed);
    const named =
      allowed.hosts.has(hostname.toLowerCase()) ||
      allowed.networks.check(address, family === 6 ? "ipv6" : "ipv4");
    if (protocol === "http:" && !named)
      return "must begin with https://: plain text goes only to places that OUTGOING_ALLOW names";
    return undefined;
  } catch (error) {
    return `cannot be sent to: ${messageOf(error)}`;
  }
}

function toEndpoint(row: Selectable<WebhookEndpointsTable>): WebhookEndpoint {
  const earlier = row.earlier_until && row.earlier_until > new Date() ? row.earlier_until : null;
  return {
    id: row.endpoint_id,
    url: row.url,
    description: row.description,
    events: row.events,
    tiers: row.tiers,
    owner: row.owner,
    createdAt: row.created_at,
    state: row.state,
    disabledWhy: row.disabled_why,
    earlierUntil: earlier,
    failingSince: row.failing_since,
    lastSuccessAt: row.last_success_at,
  };
}
