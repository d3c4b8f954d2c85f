import { Hono } from "hono";
import { z } from "zod";
import { check } from "../../pipeline/doors/json.ts";
import { listQueue } from "../../pipeline/review/queue.ts";
import { readQuery } from "../api/body.ts";
import { currentUser, mayDo, requireRight } from "../auth/guard.ts";
import { caseHref } from "../components/case-links.ts";
import { formatCount } from "../components/format.ts";
import { JustDecided } from "../components/just-decided.tsx";
import { Page } from "../components/layout.tsx";
import { Notice } from "../components/notice.tsx";
import { viewOf } from "../components/view.ts";
import { TimesIn } from "../components/when.tsx";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { frameFragments, liveSnapshot, render, whenQueueChanges } from "../fragments/fragments.tsx";
import { streamFragments } from "../fragments/stream.ts";
import { readJustDecided, reviewActions } from "../reviews/actions.ts";
import { QueueHead } from "./queue-head.tsx";
import { readLook } from "./queue-look.ts";
import { filterOf, ORDER_WORDS, pagesOf, querySchema, queueHref } from "./queue-query.ts";
import { Queue } from "./queue-table.tsx";

const nextForm = z.object({ tier: querySchema.shape.tier });

/** `/reviews`: what waits for a person, in the order it should be done. */
export function reviewQueueRoutes(deps: Deps): Hono<AppEnv> {
  const load = async (c: AppContext) => {
    const look = await readLook(deps, c);
    const user = currentUser(c);
    const first = await listQueue(deps.db, filterOf(look.query, user));
    if (first.items.length > 0 || look.query.page === 1) return { look, query: look.query, ...first };
    // The page is gone (or never was): the last one there is, so that the words beside it are true.
    const query = { ...look.query, page: pagesOf(first.total) };
    return { look: { ...look, query }, query, ...(await listQueue(deps.db, filterOf(query, user))) };
  };
  const actions = reviewActions(deps);
  return new Hono<AppEnv>()
    .get("/reviews", requireRight("reviews.read"), async (c) => {
      const view = viewOf(c);
      const [{ look, query, items, total }, snapshot] = await Promise.all([load(c), deps.feed.recent()]);
      const justDecided = await readJustDecided(deps, c, query.undo);
      const live = queueHref(query, { page: query.page }).replace("/reviews", "/live/reviews");
      return c.html(
        <Page
          title="Review queue"
          heading="Review queue"
          sub={
            <>
              <span id="queue-total">{formatCount(total)}</span>{" "}
              {query.show === "decided" ? "decided, latest first" : `waiting: ${ORDER_WORDS[query.order]}`}
              {(query.show === "decided" || look.columns.includes("opened")) && (
                <>
                  {" · "}
                  <TimesIn view={view} />
                </>
              )}
            </>
          }
          view={view}
          live={live}
          reviews={snapshot.stats.reviews}
        >
          {look.said && <Notice notice={{ kind: "warning", text: look.said }} />}
          <QueueHead look={look} view={view} />
          <JustDecided decided={justDecided} view={view} tier={query.tier} />
          <form id="row-verdict" method="post" hidden></form>
          <section class="panel" aria-label="Cases">
            <div id="queue">
              <Queue items={items} total={total} query={query} columns={look.columns} view={view} />
            </div>
          </section>
          {query.show !== "decided" && query.order === "worth" && (
            <p class="faint small">
              At stake is fraud probability × (amount ÷ the usual payment of its currency + 1): amounts of
              different currencies are never compared, and a sure fraud on a tiny amount does not sink.
            </p>
          )}
          <p class="keys">
            <span>
              <kbd>j</kbd> <kbd>k</kbd> down and up
            </span>
            <span>
              <kbd>Enter</kbd> open
            </span>
            <span>
              <kbd>f</kbd> <kbd>a</kbd> fraud or legitimate, for the marked row
            </span>
            {mayDo(view.user, "reviews.bulk") && (
              <span>
                <kbd>x</kbd> tick the marked row
              </span>
            )}
            {view.user?.session && (
              <span>
                <kbd>v</kbd> save as a view
              </span>
            )}
            <span>
              <kbd>?</kbd> all keys
            </span>
          </p>
        </Page>,
      );
    })
    .get("/live/reviews", requireRight("reviews.read"), (c) => {
      const view = viewOf(c);
      // Checked before the stream starts, so that a wrong filter is an error and not a silent stream.
      readQuery(c, querySchema);
      const list = whenQueueChanges(deps.feed, async () => {
        const { look, query, items, total } = await load(c);
        return await render(
          <>
            <hx-partial hx-target="#queue-total" hx-swap="textContent">
              {formatCount(total)}
            </hx-partial>
            <hx-partial hx-target="#queue" hx-swap="innerMorph">
              <Queue items={items} total={total} query={query} columns={look.columns} view={view} />
            </hx-partial>
          </>,
        );
      });
      return streamFragments(c, deps, async () => {
        const snapshot = await liveSnapshot(deps.feed);
        return (await render(frameFragments(snapshot, c.get("user")))) + (await list());
      });
    })
    .post("/reviews/next", requireRight("reviews.decide"), async (c) => {
      const { tier } = check(nextForm, await c.req.parseBody());
      const next = await actions.claimNext(c, tier);
      // What is shown then says that nobody's case is left.
      if (!next) return c.redirect(tier ? `/reviews?show=free&tier=${tier}` : "/reviews?show=free", 303);
      return c.redirect(caseHref(next.caseId, tier), 303);
    });
}
