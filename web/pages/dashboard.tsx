import { Hono } from "hono";
import { raw } from "hono/html";
import { requireRight } from "../auth/guard.ts";
import { DashboardLive } from "../components/dashboard-live.tsx";
import { Page } from "../components/layout.tsx";
import { type View, viewOf } from "../components/view.ts";
import { TimesIn } from "../components/when.tsx";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { frameFragments, liveSnapshot, render } from "../fragments/fragments.tsx";
import { streamFragments } from "../fragments/stream.ts";
import type { LiveSnapshot } from "../live/feed.ts";

/** The last snapshot's panels as markup, one for each time zone: drawn once however many people watch. */
const drawn = new WeakMap<LiveSnapshot, Map<string, Promise<string>>>();

/** How long after somebody opened the dashboard its panels are drawn beforehand, milliseconds. */
const DRAWN_AHEAD_MS = 5_000;
/** … and for how many time zones: whoever is the first in another waits for it. */
const DRAWN_AHEAD = 3;

function drawPanels(snapshot: LiveSnapshot, view: View): Promise<string> {
  let zones = drawn.get(snapshot);
  if (!zones) {
    zones = new Map();
    drawn.set(snapshot, zones);
  }
  let markup = zones.get(view.timeZone);
  if (!markup) {
    markup = render(<DashboardLive snapshot={snapshot} view={view} />);
    zones.set(view.timeZone, markup);
  }
  return markup;
}

/** Whether the caller wants a page rather than data: browsers say text/html, the original's clients do not. */
function wantsHtml(c: AppContext): boolean {
  return (c.req.header("accept") ?? "").includes("text/html");
}

/** `GET /`: the dashboard for people, a word of life for the original service's clients. */
export function dashboardRoutes(deps: Deps): Hono<AppEnv> {
  /** By time zone, how the panels were last asked for: the next who asks finds them drawn. */
  const asked = new Map<string, { readonly view: View; readonly at: number }>();
  deps.feed.onRead((snapshot) => {
    const lately = [...asked.values()].filter(({ at }) => performance.now() - at < DRAWN_AHEAD_MS);
    asked.clear();
    for (const one of lately.slice(-DRAWN_AHEAD)) {
      asked.set(one.view.timeZone, one);
      // Whoever asks for it is told what was wrong.
      drawPanels(snapshot, one.view).catch(() => {});
    }
  });
  return new Hono<AppEnv>()
    .get(
      "/",
      async (c, next) => {
        if (wantsHtml(c)) return await next();
        return c.json({ message: "PaySecure is live", predict: "/predict/", docs: "/api/docs" });
      },
      requireRight("figures.read"),
      async (c) => {
        const view = viewOf(c);
        asked.delete(view.timeZone);
        asked.set(view.timeZone, { view, at: performance.now() });
        const snapshot = await deps.feed.current();
        return c.html(
          <Page
            title="Dashboard"
            heading="Dashboard"
            sub={
              <>
                Card payments as they are scored · <TimesIn view={view} />
              </>
            }
            view={view}
            live="/live/dashboard"
            reviews={snapshot.stats.reviews}
          >
            <div id="dashboard" class="stack-l">
              {raw(await drawPanels(snapshot, view))}
            </div>
          </Page>,
        );
      },
    )
    .get("/live/dashboard", requireRight("figures.read"), (c) => {
      const view = viewOf(c);
      return streamFragments(c, deps, async () => {
        const snapshot = await liveSnapshot(deps.feed);
        return await render(
          <>
            {frameFragments(snapshot, c.get("user"))}
            <hx-partial hx-target="#dashboard" hx-swap="innerMorph">
              {raw(await drawPanels(snapshot, view))}
            </hx-partial>
          </>,
        );
      });
    });
}
