import { Hono } from "hono";
import type { FC } from "hono/jsx";
import { z } from "zod";
import { RISK_TIERS } from "../../domain/tiers.ts";
import { VERDICTS } from "../../domain/verdicts.ts";
import type { SignedIn } from "../../pipeline/accounts/sessions.ts";
import { check } from "../../pipeline/doors/json.ts";
import { listQueue, type QueueFilter, type QueueItem } from "../../pipeline/review/queue.ts";
import { readQuery } from "../api/body.ts";
import { currentUser, mayDo, requireRight } from "../auth/guard.ts";
import { caseHref } from "../components/case-decision.tsx";
import { whereOf } from "../components/decision-table.tsx";
import {
  formatAmount,
  formatCount,
  formatMinute,
  formatMoney,
  TIER_NAME,
  VERDICT_NAME,
} from "../components/format.ts";
import { CheckIcon } from "../components/icons.tsx";
import { JustDecided } from "../components/just-decided.tsx";
import { Page } from "../components/layout.tsx";
import { shortReason } from "../components/reasons.tsx";
import { Score, Tier } from "../components/risk.tsx";
import { isYours, type View, viewOf } from "../components/view.ts";
import { Due, TimesIn, When } from "../components/when.tsx";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { frameFragments, liveSnapshot, render, whenQueueChanges } from "../fragments/fragments.tsx";
import { streamFragments } from "../fragments/stream.ts";
import { caseIdParameter, readJustDecided, reviewActions } from "../reviews/actions.ts";

const PAGE_SIZE = 50;

/** No queue is longer. */
const LAST_PAGE = 10_000_000;

const querySchema = z.object({
  show: z.enum(["open", "free", "mine", "snoozed", "lead", "decided"]).default("open"),
  tier: z.enum(RISK_TIERS).optional(),
  // Any page there could be: one beyond the last shows the last.
  page: z.coerce
    .number("must be a page number")
    .refine((page) => Number.isInteger(page) && page >= 1, "pages are counted from 1")
    .transform((page) => Math.min(page, LAST_PAGE))
    .default(1),
  /** The case that one has just decided. */
  undo: caseIdParameter.optional(),
});

const nextForm = z.object({ tier: querySchema.shape.tier });

type Query = z.output<typeof querySchema>;

function filterOf({ show, tier, page }: Query, user: SignedIn): QueueFilter {
  return {
    status: show === "decided" ? "decided" : "open",
    ...(show === "mine" ? { holder: user.actor } : {}),
    ...(show === "free" ? { unclaimed: true } : {}),
    ...(show === "snoozed" ? { aside: "snoozed" } : show === "lead" ? { aside: "referred" } : {}),
    ...(tier ? { tier } : {}),
    limit: PAGE_SIZE,
    offset: (page - 1) * PAGE_SIZE,
  };
}

/** At least one. */
const pagesOf = (total: number): number => Math.max(1, Math.ceil(total / PAGE_SIZE));

/** The address of the queue with some of its filters changed. */
function href(query: Query, change: Partial<Record<keyof Query, Query[keyof Query] | undefined>>): string {
  const next = { ...query, page: 1, ...change };
  const params = new URLSearchParams();
  if (next.show !== "open") params.set("show", String(next.show));
  if (next.tier) params.set("tier", String(next.tier));
  if (next.page !== 1) params.set("page", String(next.page));
  const text = params.toString();
  return text === "" ? "/reviews" : `/reviews?${text}`;
}

const SHOW_NAME = {
  open: "All open",
  free: "Nobody's",
  mine: "Mine",
  snoozed: "Snoozed",
  lead: "For leads",
  decided: "Decided",
} as const;

const EMPTY_TEXT = {
  open: "No case waits for a verdict.",
  free: "Every open case is in somebody's hands.",
  mine: "You have no case in work. Take the next one.",
  snoozed: "No case is put off.",
  lead: "No case was escalated to a lead.",
  decided: "No case has been decided yet.",
} as const;

interface QueueProps {
  readonly items: readonly QueueItem[];
  readonly total: number;
  readonly query: Query;
  readonly view: View;
}

