import { Hono } from "hono";
import { z } from "zod";
import { DELIVERY_STATES } from "../../domain/webhooks.ts";
import {
  listDeliveries,
  replayDelivery,
  replayFailed,
  sendTest,
} from "../../pipeline/webhooks/deliveries.ts";
import {
  addEndpoint,
  disableEndpoint,
  type EndpointWish,
  enableEndpoint,
  listEndpoints,
  type MadeEndpoint,
  readEndpoint,
  removeEndpoint,
  rotateSecret,
  type WebhookEndpoint,
} from "../../pipeline/webhooks/endpoints.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { readQuery } from "../api/body.ts";
import { webhookStore } from "../api/webhooks.ts";
import { currentUser, requireRight } from "../auth/guard.ts";
import { sentence } from "../components/format.ts";
import { Page } from "../components/layout.tsx";
import { Notice } from "../components/notice.tsx";
import { viewOf } from "../components/view.ts";
import {
  Asked,
  DeliveryTable,
  DeliveryTabs,
  EndpointActs,
  EndpointForm,
  EndpointList,
  EndpointState,
  NewSecret,
  ReplayForm,
} from "../components/webhooks.tsx";
import { TimesIn, When } from "../components/when.tsx";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { numberIn, orSayWhy, readForm } from "./form.ts";

const many = z.union([z.string().transform((one) => [one]), z.array(z.string())]).default([]);
const addForm = z.object({
  url: z.string().default(""),
  description: z.string().default(""),
  events: many,
  tiers: many,
});
const querySchema = z.object({
  state: z.enum(DELIVERY_STATES).optional(),
  before: z.coerce.number().int().positive().optional(),
});
const replayForm = z.union([
  z.object({ delivery: z.coerce.number().int().positive() }),
  z.object({ hours: z.coerce.number().positive().max(8_784) }),
]);

const HOUR_MS = 3_600_000;
const RIGHT = "webhooks.manage";

