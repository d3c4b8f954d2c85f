import { type LiveMessage, publishLive } from "../../pipeline/live.ts";
import { messageOf } from "../../platform/process/errors.ts";
import type { Deps } from "../context.ts";

/**
 * Tells every open page that a case changed. Without Redis the pages find out by themselves within 2 s, so a failure
 * is logged and nothing else.
 */
export function announceReview(
  { config, redis, feed, logger }: Pick<Deps, "config" | "redis" | "feed" | "logger">,
  caseId: number,
  event: "claimed" | "released" | "decided",
  actor: string,
): void {
  feed.nudge();
  const message: LiveMessage = { type: "review", at: new Date().toISOString(), caseId, event, actor };
  publishLive(redis, config.REDIS_PREFIX, message).catch((error: unknown) =>
    logger.warn({ err: messageOf(error), caseId }, "review news not published"),
  );
}
