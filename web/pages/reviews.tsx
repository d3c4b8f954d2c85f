import { Hono } from "hono";
import { z } from "zod";
import { QUEUE_ORDERS } from "../../domain/review-cases.ts";
import { RISK_TIERS } from "../../domain/tiers.ts";
import { check } from "../../pipeline/doors/json.ts";
import { listQueue } from "../../pipeline/review/queue.ts";
import { MOST_TOGETHER } from "../../pipeline/review/together.ts";
import { readQuery } from "../api/body.ts";
import { currentUser, mayDo, requireRight } from "../auth/guard.ts";
import { caseHref } from "../components/case-links.ts";
import { formatCount, TIER_NAME } from "../components/format.ts";
import { JustDecided } from "../components/just-decided.tsx";
import { Page } from "../components/layout.tsx";
import { viewOf } from "../components/view.ts";
import { TimesIn } from "../components/when.tsx";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { frameFragments, liveSnapshot, render, whenQueueChanges } from "../fragments/fragments.tsx";
import { streamFragments } from "../fragments/stream.ts";
import { readJustDecided, reviewActions } from "../reviews/actions.ts";
import {
  filterOf,
  ORDER_NAME,
  ORDER_WORDS,
  pagesOf,
  querySchema,
  queueHref,
  SHOW_NAME,
} from "./queue-query.ts";
import { Queue } from "./queue-table.tsx";

const nextForm = z.object({ tier: querySchema.shape.tier });

/** `/reviews`: what waits for a person, in the order it should be done. */
export function reviewQueueRoutes(deps: Deps): Hono<AppEnv> {
  const load = async (c: AppContext) => {
    const asked = readQuery(c, querySchema);
    const user = currentUser(c);
    const first = await listQueue(deps.db, filterOf(asked, user));
    if (first.items.length > 0 || asked.page === 1) return { query: asked, ...first };
    // The page is gone (or never was): the last one there is, so that the words beside it are true.
    const query = { ...asked, page: pagesOf(first.total) };
    return { query, ...(await listQueue(deps.db, filterOf(query, user))) };
  };
  const actions = reviewActions(deps);
  return new Hono<AppEnv>()
    .get("/reviews", requireRight("reviews.read"), async (c) => {
      const view = viewOf(c);
      const [{ query, items, total }, snapshot] = await Promise.all([load(c), deps.feed.recent()]);
      const justDecided = await readJustDecided(deps, c, query.undo);
      const live = queueHref(query, { page: query.page }).replace("/reviews", "/live/reviews");
      return c.html(
        <Page
          title="Review queue"
          heading="Review queue"
          sub={
            <>
              <span id="queue-total">{formatCount(total)}</span>{" "}
              {query.show === "decided" ? "decided" : "waiting"}
              {query.show === "decided" ? (
                <>
                  , latest first · <TimesIn view={view} />
                </>
              ) : (
                `: ${ORDER_WORDS[query.order]}`
              )}
            </>
          }
          view={view}
          live={live}
          reviews={snapshot.stats.reviews}
        >
          <div class="page-head">
            <div class="segments-row">
              <nav class="segments" aria-label="Which cases">
                {(Object.keys(SHOW_NAME) as (keyof typeof SHOW_NAME)[]).map((show) => (
                  <a
                    href={queueHref(query, { show })}
                    aria-current={show === query.show ? "true" : undefined}
                  >
                    {SHOW_NAME[show]}
                  </a>
                ))}
              </nav>
              <nav class="segments" aria-label="Which tier">
                {[undefined, ...RISK_TIERS.toReversed()].map((tier) => (
                  <a
                    href={queueHref(query, { tier })}
                    aria-current={tier === query.tier ? "true" : undefined}
                  >
                    {tier === undefined ? "All tiers" : TIER_NAME[tier]}
                  </a>
                ))}
              </nav>
              {query.show !== "decided" && (
                <nav class="segments" aria-label="In which order">
                  {QUEUE_ORDERS.map((order) => (
                    <a
                      href={queueHref(query, { order })}
                      aria-current={order === query.order ? "true" : undefined}
                    >
                      {ORDER_NAME[order]}
                    </a>
                  ))}
                </nav>
              )}
            </div>
            {mayDo(view.user, "reviews.decide") && (
              <form method="post" action="/reviews/next">
                {query.tier && <input type="hidden" name="tier" value={query.tier} />}
                <button type="submit" class="button primary" data-key="n">
                  Take the next case <kbd>n</kbd>
                </button>
              </form>
            )}
          </div>
          <JustDecided decided={justDecided} view={view} tier={query.tier} />
          <form id="row-verdict" method="post" hidden></form>
          {query.show !== "decided" && mayDo(view.user, "reviews.bulk") && (
            <form id="choose" method="get" action="/reviews/bulk" class="choose-bar">
              <input type="hidden" name="show" value={query.show} />
              {query.tier && <input type="hidden" name="tier" value={query.tier} />}
              <input type="hidden" name="order" value={query.order} />
              <button type="submit" class="button">
                Change the ticked…
              </button>
              <span class="faint small">
                or, where none is ticked, the first {MOST_TOGETHER} of this list
              </span>
            </form>
          )}
          <section class="panel" aria-label="Cases">
            <div id="queue">
              <Queue items={items} total={total} query={query} view={view} />
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
        const { query, items, total } = await load(c);
        return await render(
          <>
            <hx-partial hx-target="#queue-total" hx-swap="textContent">
              {formatCount(total)}
            </hx-partial>
            <hx-partial hx-target="#queue" hx-swap="innerMorph">
              <Queue items={items} total={total} query={query} view={view} />
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
