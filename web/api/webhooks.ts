import { z } from "zod";
import { ACTOR_KINDS } from "../../domain/actors.ts";
import { RISK_TIERS } from "../../domain/tiers.ts";
import { DELIVERY_STATES, TEST_EVENT, WEBHOOK_EVENT_NAMES, WEBHOOK_EVENTS } from "../../domain/webhooks.ts";
import { instant } from "../../pipeline/doors/fields.ts";
import {
  listDeliveries,
  replayDelivery,
  replayFailed,
  sendTest,
  type WebhookDelivery,
} from "../../pipeline/webhooks/deliveries.ts";
import {
  addEndpoint,
  disableEndpoint,
  enableEndpoint,
  listEndpoints,
  removeEndpoint,
  rotateSecret,
  type WebhookEndpoint,
  type WebhookStore,
} from "../../pipeline/webhooks/endpoints.ts";
import { currentUser } from "../auth/guard.ts";
import type { Deps } from "../context.ts";
import { cursorOf } from "./cursor.ts";
import { type ApiRoute, jsonBody, route } from "./route.ts";

/** What acts on endpoints need, of what the web has. */
export function webhookStore({ db, secrets, config }: Deps): WebhookStore {
  return { db, secrets, allowed: config.OUTGOING_ALLOW };
}

const id = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const params = z.object({ id });
const eventName = z.enum(WEBHOOK_EVENT_NAMES);
const moment = z.iso.datetime().nullable();

const endpointJson = z.object({
  endpoint_id: z.int(),
  url: z.string(),
  description: z.string(),
  events: z.array(eventName),
  tiers: z.array(z.enum(RISK_TIERS)).nullable().meta({ description: "Null is all." }),
  state: z.enum(["enabled", "disabled"]),
  disabled_why: z.string().nullable(),
  failing_since: moment,
  last_success_at: moment,
  earlier_secret_until: moment.meta({ description: "Until when the secret before it signs too." }),
  owner: z.object({ kind: z.enum(ACTOR_KINDS), id: z.string(), name: z.string() }),
  created_at: z.iso.datetime(),
});
const secret = z.string().meta({ description: "whsec_…, shown this once." });

const deliveryJson = z.object({
  delivery_id: z.int(),
  message_id: z.string().meta({ description: "The header webhook-id, the same at every attempt." }),
  event: z.enum([...WEBHOOK_EVENT_NAMES, TEST_EVENT]),
  happened_at: z.iso.datetime(),
  state: z.enum(DELIVERY_STATES),
  attempts: z.int(),
  next_at: moment,
  last_at: moment,
  last_status: z.int().nullable().meta({ description: "Null when no answer came." }),
  last_said: z.string().nullable(),
});

const wish = z.strictObject({
  url: z.string().max(4_096),
  description: z.string().max(1_000).default(""),
  events: z.array(eventName).min(1).max(WEBHOOK_EVENT_NAMES.length),
  tiers: z.array(z.enum(RISK_TIERS)).max(RISK_TIERS.length).default([]),
});

const cursor = cursorOf(z.object({ before: z.int().positive() }));
const logQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: cursor.parameter.optional().meta({ description: "next_cursor of the page before." }),
  state: z.enum(DELIVERY_STATES).optional(),
});

const replayBody = z.union([
  z.strictObject({ delivery_id: z.int().positive() }),
  z.strictObject({ failed_since: instant }),
]);

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

function endpointToJson(endpoint: WebhookEndpoint): z.output<typeof endpointJson> {
  return {
    endpoint_id: endpoint.id,
    url: endpoint.url,
    description: endpoint.description,
    events: [...endpoint.events],
    tiers: endpoint.tiers && [...endpoint.tiers],
    state: endpoint.state,
    disabled_why: endpoint.disabledWhy,
    failing_since: iso(endpoint.failingSince),
    last_success_at: iso(endpoint.lastSuccessAt),
    earlier_secret_until: iso(endpoint.earlierUntil),
    owner: { ...endpoint.owner },
    created_at: endpoint.createdAt.toISOString(),
  };
}

function deliveryToJson(each: WebhookDelivery): z.output<typeof deliveryJson> {
  return {
    delivery_id: each.id,
    message_id: each.messageId,
    event: each.event,
    happened_at: each.happenedAt.toISOString(),
    state: each.state,
    attempts: each.attempts,
    next_at: iso(each.nextAt),
    last_at: iso(each.lastAt),
    last_status: each.lastStatus,
    last_said: each.lastSaid,
  };
}

const access = "webhooks.manage";
const made = z.object({ endpoint: endpointJson, secret });

