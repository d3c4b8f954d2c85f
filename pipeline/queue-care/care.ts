import { setTimeout as sleep } from "node:timers/promises";
import type { Queue } from "bullmq";
import type { Kysely } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import { recordAct } from "../audit/append.ts";
import { closeDoors, openDoors } from "../door-state.ts";
import { redisOf } from "../lanes.ts";
import { queuesOf, type TransactionShards } from "../shards.ts";
import type { Database } from "../store/schema.ts";

/** What somebody does to the queue of transactions. */
export const CARE_ACTS = ["pause", "resume", "drain"] as const;
export type CareAct = (typeof CARE_ACTS)[number];

/**
 * `pause`: workers end what they have in work and take nothing more; doors take payments until the queue is full.
 * `drain`: doors take nothing more, workers go on until nothing is left. `resume` ends both.
 *
 * It is written into the audit log first: what cannot be written down is not done.
 *
 * @param prefix `REDIS_PREFIX`
 * @throws the error of PostgreSQL or Redis
 */
export async function careFor(
  db: Kysely<Database>,
  queue: Queue | TransactionShards,
  prefix: string,
  act: CareAct,
  actor: Actor,
): Promise<void> {
  const queues = queuesOf(queue);
  const [first] = queues;
  const done = { pause: "paused", resume: "resumed", drain: "drained" }[act];
  await recordAct(db, { actor, act: `queue.${done}`, subject: `queue:${first.name}` });
  const redis = redisOf(first);
  const resume = () => Promise.all(queues.map((one) => one.resume()));
  if (act === "pause") await Promise.all(queues.map((one) => one.pause()));
  else if (act === "drain") {
    await closeDoors(redis, prefix, actor.name);
    // What is paused would never be over.
    await resume();
  } else {
    await resume();
    await openDoors(redis, prefix);
  }
}

/** How often it is looked whether anything is left, milliseconds. */
const LOOK_EVERY_MS = 500;

/**
 * Waits until workers have done all that lies in the queues.
 *
 * @param onLeft called with how many jobs are left
 * @returns whether nothing is left; false when it was stopped before
 */
export async function untilDrained(
  queues: readonly Queue[],
  stopping: AbortSignal,
  onLeft: (jobs: number) => void,
): Promise<boolean> {
  while (!stopping.aborted) {
    const counts = await Promise.all(
      queues.map((queue) =>
        queue.getJobCountByTypes("waiting", "prioritized", "active", "delayed", "failed"),
      ),
    );
    const left = counts.reduce((sum, count) => sum + count, 0);
    onLeft(left);
    if (left === 0) return true;
    await sleep(LOOK_EVERY_MS, undefined, { signal: stopping }).catch(() => {});
  }
  return false;
}
