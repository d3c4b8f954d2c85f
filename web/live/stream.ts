import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import { messageOf } from "../../platform/errors.ts";
import type { AppContext, Deps } from "../context.ts";

/** A proxy that hears nothing for a minute hangs up. */
const PING_MS = 15_000;

/** A stream ends after so long: the browser comes back at once, and its session is checked again. */
const LONGEST_MS = 5 * 60_000;

/**
 * Streams a page's live parts as HTML, to be swapped in by hx-sse: first at once, then after each new snapshot of the
 * feed, never faster than the browser takes it, and only when the HTML changed. Ends when the process drains.
 *
 * @param render the fragments (`<hx-partial>`) as they are now; when it fails, the browser is told no more than that
 */
export function streamFragments(
  c: AppContext,
  { feed, stopping, metrics, logger }: Pick<Deps, "feed" | "stopping" | "metrics" | "logger">,
  render: () => Promise<string>,
): Response {
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
      let sent = "";
      let failed = false;
      try {
        while (!stream.aborted && !stopping.aborted && performance.now() < endAt) {
          try {
            const html = await render();
            failed = false;
            if (html !== sent) await stream.writeSSE({ data: html });
            sent = html;
          } catch (error) {
            if (!failed) logger.warn({ err: messageOf(error) }, "a live page could not be drawn");
            failed = true;
            await sendTrouble(stream);
          }
          if (!(await waiter.wait(PING_MS))) await stream.write(": ping\n\n");
        }
      } finally {
        metrics.streams.dec();
        unsubscribe();
        stopping.removeEventListener("abort", stop);
      }
    },
    async (error) => {
      logger.warn({ err: messageOf(error) }, "a live stream failed");
    },
  );
}

/** The named event that the page's live state listens for. */
async function sendTrouble(stream: SSEStreamingApi): Promise<void> {
  await stream.writeSSE({ event: "paysecure:trouble", data: "no fresh data" });
}

/** One sleeper that can be woken; a wake while nobody sleeps is kept for the next sleep. */
class Waiter {
  #woken = false;
  #resolve: ((woken: boolean) => void) | null = null;

  wake(): void {
    if (this.#resolve) this.#resolve(true);
    else this.#woken = true;
  }

  /** @returns true when woken, false when the time ran out */
  async wait(limitMs: number): Promise<boolean> {
    if (this.#woken) {
      this.#woken = false;
      return true;
    }
    let timer: NodeJS.Timeout | undefined;
    const woken = await new Promise<boolean>((resolve) => {
      this.#resolve = resolve;
      timer = setTimeout(resolve, limitMs, false);
    });
    clearTimeout(timer);
    this.#resolve = null;
    return woken;
  }
}