/** Which servers are told of what happens here, for programs. */
export const WEBHOOK_ROUTES: readonly ApiRoute[] = [
  route(
    {
      ...{ method: "get", path: "/api/v1/webhooks", access, status: 200 },
      summary: "List the endpoints of webhooks",
      answer: z.object({ items: z.array(endpointJson) }),
    },
    ({ db }) =>
      async () => ({ items: (await listEndpoints(db)).map(endpointToJson) }),
  ),
  route(
    {
      ...{ method: "post", path: "/api/v1/webhooks", access, status: 200, failures: [409] },
      summary: "Add an endpoint",
      description: `It is told of what happens from now on, by the Standard Webhooks convention. ${WEBHOOK_EVENT_NAMES.map(
        (name) => `\`${name}\`: ${WEBHOOK_EVENTS[name]}.`,
      ).join(" ")} The answer is the only one that holds the secret.`,
      body: jsonBody(wish, {
        url: "https://203.0.113.10/paysecure",
        events: ["decision.flagged", "verdict.given"],
      }),
      answer: made,
    },
    (deps) =>
      async ({ body }, c) => {
        const { endpoint, secret } = await addEndpoint(webhookStore(deps), currentUser(c).actor, body);
        return { endpoint: endpointToJson(endpoint), secret };
      },
  ),
  route(
    {
      ...{ method: "get", path: "/api/v1/webhooks/{id}/deliveries", access, status: 200, failures: [404] },
      summary: "List what was sent to an endpoint, the newest first",
      params,
      query: logQuery,
      answer: z.object({ items: z.array(deliveryJson), next_cursor: z.string().nullable() }),
    },
    ({ db }) =>
      async ({ params, query: { limit, cursor: after, state } }) => {
        const { items, nextBefore } = await listDeliveries(db, params.id, {
          limit,
          ...(after ?? {}),
          ...(state ? { state } : {}),
        });
        return {
          items: items.map(deliveryToJson),
          next_cursor: nextBefore === null ? null : cursor.write({ before: nextBefore }),
        };
      },
  ),
  route(
    {
      ...{ method: "post", path: "/api/v1/webhooks/{id}/test", access, status: 202, failures: [404, 409] },
      summary: "Send an endpoint a message that says nothing",
      params,
      answer: z.object({ delivery_id: z.int() }),
    },
    ({ db }) =>
      async ({ params }, c) => ({ delivery_id: await sendTest(db, currentUser(c).actor, params.id) }),
  ),
  route(
    {
      ...{ method: "post", path: "/api/v1/webhooks/{id}/replay", access, status: 202, failures: [404, 409] },
      summary: "Send one message again, or all that failed since a moment",
      description: "Each under the `webhook-id` that it had.",
      params,
      body: jsonBody(replayBody, { failed_since: "2026-11-27T10:00:00Z" }),
      answer: z.object({ replayed: z.int() }),
    },
    ({ db }) =>
      async ({ params, body }, c) => {
        const { actor } = currentUser(c);
        if ("failed_since" in body)
          return { replayed: await replayFailed(db, actor, params.id, new Date(body.failed_since)) };
        await replayDelivery(db, actor, body.delivery_id);
        return { replayed: 1 };
      },
  ),
  route(
    {
      ...{ method: "post", path: "/api/v1/webhooks/{id}/rotate", access, status: 200, failures: [404] },
      summary: "Give an endpoint another secret",
      description: "For 24 hours messages bear the signatures of both.",
      params,
      answer: made,
    },
    (deps) =>
      async ({ params }, c) => {
        const { endpoint, secret } = await rotateSecret(webhookStore(deps), currentUser(c).actor, params.id);
        return { endpoint: endpointToJson(endpoint), secret };
      },
  ),
  route(
    {
      ...{ method: "post", path: "/api/v1/webhooks/{id}/enable", access, status: 200, failures: [404] },
      summary: "Send to an endpoint again",
      params,
      answer: endpointJson,
    },
    ({ db }) =>
      async ({ params }, c) =>
        endpointToJson(await enableEndpoint(db, currentUser(c).actor, params.id)),
  ),
  route(
    {
      ...{ method: "post", path: "/api/v1/webhooks/{id}/disable", access, status: 200, failures: [404] },
      summary: "Send no more to an endpoint",
      params,
      answer: endpointJson,
    },
    ({ db }) =>
      async ({ params }, c) =>
        endpointToJson(await disableEndpoint(db, currentUser(c).actor, params.id)),
  ),
  route(
    {
      ...{ method: "post", path: "/api/v1/webhooks/{id}/remove", access, status: 204, failures: [404] },
      summary: "Take an endpoint and its log away",
      params,
    },
    ({ db }) =>
      async ({ params }, c) => {
        await removeEndpoint(db, currentUser(c).actor, params.id);
        return undefined;
      },
  ),
];
