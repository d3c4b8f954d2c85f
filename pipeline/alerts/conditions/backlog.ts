import type { Queue } from "bullmq";
import { type Kysely, sql } from "kysely";
import type { Database } from "../../store/schema.ts";
import { type Reading, tooMuch } from "./reading.ts";

/** How long the oldest job of the queues has waited that nobody has taken. @throws Redis' error */
export async function readQueueAge(queues: readonly Queue[], at: Date, seconds: number): Promise<Reading> {
  let oldest: { readonly queue: string; readonly since: number } | undefined;
  for (const queue of queues) {
    // The last of the list is taken next; of jobs with a priority the first is the most urgent, not the oldest.
    const jobs = await queue.getJobs(["waiting", "prioritized"], 0, 0, true);
    for (const job of jobs) {
      if (job && (oldest === undefined || job.timestamp < oldest.since))
        oldest = { queue: queue.name, since: job.timestamp };
    }
  }
  const age = oldest ? Math.max(0, (at.getTime() - oldest.since) / 1_000) : 0;
  const words = oldest ? `the oldest job of ${oldest.queue} has waited ${Math.round(age)} s` : "no job waits";
  return tooMuch("queue_age", age, seconds, words);
}

/** Newest of the waiting letters that are looked at. */
const LOOKED_AT = 1_000;

/** Dead letters of the last hour that wait. */
export async function readDeadLetters(db: Kysely<Database>, at: Date, letters: number): Promise<Reading> {
  const { rows } = await sql<{ count: number; reason: string | null }>`
    select count(*)::int as count, mode() within group (order by error_code) as reason
    from (select at, error_code from dead_letters where state = 'waiting'
      order by dead_letter_id desc limit ${sql.lit(LOOKED_AT)}) as newest
    where at > ${at}::timestamptz - interval '1 hour'`.execute(db);
  const { count = 0, reason = null } = rows[0] ?? {};
  const words =
    count === 0
      ? "none of the last hour waits"
      : `${count >= LOOKED_AT ? `${LOOKED_AT} or more` : count} of the last hour wait, most of them ${reason}`;
  // Below the threshold it is over: half a letter does not come.
  return { ...tooMuch("dead_letters", count, letters, words), level: count >= letters ? "over" : "clear" };
}
