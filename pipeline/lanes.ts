import type { Queue } from "bullmq";
import type { RedisConnection } from "../platform/process/redis.ts";

/** Which payments go before which: live ones before those of a file that is replayed. */
export const LANES = ["live", "replay"] as const;
export type Lane = (typeof LANES)[number];

/**
 * BullMQ's priorities of each lane, the smaller the sooner; a job without one goes before all. Producers of their own may
 * give theirs: {@link BULK_PRIORITY} for what may wait behind all that is live.
 */
const RANGES: Readonly<Record<Lane, readonly [first: number, last: number]>> = {
  live: [1, 999_999],
  replay: [1_000_001, 2_000_000],
};
/** Of what comes in bulk and may wait until nothing live does, and goes before replays. */
export const BULK_PRIORITY = 1_000_000;

/** A source that has not handed anything in for so long begins anew, milliseconds. */
const FORGET_AFTER_MS = 86_400_000;

/**
 * Start-time fair queueing, a job of any source being worth as much: a job's number follows the last one of its own
 * source, or the one at the head of the lane, whichever is larger. A source that floods is far ahead in numbers; what
 * another hands in then goes between, one by one.
 *
 *     KEYS  BullMQ's prioritized jobs; the last number of each source
 *     ARGV  source, first and last priority of the lane, how long numbers are remembered
 */
const NEXT_PLACE = `
local width = 4294967296
local from = string.format('%.0f', tonumber(ARGV[2]) * width)
local to = string.format('(%.0f', (tonumber(ARGV[3]) + 1) * width)
local head = redis.call('ZRANGEBYSCORE', KEYS[1], from, to, 'WITHSCORES', 'LIMIT', 0, 1)
local first = tonumber(ARGV[2])
if head[2] then
  first = math.floor(tonumber(head[2]) / width)
else
  redis.call('DEL', KEYS[2])
end
local place = math.min(math.max(first, tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or 0) + 1), tonumber(ARGV[3]))
redis.call('HSET', KEYS[2], ARGV[1], place)
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return place`;

/** The connection that a queue was opened with. */
export function redisOf(queue: Pick<Queue, "opts">): RedisConnection {
  return queue.opts.connection as RedisConnection;
}

/**
 * The priority of a source's next job. A number that is taken and not used, because the job was not added, is no loss.
 * Beyond a million jobs of one source that the queue never ran out of in between, order is that of arrival.
 *
 * @throws Redis' error when it is away
 */
export async function nextPlace(queue: Queue, source: string, lane: Lane): Promise<number> {
  const [first, last] = RANGES[lane];
  const keys = [queue.toKey("prioritized"), `${queue.opts.prefix}:fair:${queue.name}:${lane}`];
  const place = await redisOf(queue).eval(
    ...([NEXT_PLACE, keys.length, ...keys, source, first, last, FORGET_AFTER_MS] as const),
  );
  return Number(place);
}

/** Jobs that wait for a worker, in whatever lane. */
export async function countWaiting(queue: Pick<Queue, "getJobCountByTypes">): Promise<number> {
  return await queue.getJobCountByTypes("waiting", "prioritized");
}