/** `/webhooks`: which servers are told of what happens here, and what became of it. */
export function webhookRoutes(deps: Deps): Hono<AppEnv> {
  const { db, feed } = deps;
  const store = webhookStore(deps);
  const list = async (
    c: AppContext,
    { made, typed, refused }: { made?: MadeEndpoint; typed?: EndpointWish; refused?: DomainError } = {},
  ): Promise<Response> => {
    const view = viewOf(c);
    const [endpoints, snapshot] = await Promise.all([listEndpoints(db), feed.recent()]);
    return await c.html(
      <Page
        title="Webhooks"
        heading="Webhooks"
        sub="Servers that are told of decisions, cases and verdicts as they happen"
        view={view}
        live="/live/frame"
        reviews={snapshot.stats.reviews}
      >
        {refused && (
          <Notice notice={{ kind: "problem", text: `Nothing was changed. ${sentence(refused.message)}` }} />
        )}
        {made && <NewSecret secret={made.secret} endpoint={made.endpoint} view={view} />}
        <div class="keys-columns">
          <EndpointList endpoints={endpoints} view={view} />
          <EndpointForm typed={typed} refused={refused} />
        </div>
      </Page>,
      made ? 201 : 200,
    );
  };

  const show = async (
    c: AppContext,
    endpoint: WebhookEndpoint,
    { made, refused, done }: { made?: MadeEndpoint | undefined; refused?: DomainError; done?: string } = {},
  ): Promise<Response> => {
    const view = viewOf(c);
    const { state, before } = readQuery(c, querySchema);
    const [{ items, nextBefore }, snapshot] = await Promise.all([
      listDeliveries(db, endpoint.id, { ...(state ? { state } : {}), ...(before ? { before } : {}) }),
      feed.recent(),
    ]);
    const here = `/webhooks/${endpoint.id}`;
    const older = new URLSearchParams({ ...(state ? { state } : {}), before: String(nextBefore) });
    return await c.html(
      <Page
        title={`Webhook ${endpoint.id}`}
        heading={endpoint.description || `Webhook ${endpoint.id}`}
        sub={
          <>
            <EndpointState endpoint={endpoint} view={view} /> · <TimesIn view={view} />
          </>
        }
        crumbs={
          <>
            <a href="/webhooks">Webhooks</a>
            <span aria-hidden="true">/</span>
            <span>{endpoint.id}</span>
          </>
        }
        view={view}
        live="/live/frame"
        reviews={snapshot.stats.reviews}
      >
        {refused && <Notice notice={{ kind: "problem", text: sentence(refused.message) }} />}
        {done && (
          <p class="notice" role="status" data-kind="success">
            {done}
          </p>
        )}
        {made && <NewSecret secret={made.secret} endpoint={made.endpoint} view={view} />}
        <section class="panel" aria-labelledby="endpoint-title">
          <div class="panel-head">
            <h2 id="endpoint-title">Endpoint</h2>
          </div>
          <dl class="facts">
            <div>
              <dt>Address</dt>
              <dd class="mono letter-why">{endpoint.url}</dd>
            </div>
            <div>
              <dt>Is told</dt>
              <dd>
                <Asked endpoint={endpoint} />
              </dd>
            </div>
            <div>
              <dt>Added</dt>
              <dd>
                by {endpoint.owner.name}, <When at={endpoint.createdAt} view={view} style="short" />
              </dd>
            </div>
          </dl>
          <EndpointActs endpoint={endpoint} />
        </section>
        <DeliveryTabs endpoint={endpoint.id} chosen={state} />
        <section class="panel" aria-label="Messages">
          {items.length === 0 ? (
            <p class="empty">No message {state ? "of this kind" : "yet"}.</p>
          ) : (
            <DeliveryTable deliveries={items} enabled={endpoint.state === "enabled"} view={view} />
          )}
          {(nextBefore !== null || before !== undefined) && (
            <nav class="pager" aria-label="Pages">
              {before === undefined ? (
                <span></span>
              ) : (
                <a class="button" href={here}>
                  Newest
                </a>
              )}
              {nextBefore !== null && (
                <a class="button" href={`${here}?${older}`}>
                  Older
                </a>
              )}
            </nav>
          )}
        </section>
        {endpoint.state === "enabled" && <ReplayForm endpoint={endpoint.id} />}
      </Page>,
    );
  };

  /** Does something to the endpoint of the path and shows it, or why not. */
  const act = (
    c: AppContext,
    work: (id: number) => Promise<{ readonly made?: MadeEndpoint; readonly done?: string }>,
  ): Promise<Response> => {
    const id = numberIn(c, "id", "webhook endpoint");
    return orSayWhy(
      async () => {
        const told = await work(id);
        return await show(c, await readEndpoint(db, id), told);
      },
      async (refused) => show(c, await readEndpoint(db, id), { refused }),
    );
  };

  return new Hono<AppEnv>()
    .get("/webhooks", requireRight(RIGHT), (c) => list(c))
    .post("/webhooks", requireRight(RIGHT), async (c) => {
      const parsed = addForm.safeParse(await c.req.parseBody({ all: true }));
      if (!parsed.success) throw new DomainError("invalid_argument", "this is not what the form sends");
      const typed = parsed.data;
      return await orSayWhy(
        async () => list(c, { made: await addEndpoint(store, currentUser(c).actor, typed) }),
        (refused) => list(c, { typed, refused }),
      );
    })
    .get("/webhooks/:id", requireRight(RIGHT), async (c) =>
      show(c, await readEndpoint(db, numberIn(c, "id", "webhook endpoint"))),
    )
    .post("/webhooks/:id/test", requireRight(RIGHT), (c) =>
      act(c, async (id) => {
        await sendTest(db, currentUser(c).actor, id);
        return { done: "A test is on its way: load the page again to see what was answered." };
      }),
    )
    .post("/webhooks/:id/enable", requireRight(RIGHT), (c) =>
      act(c, async (id) => {
        await enableEndpoint(db, currentUser(c).actor, id);
        return {};
      }),
    )
    .post("/webhooks/:id/disable", requireRight(RIGHT), (c) =>
      act(c, async (id) => {
        await disableEndpoint(db, currentUser(c).actor, id);
        return {};
      }),
    )
    .post("/webhooks/:id/rotate", requireRight(RIGHT), (c) =>
      act(c, async (id) => ({ made: await rotateSecret(store, currentUser(c).actor, id) })),
    )
    .post("/webhooks/:id/replay", requireRight(RIGHT), (c) =>
      act(c, async (id) => {
        const form = await readForm(c, replayForm);
        const { actor } = currentUser(c);
        if ("delivery" in form) {
          await replayDelivery(db, actor, form.delivery);
          return { done: "It is on its way again." };
        }
        const replayed = await replayFailed(db, actor, id, new Date(Date.now() - form.hours * HOUR_MS));
        return { done: `${replayed === 1 ? "1 message is" : `${replayed} messages are`} on the way again.` };
      }),
    )
    .post("/webhooks/:id/remove", requireRight(RIGHT), async (c) => {
      await removeEndpoint(db, currentUser(c).actor, numberIn(c, "id", "webhook endpoint"));
      return c.redirect("/webhooks", 303);
    });
}
