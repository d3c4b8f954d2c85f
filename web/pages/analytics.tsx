import { Hono } from "hono";
import { ANALYTICS_DAYS } from "../../domain/analytics.ts";
import { readAnalytics } from "../../pipeline/analytics/analytics.ts";
import { readQuery } from "../api/body.ts";
import { mayDo, requireRight } from "../auth/guard.ts";
import { Page } from "../components/layout.tsx";
import { viewOf } from "../components/view.ts";
import { TimesIn, When } from "../components/when.tsx";
import type { AppEnv, Deps } from "../context.ts";
import { HeatPanel, Nothing, ScoresPanel, WherePanel, WorkloadPanel } from "./analytics-panels.tsx";
import { analyticsHref, DAYS_NAME, pageQuery } from "./analytics-query.ts";

/** `/analytics`: when payments come, where from, how they are scored, and who judged them. */
export function analyticsPageRoutes(deps: Deps): Hono<AppEnv> {
  return new Hono<AppEnv>().get("/analytics", requireRight("figures.read"), async (c) => {
    const view = viewOf(c);
    const query = readQuery(c, pageQuery);
    const [figures, snapshot] = await Promise.all([
      readAnalytics(deps.db, {
        ...{ days: query.days, timeZone: view.timeZone },
        until: query.until === undefined ? undefined : new Date(query.until),
        workload: mayDo(view.user, "reviews.supervise"),
      }),
      deps.feed.recent(),
    ]);
    // Files are of the very range that the page shows.
    const shown = { ...query, until: figures.until.toISOString() };
    return c.html(
      <Page
        title="Analytics"
        heading="Analytics"
        sub={
          <>
            <When at={figures.from} view={view} style="short" /> to{" "}
            <When at={figures.until} view={view} style="short" /> · <TimesIn view={view} />
          </>
        }
        view={view}
        live="/live/frame"
        reviews={snapshot.stats.reviews}
      >
        <nav class="segments-row analytics-ranges" aria-label="Range">
          <div class="segments">
            {ANALYTICS_DAYS.map((days) => (
              <a
                href={analyticsHref("/analytics", { ...query, days })}
                aria-current={days === query.days ? "true" : undefined}
              >
                {DAYS_NAME[days]}
              </a>
            ))}
          </div>
        </nav>
        {figures.heat.payments === 0 ? (
          <Nothing query={query} />
        ) : (
          <>
            <HeatPanel heat={figures.heat} query={query} shown={shown} />
            <WherePanel where={figures.where} payments={figures.heat.payments} shown={shown} />
            <ScoresPanel figures={figures} shown={shown} />
          </>
        )}
        {figures.workload && <WorkloadPanel workload={figures.workload} shown={shown} />}
      </Page>,
    );
  });
}