const Queue: FC<QueueProps> = ({ items, total, query, view }) => {
  const now = new Date();
  const decided = query.show === "decided";
  const pages = pagesOf(total);
  const decides = !decided && mayDo(view.user, "reviews.decide");
  if (items.length === 0) {
    return (
      <div class="empty">
        <CheckIcon />
        <p>{EMPTY_TEXT[query.show]}</p>
      </div>
    );
  }
  return (
    <>
      <div class="table-wrap">
        <table class="cards cases">
          <caption class="visually-hidden">{SHOW_NAME[query.show]} review cases</caption>
          <thead>
            <tr>
              <th scope="col">Case</th>
              <th scope="col">Tier</th>
              <th scope="col">{decided ? "Decided" : "Due in"}</th>
              <th scope="col" class="number">
                Amount
              </th>
              <th scope="col" class="number">
                <abbr title="Fraud probability × amount, in the currency of the payment">Expected loss</abbr>
              </th>
              <th scope="col">Score</th>
              <th scope="col">Where and why</th>
              <th scope="col">{decided ? "Verdict" : "In work with"}</th>
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <tr id={`q-${item.caseId}`} data-href={caseHref(item.caseId, query.tier)}>
                <td class="at-case">
                  <a class="row-link" href={caseHref(item.caseId, query.tier)}>
                    #{item.caseId}
                  </a>
                </td>
                <td class="at-tier">
                  <Tier tier={item.riskTier} />
                </td>
                <td class="at-due">
                  {item.decidedAt ? (
                    <When at={item.decidedAt} view={view} style="short" />
                  ) : (
                    <Due at={item.dueAt} now={now} />
                  )}
                </td>
                <td class="at-amount number strong">{formatAmount(item.amount, item.currency)}</td>
                <td class="at-loss number" data-label="Expected loss">
                  {formatMoney(item.expectedLoss, item.currency)}
                </td>
                <td class="at-score">
                  <Score probability={item.fraudProbability} tier={item.riskTier} />
                </td>
                <td class="at-why" title={item.topReason?.text}>
                  {whereOf(item)}
                  {item.topReason && <span class="second">{shortReason(item.topReason)}</span>}
                </td>
                <td class="at-holder" data-label={decided ? undefined : "In work with"}>
                  <Holder item={item} view={view} />
                  {decides && <RowVerdict item={item} view={view} query={query} />}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {pages > 1 && (
        <nav class="pager" aria-label="Pages">
          {query.page > 1 ? (
            <a class="button" href={href(query, { page: query.page - 1 })}>
              Back
            </a>
          ) : (
            <span></span>
          )}
          <span class="soft small">
            Page {query.page} of {pages}
          </span>
          {query.page < pages ? (
            <a class="button" href={href(query, { page: query.page + 1 })}>
              Further
            </a>
          ) : (
            <span></span>
          )}
        </nav>
      )}
    </>
  );
};

/** A verdict without opening the case; the keys press these buttons of the marked row. */
const RowVerdict: FC<{ readonly item: QueueItem; readonly view: View; readonly query: Query }> = ({
  item,
  view,
  query,
}) => {
  const others = item.claimedBy !== null && !isYours(item.claimedBy, view);
  if (others || (item.referredAt !== null && !mayDo(view.user, "reviews.supervise"))) return null;
  const back = href(query, { page: query.page }).split("?")[1] ?? "";
  const address = `/reviews/${item.caseId}/decide?${new URLSearchParams({ back, token: String(item.token) })}`;
  return (
    <span class="row-verdict">
      {VERDICTS.map((verdict) => (
        <button
          type="submit"
          form="row-verdict"
          formaction={address}
          name="verdict"
          value={verdict}
          class="button small"
          data-row-key={verdict === "fraud" ? "f" : "a"}
          aria-label={`${VERDICT_NAME[verdict]}: case ${item.caseId}`}
        >
          {VERDICT_NAME[verdict]}
        </button>
      ))}
    </span>
  );
};

const Holder: FC<{ readonly item: QueueItem; readonly view: View }> = ({ item, view }) => {
  if (item.verdict) {
    return (
      <span>
        <span class="tag" data-kind={item.verdict}>
          {VERDICT_NAME[item.verdict]}
        </span>{" "}
        <span class="faint small">by {item.decidedBy?.name}</span>
      </span>
    );
  }
  if (!item.claimedBy) {
    if (item.snoozedUntil)
      return <span class="faint">snoozed until {formatMinute(item.snoozedUntil, view.timeZone)}</span>;
    return <span class="faint">{item.referredAt ? "waits for a lead" : "nobody"}</span>;
  }
  return <span class="strong">{isYours(item.claimedBy, view) ? "you" : item.claimedBy.name}</span>;
};

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
      const live = href(query, { page: query.page }).replace("/reviews", "/live/reviews");
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
                ": overdue first, then by what is at stake"
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
                  <a href={href(query, { show })} aria-current={show === query.show ? "true" : undefined}>
                    {SHOW_NAME[show]}
                  </a>
                ))}
              </nav>
              <nav class="segments" aria-label="Which tier">
                {[undefined, ...RISK_TIERS.toReversed()].map((tier) => (
                  <a href={href(query, { tier })} aria-current={tier === query.tier ? "true" : undefined}>
                    {tier === undefined ? "All tiers" : TIER_NAME[tier]}
                  </a>
                ))}
              </nav>
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
          <section class="panel" aria-label="Cases">
            <div id="queue">
              <Queue items={items} total={total} query={query} view={view} />
            </div>
          </section>
          {query.show !== "decided" && (
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
