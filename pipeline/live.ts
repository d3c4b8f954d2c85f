import { z } from "zod";
import { REVIEW_ACTS } from "../domain/review-cases.ts";
import type { RedisConnection } from "../platform/process/redis.ts";

/** The Redis channel that tells the web that something changed. Nothing depends on a message arriving. */
export const liveChannel = (prefix: string): string => `${prefix}:live`;

const liveMessage = z.discriminatedUnion("type", [
  z.object({ type: z.literal("decisions"), at: z.iso.datetime(), count: z.number(), flagged: z.number() }),
  z.object({
    type: z.literal("review"),
    at: z.iso.datetime(),
    caseId: z.number(),
    event: z.enum([...REVIEW_ACTS, "escalated"]),
    actor: z.string(),
  }),
  z.object({ type: z.literal("alert"), at: z.iso.datetime(), alertId: z.number() }),
]);

/** `decisions`: so many were recorded since the last message, so many of them for review. `review`: a case changed. `alert`: one did. */
export type LiveMessage = z.output<typeof liveMessage>;

/** Null for anything that is not a message of ours. */
export function parseLive(text: string): LiveMessage | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = liveMessage.safeParse(value);
  return parsed.success ? parsed.data : null;
}

/** @throws Redis' error when it is away; callers treat that as no harm done */
export async function publishLive(
  redis: RedisConnection,
  prefix: string,
  message: LiveMessage,
): Promise<void> {
  await redis.publish(liveChannel(prefix), JSON.stringify(message));
}
