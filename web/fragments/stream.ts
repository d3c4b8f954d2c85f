import { streamSSE } from "hono/streaming";
import { DomainError, messageOf } from "../../platform/process/errors.ts";
import { currentUser } from "../auth/guard.ts";
import type { AppContext, Deps } from "../context.ts";
import { Places } from "../places.ts";

/** A stream is never silent for longer than this and a drawing's time together, milliseconds: proxies hang up after 30 s. */
const BEAT_MS = 10_000;

/** A drawing that takes longer waits for a database that does not answer. */
const DRAW_LIMIT_MS = 4_000;

/** A stream ends after so long: the browser comes back at once, and its session is checked again. */
const LONGEST_MS = 5 * 60_000;

/** A person has a page open in some tabs; each stream costs a drawing at every change. */
const places = new Places({ what: "live pages", each: 30, together: 2_000 });

/**
 * Streams a page's live parts as HTML, to be swapped in by hx-sse: first at once, then after each new snapshot of the
 * feed, never faster than the browser takes it, and only when the HTML changed. After each look, and every 10 s, the
 * event `paysecure:fresh` says that what is shown is how things are, or `paysecure:trouble` that it may be old; a page
 * that hears neither knows that its connection is dead. Ends when the process drains, and with the session.
 *
 * @param render the fragments (`<hx-partial>`) as they are now; when it fails or hangs, the browser is told no more than
 *   that
 * @throws DomainError `resource_exhausted` when the person has too many open
 */
export function streamFragments(
  c: AppContext,
  { feed, stopping, metrics, logger }: Pick<Deps, "feed" | "stopping" | "metrics" | "logger">,
  render: () => Promise<string>,
): Response {
  const { kind, id } = currentUser(c).actor;
  const leave = places.take(`${kind}:${id}`);
  // Tells nginx not to hold the stream back.
  c.header("X-Accel-Buffering", "no");
  return streamSSE(
    c,
    async (stream) => {
      const waiter = new Waiter();
      const unsubscribe = feed.subscribe(() => waiter.wake());
      const stop = (): void => waiter.wake();
      stopping.addEventListener("abort", stop);
      stream.onAbort(stop);
      metrics.streams.inc();
      const endAt = performance.now() + LONGEST_MS;
      const stillIn = c.get("stillIn");
      const draw = onceAtATime(render);
      let sent = "";
      let failed = false;
      try {
        while (!stream.aborted && !stopping.aborted && performance.now() < endAt) {
          try {
            const html = await within(DRAW_LIMIT_MS, draw());
            failed = false;
            if (html !== sent) await stream.writeSSE({ data: html });
            sent = html;
            await stream.writeSSE({ event: "paysecure:fresh", data: "" });
          } catch (error) {
            if (!failed) logger.warn({ err: messageOf(error) }, "a live page could not be drawn");
            failed = true;
            await stream.writeSSE({ event: "paysecure:trouble", data: "no fresh data" });
          }
          await waiter.wait(BEAT_MS);
          if (stillIn && !(await stillIn())) break;
        }
      } finally {
        metrics.streams.dec();
        leave();
        unsubscribe();
        stopping.removeEventListener("abort", stop);
      }
    },
    async (error) => {
      logger.warn({ err: messageOf(error) }, "a live stream failed");
    },
  );
}

/** `work`, but joined while it is still under way: what hangs is not started over and over. */
function onceAtATime<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | null = null;
  return () => {
    running ??= work().finally(() => {
      running = null;
    });
    return running;
  };
}

/** @throws DomainError `deadline_exceeded` when `work` is not done by then; what it does later is nobody's */
async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new DomainError("deadline_exceeded", `not drawn within ${limitMs} ms`)),
      limitMs,
    );
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** One sleeper that can be woken; a wake while nobody sleeps is kept for the next sleep. */
class Waiter {
  #woken = false;
  #resolve: (() => void) | null = null;

  wake(): void {
    if (this.#resolve) this.#resolve();
    else this.#woken = true;
  }

  /** Until woken, or until the time has run out. */
  async wait(limitMs: number): Promise<void> {
    if (this.#woken) {
      this.#woken = false;
      return;
    }
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#resolve = resolve;
      timer = setTimeout(resolve, limitMs);
    });
    clearTimeout(timer);
    this.#resolve = null;
  }
}
