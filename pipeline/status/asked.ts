import { messageOf } from "../../platform/process/errors.ts";
import { heldFor } from "../../platform/process/held.ts";
import { inTime } from "../../platform/process/in-time.ts";
import type { Logger } from "../../platform/process/logger.ts";

/** How long a part has to answer: a page waits for the slowest of them. */
const LIMIT_MS = 2_000;

/** A question that hangs for so long is given up, and asked again. */
const GIVE_UP_MS = 10_000;

/** What a part answered, and how long it took; or that it did not, in time or at all. */
export type Asked<T> = { readonly answer: T; readonly tookMs: number } | undefined;

/** How one part is asked. */
interface Question<T> {
  /** For the log, which says once why it could not be asked. */
  readonly what: string;
  readonly logger: Logger;
  /** How long an answer holds, milliseconds. */
  readonly holdsMs?: number;
  readonly ask: () => Promise<T>;
}

/** Asks with a time limit. Of each only one question is under way: what hangs is not asked over and over. */
export function patiently<T>({ what, logger, holdsMs = 0, ask }: Question<T>): () => Promise<Asked<T>> {
  let failing = false;
  const asked = heldFor(holdsMs, async () => {
    const began = performance.now();
    const answer = await inTime(ask(), GIVE_UP_MS, what);
    return { answer, tookMs: performance.now() - began };
  });
  return async () => {
    try {
      const found = await inTime(asked(), LIMIT_MS, what);
      failing = false;
      return found;
    } catch (error) {
      if (!failing) logger.warn({ err: messageOf(error) }, `the status cannot ask ${what}`);
      failing = true;
      return undefined;
    }
  };
}
