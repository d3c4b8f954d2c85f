import type { Job, Queue } from "bullmq";
import type { Kysely } from "kysely";
import { TRANSACTIONS_QUEUE } from "../../domain/jobs.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { deadLetter } from "../record/rejection.ts";
import { isShard } from "../shards.ts";
import { recordDeadLetters } from "../store/dead-letters.ts";
import type { Database } from "../store/schema.ts";

const PAGE = 50;

/**
 * Moves jobs that used up their attempts from Redis to the dead letters, one for each transaction in them, where an
 * operator sees them and Redis cannot lose them.
 *
 * @returns how many letters were new
 */
export async function sweepFailedJobs(db: Kysely<Database>, queue: Queue): Promise<number> {
  let added = 0;
  for (;;) {
    const jobs = await queue.getFailed(0, PAGE - 1);
    for (const job of jobs) {
      // A shard's are handed in again by the queue that is always there.
      const letterOf = { queue: isShard(queue.name) ? TRANSACTIONS_QUEUE : queue.name, id: job.id ?? "" };
      const error = new DomainError("internal", whyGivenUp(job));
      const source = typeof job.data?.source === "string" ? job.data.source : null;
      const parts: unknown = job.data?.transactions ?? job.data?.decisions;
      const letters = Array.isArray(parts)
        ? parts.map((part, position) => deadLetter(letterOf, position, part, error, source))
        : [deadLetter(letterOf, -1, job.data, error, source)];
      added += await recordDeadLetters(db, letters);
      await job.remove();
    }
    if (jobs.length < PAGE) return added;
  }
}

/** BullMQ's word for a job that lost its worker too often. */
const STALLED = /stalled more than/;

function whyGivenUp({ attemptsMade, failedReason, stalledCounter }: Job): string {
  return STALLED.test(failedReason)
    ? `its worker died ${stalledCounter} times while it was in work: it may be what ended them, and is tried no more`
    : `given up after ${attemptsMade} attempts: ${failedReason}`;
}
