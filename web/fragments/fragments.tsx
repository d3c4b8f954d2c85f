import type { Child } from "hono/jsx";
import type { SignedIn } from "../../pipeline/accounts/sessions.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { mayDo } from "../auth/guard.ts";
import { AlertCount, OpenCount } from "../components/layout.tsx";
import type { LiveFeed, LiveSnapshot } from "../live/feed.ts";

/** JSX as markup, for a stream or a partial answer. */
export async function render(node: Child): Promise<string> {
  return String(await node);
}

/**
 * What every live page shows: how many cases are open, how the page is kept up to date, and, for whoever may see them, how
 * many alerts fire.
 */
export function frameFragments(snapshot: LiveSnapshot, user: SignedIn | null): Child {
  return (
    <>
      <hx-partial hx-target="#open-count" hx-swap="outerMorph">
        <OpenCount open={snapshot.stats.reviews.open} overdue={snapshot.stats.reviews.overdue} />
      </hx-partial>
      {mayDo(user, "operations.read") && (
        <hx-partial hx-target="#alert-count" hx-swap="outerMorph">
          <AlertCount alerts={snapshot.alerts} />
        </hx-partial>
      )}
      <hx-partial hx-target="#live-mode" hx-swap="outerMorph">
        <span
          id="live-mode"
          data-trouble={snapshot.scorerServes ? undefined : "The scorer does not answer: nothing is decided"}
        >
          {snapshot.mode === "poll" ? "every 2 s: Redis is away" : ""}
        </span>
      </hx-partial>
    </>
  );
}

/**
 * The snapshot that a stream draws from.
 *
 * @throws DomainError `unavailable` while the database does not answer: what is known is old
 */
export async function liveSnapshot(feed: LiveFeed): Promise<LiveSnapshot> {
  if (feed.failing) throw new DomainError("unavailable", "the database does not answer");
  return feed.snapshot ?? (await feed.current());
}

/** What a stream of review cases re-reads at the latest: deadlines pass and leases end without anybody's message. */
const STALE_MS = 5_000;

/**
 * Draws only when a case may have changed, or something is due to be looked at again; gives the last drawing otherwise.
 *
 * @param draw reads and draws
 */
export function whenQueueChanges(feed: LiveFeed, draw: () => Promise<string>): () => Promise<string> {
  let drawn = "";
  let version = -1;
  let at = Number.NEGATIVE_INFINITY;
  return async () => {
    const now = performance.now();
    if (version === feed.queueVersion && now - at < STALE_MS) return drawn;
    const seen = feed.queueVersion;
    drawn = await draw();
    version = seen;
    at = now;
    return drawn;
  };
}
