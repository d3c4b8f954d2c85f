import type { Queue } from "bullmq";
import type { Kysely } from "kysely";
import type { RedisConnection } from "../../platform/process/redis.ts";
import type { SlaTimer } from "../queues.ts";
import { type DueCase, listAwaitingTimer } from "../review/escalate.ts";
import type { Database } from "../store/schema.ts";

/** Open cases that one step looks at. */
const SLICE = 1_000;

const timerId = (caseId: number): string => `case-${caseId}`;

/** Sets the SLA timers of cases; a case that has one keeps it. */
export async function setTimers(queue: Queue<SlaTimer>, cases: readonly DueCase[]): Promise<void> {
  if (cases.length === 0) return;
  await queue.addBulk(
    cases.map(({ caseId, dueAt }) => ({
      name: "sla",
      data: { caseId },
      opts: { jobId: timerId(caseId), delay: Math.max(0, dueAt.getTime() - Date.now()) },
    })),
  );
}

/**
 * Gives open cases that were not escalated their timers again, a slice of them in the order of their ids: Redis may have
 * lost them all.
 *
 * @param after the last case that was looked at; 0 to begin
 * @returns how many were missing, and where to go on; `next` is 0 when all were looked at
 */
export async function restoreTimers(
  db: Kysely<Database>,
  queue: Queue<SlaTimer>,
  redis: RedisConnection,
  after: number,
): Promise<{ restored: number; next: number }> {
  const slice = await listAwaitingTimer(db, after, SLICE);
  if (slice.length === 0) return { restored: 0, next: 0 };
  const there = await Promise.all(slice.map(({ caseId }) => redis.exists(queue.toKey(timerId(caseId)))));
  const missing = slice.filter((_, i) => there[i] === 0);
  await setTimers(queue, missing);
  return { restored: missing.length, next: slice.length < SLICE ? 0 : slice.at(-1)!.caseId };
}
