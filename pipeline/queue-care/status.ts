import type { Queue } from "bullmq";
import { type ClosedDoors, closedDoors } from "../door-state.ts";
import { redisOf } from "../lanes.ts";

/** Of each queue, jobs whose source and age are read: more would be slow for Redis. */
const MOST_READ = 10_000;
/** Jobs of one round trip. */
const AT_ONCE = 1_000;

/** What lies in a queue. */
export interface QueueStatus {
  readonly name: string;
  readonly paused: boolean;
  /** Jobs that wait for a worker. */
  readonly waiting: number;
  readonly active: number;
  /** Tried, and to be tried again. */
  readonly delayed: number;
  /** Given up: a sweep moves them to the dead letters. */
  readonly failed: number;
  /** When the oldest that waits was handed in, among those that were read. */
  readonly oldest: Date | undefined;
  /** By source, the most first. */
  readonly sources: readonly SourceStatus[];
  /** How many of those that wait were read for that; all when it is `waiting`. */
  readonly read: number;
}

export interface SourceStatus {
  readonly source: string;
  readonly jobs: number;
  readonly oldest: Date;
}

/** What the queues hold, and whether doors are open. */
export interface QueuesStatus {
  readonly queues: readonly QueueStatus[];
  readonly closed: ClosedDoors | undefined;
}

/** @throws Redis' error */
export async function readQueues(queues: readonly Queue[], prefix: string): Promise<QueuesStatus> {
  const [first] = queues;
  return {
    queues: await Promise.all(queues.map(readQueue)),
    closed: first && (await closedDoors(redisOf(first), prefix)),
  };
}

async function readQueue(queue: Queue): Promise<QueueStatus> {
  const [counts, paused, ids] = await Promise.all([
    queue.getJobCounts("waiting", "prioritized", "active", "delayed", "failed"),
    queue.isPaused(),
    firstIds(queue),
  ]);
  const sources = new Map<string, { jobs: number; oldestMs: number }>();
  let read = 0;
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const pipeline = redisOf(queue).pipeline();
    for (const id of ids.slice(from, from + AT_ONCE)) pipeline.hmget(queue.toKey(id), "name", "timestamp");
    for (const [error, found] of (await pipeline.exec()) ?? []) {
      if (error) throw error;
      const [name, timestamp] = found as (string | null)[];
      // Taken meanwhile, and gone.
      if (name === null || name === undefined) continue;
      read++;
      const at = Number(timestamp);
      const known = sources.get(name);
      if (known) {
        known.jobs++;
        known.oldestMs = Math.min(known.oldestMs, at);
      } else sources.set(name, { jobs: 1, oldestMs: at });
    }
  }
  const bySource = [...sources]
    .map(([source, { jobs, oldestMs }]) => ({ source, jobs, oldest: new Date(oldestMs) }))
    .sort((a, b) => b.jobs - a.jobs);
  const oldestMs = Math.min(...bySource.map(({ oldest }) => oldest.getTime()));
  return {
    name: queue.name,
    paused,
    waiting: (counts["waiting"] ?? 0) + (counts["prioritized"] ?? 0),
    active: counts["active"] ?? 0,
    delayed: counts["delayed"] ?? 0,
    failed: counts["failed"] ?? 0,
    oldest: Number.isFinite(oldestMs) ? new Date(oldestMs) : undefined,
    sources: bySource,
    read,
  };
}

/** The jobs that come next: without a priority those that came first, then by priority. */
async function firstIds(queue: Queue): Promise<string[]> {
  const redis = redisOf(queue);
  const [plain, placed] = await Promise.all([
    redis.lrange(queue.toKey("wait"), -MOST_READ, -1),
    redis.zrange(queue.toKey("prioritized"), 0, `${MOST_READ - 1}`),
  ]);
  return [...plain, ...placed].slice(0, MOST_READ);
}
