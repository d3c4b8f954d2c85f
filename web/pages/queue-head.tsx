import type { Child, FC } from "hono/jsx";
import { QUEUE_SHOWS } from "../../domain/queue-views.ts";
import { QUEUE_ORDERS } from "../../domain/review-cases.ts";
import { RISK_TIERS } from "../../domain/tiers.ts";
import { MOST_TOGETHER } from "../../pipeline/review/together.ts";
import type { QueueView } from "../../pipeline/review/views.ts";
import { mayDo } from "../auth/guard.ts";
import { TIER_NAME } from "../components/format.ts";
import { ShareIcon } from "../components/icons.tsx";
import type { View } from "../components/view.ts";
import type { Look } from "./queue-look.ts";
import { QueryFields, QueueMore } from "./queue-more.tsx";
import { ORDER_NAME, queueHref, SHOW_NAME } from "./queue-query.ts";

interface HeadProps {
  readonly look: Look;
  readonly view: View;
}

/** What stands over the queue: the views, and in one row which cases, in which order, and what is done with them. */
export const QueueHead: FC<HeadProps> = ({ look, view }) => {
  const { query } = look;
  const decided = query.show === "decided";
  return (
    <>
      <ViewLinks look={look} />
      <div class="queue-bar">
        <nav class="segments" aria-label="Which tier">
          {[undefined, ...RISK_TIERS.toReversed()].map((tier) => (
            <a href={queueHref(query, { tier })} aria-current={tier === query.tier ? "true" : undefined}>
              {tier === undefined ? "All tiers" : TIER_NAME[tier]}
            </a>
          ))}
        </nav>
        <Menu name="Cases" chosen={SHOW_NAME[query.show]} about="Which cases">
          {QUEUE_SHOWS.map((show) => (
            <a href={queueHref(query, { show })} aria-current={show === query.show ? "true" : undefined}>
              {SHOW_NAME[show]}
            </a>
          ))}
        </Menu>
        {!decided && (
          <Menu name="Order" chosen={ORDER_NAME[query.order]} about="In which order">
            {QUEUE_ORDERS.map((order) => (
              <a href={queueHref(query, { order })} aria-current={order === query.order ? "true" : undefined}>
                {ORDER_NAME[order]}
              </a>
            ))}
          </Menu>
        )}
        <QueueMore look={look} view={view} />
        <div class="queue-acts">
          {!decided && mayDo(view.user, "reviews.bulk") && (
            <form id="choose" method="get" action="/reviews/bulk">
              <QueryFields query={query} />
              <button
                type="submit"
                class="button"
                title={`Where none is ticked: the first ${MOST_TOGETHER} of this list`}
              >
                Change ticked…
              </button>
            </form>
          )}
          {mayDo(view.user, "reviews.decide") && (
            <form method="post" action="/reviews/next">
              {query.tier && <input type="hidden" name="tier" value={query.tier} />}
              <button type="submit" class="button primary" data-key="n">
                Next case <kbd>n</kbd>
              </button>
            </form>
          )}
        </div>
      </div>
    </>
  );
};

interface MenuProps {
  readonly name: string;
  readonly chosen: string;
  readonly about: string;
  readonly children?: Child;
}

/** A choice of links behind a button that says what is chosen; assets/menus.js closes it. */
const Menu: FC<MenuProps> = ({ name, chosen, about, children }) => (
  <details class="menu" name="queue-menu">
    <summary class="button">
      <span class="menu-name">{name}:</span> {chosen}
    </summary>
    <nav class="menu-panel" aria-label={about}>
      {children}
    </nav>
  </details>
);

/** As many as are read at a glance; the page of views has all. */
const MOST_LINKS = 9;

/** The views as links, the open one marked. */
const ViewLinks: FC<{ readonly look: Look }> = ({ look: { views, view, changed, mayChange, query } }) => {
  if (views.length === 0) return null;
  // The open one is among them, wherever it stands.
  const first = views.slice(0, MOST_LINKS);
  const shown = view && !first.includes(view) ? [...first.slice(0, -1), view] : first;
  return (
    <nav class="view-links" aria-label="Views">
      <a href="/reviews" aria-current={view === null ? "true" : undefined} data-key="0">
        Whole queue
      </a>
      {shown.map((each, at) => (
        <a
          href={viewHref(each.id)}
          aria-current={each === view ? "true" : undefined}
          title={each.shared ? `Shared by ${each.ownerName}` : undefined}
          data-key={String(at + 1)}
        >
          {each.shared && <ShareIcon />}
          <bdi>{nameAmong(each, views)}</bdi>
          {each === view && changed && <span class="faint">changed</span>}
        </a>
      ))}
      {view && changed && mayChange && (
        <form method="post" action={`/reviews/views/${view.id}`}>
          <QueryFields query={query} />
          <button type="submit" class="button small" name="act" value="update">
            Save the change
          </button>
        </form>
      )}
      <a href="/reviews/views" class="all-views">
        {views.length > shown.length ? `All ${views.length} views…` : "Edit…"}
      </a>
    </nav>
  );
};

/** Where a view is opened. */
export const viewHref = (id: number): string => `/reviews?view=${id}`;

/** Its name, and whose it is where another is called so too. */
function nameAmong({ id, name, ownerName }: QueueView, views: readonly QueueView[]): string {
  return views.some((other) => other.id !== id && other.name === name) ? `${name} (${ownerName})` : name;
}
