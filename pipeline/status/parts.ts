import { lasting, type PartName, type PartState, type StatusPart } from "../../domain/status.ts";
import type { QueuesStatus } from "../queue-care/status.ts";
import type { Asked } from "./asked.ts";
import { COUNTED, type StoredWork, type Waiting } from "./work.ts";

/** A part before anybody looked up since when it has been so. */
export type Found = Omit<StatusPart, "since"> & {
  /** What the house itself knows of that. */
  readonly since?: Date | null;
};

/** From here on what waits is late, milliseconds: as the alerts have it where nobody set them otherwise. */
const LATE_MS = { queue: 60_000, outbox: 120_000, counters: 180_000 } as const;

const counted = (count: number): string => (count >= COUNTED ? `${COUNTED} or more` : String(count));
const found = (name: PartName, state: PartState, words: string, since?: Date | null): Found => ({
  ...{ name, state, words },
  ...(since === undefined ? {} : { since }),
});

/** A neighbour of which readiness says what is wrong, in words that follow its name. */
export function neighbour(
  name: "postgresql" | "redis" | "scorer",
  called: string,
  asked: Asked<string | undefined>,
): Found {
  if (!asked) return found(name, "failing", `${called} does not answer`);
  if (asked.answer !== undefined) return found(name, "failing", `${called} ${asked.answer}`);
  return found(name, "well", `${called} answered in ${Math.max(1, Math.round(asked.tookMs))} ms`);
}

const unasked = (name: PartName, whom: string): Found =>
  found(name, "unknown", `cannot be asked: ${whom} gave no answer in time`);

/** Whether anybody works, by the lease that a worker renews every few seconds; and reads all of our queues. */
export function workers(work: Asked<StoredWork>, shards: Asked<string | undefined>): Found {
  if (!work) return unasked("workers", "PostgreSQL");
  const { now, workerUntil } = work.answer;
  if (workerUntil === null) return found("workers", "failing", "no worker runs");
  if (workerUntil < now) return found("workers", "failing", "no worker runs", workerUntil);
  if (shards?.answer !== undefined) return found("workers", "failing", `workers ${shards.answer}`);
  return found("workers", "well", "a worker runs");
}

/** What waits for a worker, for how long, and whether that is somebody's will. */
export function queues(asked: Asked<QueuesStatus>, at: Date): Found {
  if (!asked) return unasked("queues", "Redis");
  const { queues: all, closed } = asked.answer;
  const waiting = all.reduce((sum, queue) => sum + queue.waiting, 0);
  const oldest = all.flatMap((queue) => queue.oldest ?? []).sort((a, b) => a.getTime() - b.getTime())[0];
  const age = oldest ? at.getTime() - oldest.getTime() : 0;
  const paused = all.filter((queue) => queue.paused).map(({ name }) => name);
  const depth =
    waiting === 0 ? "nothing waits" : `${waiting} waiting${oldest ? `, the oldest for ${lasting(age)}` : ""}`;
  if (closed) {
    return found(
      "queues",
      "degraded",
      `${closed.closedBy} drains the queue and the doors are closed; ${depth}`,
      new Date(closed.closedAt),
    );
  }
  if (paused.length > 0) return found("queues", "degraded", `${paused.join(", ")} is paused; ${depth}`);
  if (age >= LATE_MS.queue) return found("queues", "degraded", depth, oldest ?? null);
  return found("queues", "well", depth);
}

/** Messages that were not delivered, and counts that are not in the figures yet. */
export function outbox(work: Asked<StoredWork>): Found {
  if (!work) return unasked("outbox", "PostgreSQL");
  const { now, outbox: messages, counters } = work.answer;
  const age = ({ since }: Waiting): number => (since ? now.getTime() - since.getTime() : 0);
  const late: readonly [Waiting, string, number][] = [
    [messages, "undelivered", LATE_MS.outbox],
    [counters, "not in the figures", LATE_MS.counters],
  ];
  for (const [waiting, what, limit] of late) {
    if (age(waiting) < limit) continue;
    const words = `${counted(waiting.count)} ${what}, the oldest for ${lasting(age(waiting))}`;
    return found("outbox", "degraded", words, waiting.since);
  }
  return found(
    "outbox",
    "well",
    `${counted(messages.count)} undelivered, ${counted(counters.count)} not in the figures yet`,
  );
}

/** Cases that nobody has decided in time. */
export function reviews(work: Asked<StoredWork>): Found {
  if (!work) return unasked("reviews", "PostgreSQL");
  const { overdue, openCases } = work.answer;
  if (overdue.count === 0) return found("reviews", "well", `${counted(openCases)} open, none overdue`);
  const words = `${counted(overdue.count)} of ${counted(openCases)} open cases past their deadline`;
  return found("reviews", "degraded", words, overdue.since);
}

/** Payments that could not be decided and wait for somebody. */
export function deadLetters(work: Asked<StoredWork>): Found {
  if (!work) return unasked("dead_letters", "PostgreSQL");
  const { count, since } = work.answer.letters;
  return count === 0
    ? found("dead_letters", "well", "none waits")
    : found("dead_letters", "degraded", `${counted(count)} waiting for somebody`, since);
}
