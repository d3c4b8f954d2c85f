import type { Queue } from "bullmq";
import { JOB_RETRIES } from "../../domain/jobs.ts";
import { redisOf } from "../lanes.ts";

/** No retry of ours waits so long. */
const LONGEST_MS = 2 * JOB_RETRIES.backoff.delay * 2 ** (JOB_RETRIES.attempts - 2);
const MOST = 1_000;
/** BullMQ's score of a delayed job: its time in milliseconds, and a counter below it. */
const SCORE_OF_A_MS = 4_096;

/**
 * Tries again at once what was put back by a clock that has since been set back: BullMQ keeps the time of day at which a
 * job is to be tried, and by the right clock that may be hours away. A job whose producer gave it a delay keeps it.
 *
 * @returns how many
 * @throws Redis' error
 */
export async function hurryLateRetries(queue: Queue): Promise<number> {
  const after = (Date.now() + LONGEST_MS) * SCORE_OF_A_MS;
  const ids = await redisOf(queue).zrangebyscore(
    ...([queue.toKey("delayed"), `(${after}`, "+inf", "LIMIT", 0, MOST] as const),
  );
  let hurried = 0;
  for (const id of ids) {
    const job = await queue.getJob(id);
    if (!job || ((job.opts.delay ?? 0) > 0 && job.attemptsMade === 0)) continue;
    // Taken meanwhile by a worker whose clock is ahead.
    hurried += await job.promote().then(
      () => 1,
      () => 0,
    );
  }
  return hurried;
}
