import type { Queue } from "bullmq";
import type { Kysely } from "kysely";
import type { SlaTimer } from "../queues.ts";
import { type DueCase, listAwaitingTimer } from "../review/escalate.ts";
import type { Database } from "../store/schema.ts";

const PAGE = 500;

/** Sets the SLA timers of cases; a case that has one keeps it. */
export async function setTimers(queue: Queue<SlaTimer>, cases: readonly DueCase[]): Promise<void> {
  if (cases.length === 0) return;
  await queue.addBulk(
    cases.map(({ caseId, dueAt }) => ({
      name: "sla",
      data: { caseId },
      opts: { jobId: `case-${caseId}`, delay: Math.max(0, dueAt.getTime() - Date.now()) },
    })),
  );
}

/**
 * Gives every open case that was not escalated its timer again: Redis may have lost them all, or was away when the
 * case was opened.
 *
 * @returns how many were missing
 */
export async function restoreTimers(db: Kysely<Database>, queue: Queue<SlaTimer>): Promise<number> {
  let restored = 0;
  for (let after = 0; ; ) {
    const page = await listAwaitingTimer(db, after, PAGE);
    if (page.length === 0) return restored;
    const jobs = await Promise.all(page.map(({ caseId }) => queue.getJob(`case-${caseId}`)));
    const missing = page.filter((_, i) => !jobs[i]);
    await setTimers(queue, missing);
    restored += missing.length;
    after = page.at(-1)!.caseId;
  }
}
