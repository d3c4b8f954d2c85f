import { Hono } from "hono";
import { z } from "zod";
import { KNOWN_SOURCES } from "../../domain/sources.ts";
import { RISK_TIERS } from "../../domain/tiers.ts";
import { LABELS } from "../../domain/verdicts.ts";
import { listDecisions } from "../../pipeline/store/decision-list.ts";
import { readQuery } from "../api/body.ts";
import { requireRight } from "../auth/guard.ts";
import { DecisionTable } from "../components/decision-table.tsx";
import { sourceName, TIER_NAME } from "../components/format.ts";
import { SearchIcon } from "../components/icons.tsx";
import { Page } from "../components/layout.tsx";
import { viewOf } from "../components/view.ts";
import { TimesIn } from "../components/when.tsx";
import type { AppEnv, Deps } from "../context.ts";
import { frameFragments, liveSnapshot, render } from "../fragments/fragments.tsx";
import { streamFragments } from "../fragments/stream.ts";

/** The doors of our own, and the one that is chosen when a producer named itself. */
function sourcesToChoose(chosen: string | undefined): string[] {
  return [...new Set([...KNOWN_SOURCES, ...(chosen ? [chosen] : [])])];
}

const querySchema = z.object({
  // Longer than any id, so that what is pasted is searched for as it is, or refused, never cut.
  q: z.string().max(1_000, "at most 1,000 characters").optional(),
  tier: z.enum(RISK_TIERS).optional(),
  source: z.string().max(64).optional(),
  predicted: z.enum(LABELS).optional(),
  before: z.coerce.number().int().positive().optional(),
});

/** `/transactions`: everything that was ever scored, newest first, with filters. */
export function transactionListRoutes(deps: Deps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get("/transactions", requireRight("transactions.read"), async (c) => {
      const view = viewOf(c);
      const query = readQuery(c, querySchema);
      const [{ items, nextBefore }, snapshot] = await Promise.all([
        listDecisions(deps.db, {
          limit: 50,
          ...(query.before === undefined ? {} : { before: query.before }),
          ...(query.tier ? { tiers: [query.tier] } : {}),
          ...(query.source ? { source: query.source } : {}),
          ...(query.predicted ? { fraudPredicted: query.predicted === "fraud" } : {}),
          ...(query.q ? { search: query.q } : {}),
        }),
        deps.feed.recent(),
      ]);
      const further = new URLSearchParams();
      for (const [name, value] of Object.entries(query)) {
        if (name !== "before" && value !== undefined) further.set(name, String(value));
      }
      const first = further.size === 0 ? "/transactions" : `/transactions?${further}`;
      if (nextBefore !== null) further.set("before", String(nextBefore));
      return c.html(
        <Page
          title="Transactions"
          heading="Transactions"
          sub={
            <>
              Every payment that was scored, newest first · <TimesIn view={view} />
            </>
          }
          view={view}
          live="/live/frame"
          reviews={snapshot.stats.reviews}
        >
          <form class="filters" method="get" action="/transactions" data-submit-on-change>
            <label class="field grow">
              <span>Transaction, card token or merchant</span>
              <input
                type="search"
                name="q"
                value={query.q}
                placeholder="exact id"
                data-key="/"
                data-key-does="focus"
                autocomplete="off"
                spellcheck={false}
              />
            </label>
            <label class="field">
              <span>Tier</span>
              <select name="tier">
                <option value="">All tiers</option>
                {RISK_TIERS.toReversed().map((tier) => (
                  <option value={tier} selected={tier === query.tier}>
                    {TIER_NAME[tier]}
                  </option>
                ))}
              </select>
            </label>
            <label class="field">
              <span>Prediction</span>
              <select name="predicted">
                <option value="">Both</option>
                <option value="fraud" selected={query.predicted === "fraud"}>
                  Fraud
                </option>
                <option value="legitimate" selected={query.predicted === "legitimate"}>
                  Legitimate
                </option>
              </select>
            </label>
            <label class="field">
              <span>Source</span>
              <select name="source">
                <option value="">All sources</option>
                {sourcesToChoose(query.source).map((source) => (
                  <option value={source} selected={source === query.source}>
                    {sourceName(source)}
                  </option>
                ))}
              </select>
            </label>
            <button type="submit" class="button">
              Filter
            </button>
          </form>
          <section class="panel" aria-label="Transactions">
            {items.length === 0 ? (
              <div class="empty">
                <SearchIcon />
                <p>
                  {query.before !== undefined
                    ? "There is nothing older than this."
                    : first === "/transactions"
                      ? "No transaction has arrived yet."
                      : "Nothing matches these filters."}
                </p>
                {query.before !== undefined && <a href={first}>Back to the newest</a>}
                {first !== "/transactions" && <a href="/transactions">Show all transactions</a>}
              </div>
            ) : (
              <>
                <DecisionTable decisions={items} view={view} dated caption="Transactions" />
                {(nextBefore !== null || query.before !== undefined) && (
                  <nav class="pager" aria-label="Pages">
                    {query.before === undefined ? (
                      <span></span>
                    ) : (
                      <a class="button" href={first}>
                        Newest
                      </a>
                    )}
                    {nextBefore !== null && (
                      <a class="button" href={`/transactions?${further}`}>
                        Older
                      </a>
                    )}
                  </nav>
                )}
              </>
            )}
          </section>
        </Page>,
      );
    })
    .get("/live/frame", requireRight("figures.read"), (c) =>
      streamFragments(
        c,
        deps,
        async () => await render(frameFragments(await liveSnapshot(deps.feed), c.get("user"))),
      ),
    );
}
