import type { LiveMessage } from "../live.ts";

/** At most five messages a second, however many chunks a second are recorded. */
const INTERVAL_MS = 200;

/** Tells the dashboards that decisions were recorded. */
export interface LivePublisher {
  decided(count: number, flagged: number): void;
  /** Sends what is waiting. */
  close(): Promise<void>;
}

/**
 * Adds up what was recorded and publishes it at once, then at most every 200 ms.
 *
 * @param publish may fail: a message lost is a screen refreshed a moment later
 */
export function createLivePublisher(publish: (message: LiveMessage) => Promise<void>): LivePublisher {
  let count = 0;
  let flagged = 0;
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> = Promise.resolve();

  const send = (): void => {
    if (count === 0) return;
    const message: LiveMessage = { type: "decisions", at: new Date().toISOString(), count, flagged };
    count = 0;
    flagged = 0;
    sending = publish(message).catch(() => {});
    timer = setTimeout(() => {
      timer = undefined;
      send();
    }, INTERVAL_MS);
  };
  return {
    decided(more, moreFlagged) {
      count += more;
      flagged += moreFlagged;
      if (!timer) send();
    },
    async close() {
      clearTimeout(timer);
      send();
      clearTimeout(timer);
      await sending;
    },
  };
}
