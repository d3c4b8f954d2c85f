import { Hono } from "hono";
import { raw } from "hono/html";
import { mayDo, requireRight } from "../auth/guard.ts";
import { DashboardLive } from "../components/dashboard-live.tsx";
import { Page } from "../components/layout.tsx";
import { type View, viewOf } from "../components/view.ts";
import { TimesIn } from "../components/when.tsx";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { frameFragments, liveSnapshot, render } from "../fragments/fragments.tsx";
import { streamFragments } from "../fragments/stream.ts";
import type { LiveSnapshot } from "../live/feed.ts";

/** What panels are drawn for: all who are in one zone and may see the same see the same. */
interface Watcher {
  readonly view: View;
  readonly truth: boolean;
}

function watcherOf(c: AppContext): Watcher {
  const view = viewOf(c);
  return { view, truth: mayDo(view.user, "truth.read") };
}

const kindOf = ({ view, truth }: Watcher): string => `${truth}:${view.timeZone}`;

/** The last snapshot's panels as markup, one for each kind of watcher: drawn once however many people watch. */
const drawn = new WeakMap<LiveSnapshot, Map<string, Promise<string>>>();

/** How long after somebody opened the dashboard its panels are drawn beforehand, milliseconds. */
const DRAWN_AHEAD_MS = 5_000;
/** … and for how many kinds of watchers: whoever is the first of another waits for it. */
const DRAWN_AHEAD = 3;

function drawPanels(snapshot: LiveSnapshot, watcher: Watcher): Promise<string> {
  let kinds = drawn.get(snapshot);
  if (!kinds) {
    kinds = new Map();
    drawn.set(snapshot, kinds);
  }
  let markup = kinds.get(kindOf(watcher));
  if (!markup) {
    markup = render(<DashboardLive snapshot={snapshot} {...watcher} />);
    kinds.set(kindOf(watcher), markup);
  }
  return markup;
}

/** Whether the caller wants a page rather than data: browsers say text/html, the original's clients do not. */
function wantsHtml(c: AppContext): boolean {
  return (c.req.header("accept") ?? "").includes("text/html");
}

/** `GET /`: the dashboard for people, a word of life for the original service's clients. */
export function dashboardRoutes(deps: Deps): Hono<AppEnv> {
  /** By kind of watcher, how the panels were last asked for: the next who asks finds them drawn. */
  const asked = new Map<string, { readonly watcher: Watcher; readonly at: number }>();
  deps.feed.onRead((snapshot) => {
    const lately = [...asked.values()].filter(({ at }) => performance.now() - at < DRAWN_AHEAD_MS);
    asked.clear();
    for (const one of lately.slice(-DRAWN_AHEAD)) {
      asked.set(kindOf(one.watcher), one);
      // Whoever asks for it is told what was wrong.
      drawPanels(snapshot, one.watcher).catch(() => {});
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
        const watcher = watcherOf(c);
        const { view } = watcher;
        asked.delete(kindOf(watcher));
        asked.set(kindOf(watcher), { watcher, at: performance.now() });
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
              {raw(await drawPanels(snapshot, watcher))}
            </div>
          </Page>,
        );
      },
    )
    .get("/live/dashboard", requireRight("figures.read"), (c) => {
      const watcher = watcherOf(c);
      return streamFragments(c, deps, async () => {
        const snapshot = await liveSnapshot(deps.feed);
        return await render(
          <>
            {frameFragments(snapshot, c.get("user"))}
            <hx-partial hx-target="#dashboard" hx-swap="innerMorph">
              {raw(await drawPanels(snapshot, watcher))}
            </hx-partial>
          </>,
        );
      });
    });
}
