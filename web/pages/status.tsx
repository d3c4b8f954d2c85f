import { Hono } from "hono";
import { inTime } from "../../platform/process/in-time.ts";
import { requireRight } from "../auth/guard.ts";
import { Page } from "../components/layout.tsx";
import { StatusLive } from "../components/status.tsx";
import { viewOf } from "../components/view.ts";
import { TimesIn } from "../components/when.tsx";
import type { AppEnv, Deps } from "../context.ts";
import { frameFragments, render } from "../fragments/fragments.tsx";
import { streamFragments } from "../fragments/stream.ts";

/** What stands around the page is not worth waiting for. */
const AROUND_LIMIT_MS = 500;

/** `/status`: whether everything is well; if not, what, since when, and what to do. It follows along by itself. */
export function statusRoutes(deps: Deps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get("/status", requireRight("operations.read"), async (c) => {
      const view = viewOf(c);
      const [status, snapshot] = await Promise.all([
        deps.status(),
        inTime(deps.feed.recent(), AROUND_LIMIT_MS).catch(() => deps.feed.snapshot),
      ]);
      return await c.html(
        <Page
          title="Status"
          heading="Status"
          sub={
            <>
              Whether everything is well, and if not what to do · <TimesIn view={view} />
            </>
          }
          view={view}
          live="/live/status"
          reviews={snapshot?.stats.reviews}
        >
          <div id="status" class="stack-l">
            <StatusLive status={status} view={view} />
          </div>
        </Page>,
      );
    })
    .get("/live/status", requireRight("operations.read"), (c) => {
      const view = viewOf(c);
      return streamFragments(c, deps, async () => {
        const status = await deps.status();
        const { snapshot, failing } = deps.feed;
        // The frame's figures are old while PostgreSQL is away; how the house is, is not.
        return await render(
          <>
            {snapshot && !failing && frameFragments(snapshot, c.get("user"))}
            <hx-partial hx-target="#status" hx-swap="innerMorph">
              <StatusLive status={status} view={view} />
            </hx-partial>
          </>,
        );
      });
    });
}
