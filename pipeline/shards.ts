import { crc32 } from "node:zlib";
import type { Queue } from "bullmq";
import { TRANSACTIONS_QUEUE } from "../domain/jobs.ts";
import { CONTEXT_FIELDS, type Context, type ContextName } from "../domain/transaction.ts";
import type { RedisConnection } from "../platform/process/redis.ts";
import { countWaiting } from "./lanes.ts";

/**
 * The queue of transactions, dealt out when asked: payments of one entity lie in one of the queues, in whose order they
 * are decided, one job of a queue at a time.
 */
export interface TransactionShards {
  /** The first is the queue of a house without shards. */
  readonly queues: readonly [Queue, ...Queue[]];
  /** An entity's name. */
  readonly by: string;
}

/** `transactions`, then `transactions-1` … */
export function shardName(name: string, shard: number): string {
  return shard === 0 ? name : `${name}-${shard}`;
}

/** Whether a queue is one of the shards of the queue of transactions. */
export const isShard = (name: string): boolean => name.startsWith(`${TRANSACTIONS_QUEUE}-`);

/** What a shard's keys begin with: in a cluster each lies in a slot of its own, `{paysecure}` beside `{paysecure-1}`. */
export function shardPrefix(prefix: string, shard: number): string {
  if (shard === 0) return prefix;
  const end = prefix.indexOf("}");
  return end < 0 ? `${prefix}-${shard}` : `${prefix.slice(0, end)}-${shard}${prefix.slice(end)}`;
}

/** A chunk's part for a shard, as the id of its job: parts of one chunk that fail are told apart as dead letters. */
function partId(chunkId: string, shard: number): string {
  return shard === 0 ? chunkId : `${chunkId}.${shard}`;
}

/** The queues of either. */
export function queuesOf(queue: Queue | TransactionShards): readonly [Queue, ...Queue[]] {
  return "queues" in queue ? queue.queues : [queue];
}

/** Jobs that wait for a worker in all of them. @throws Redis' error */
export async function countAllWaiting(queue: Queue | TransactionShards): Promise<number> {
  const counts = await Promise.all(queuesOf(queue).map(countWaiting));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Which context field names an entity. */
const CONTEXT_OF = new Map<string, ContextName>(
  CONTEXT_FIELDS.flatMap((field) => ("entity" in field ? [[field.entity, field.name] as const] : [])),
);

/** What of a payment says where it belongs. */
interface Dealt extends Context {
  readonly transactionId: string;
  readonly entities?: Readonly<Record<string, string>> | undefined;
}

/** Where a payment belongs; one that does not name the entity anywhere, by its own id. */
export function shardOf(transaction: Dealt, by: string, shards: number): number {
  const field = CONTEXT_OF.get(by);
  const value =
    (field === undefined ? undefined : transaction[field]) ??
    transaction.entities?.[by] ??
    transaction.transactionId;
  return crc32(value) % shards;
}

/** A chunk as it goes into its queue or, in their order, into those that its transactions belong into. */
export function dealOut<C extends { readonly chunkId: string; readonly transactions: readonly Dealt[] }>(
  queue: Queue | TransactionShards,
  chunk: C,
): { readonly queue: Queue; readonly part: C }[] {
  const [first, ...others] = queuesOf(queue);
  if (!("queues" in queue) || others.length === 0) return [{ queue: first, part: chunk }];
  const dealt = new Map<number, Dealt[]>();
  for (const transaction of chunk.transactions) {
    const shard = shardOf(transaction, queue.by, queue.queues.length);
    const there = dealt.get(shard);
    if (there) there.push(transaction);
    else dealt.set(shard, [transaction]);
  }
  return [...dealt].map(([shard, transactions]) => ({
    queue: queue.queues[shard]!,
    part: { ...chunk, chunkId: partId(chunk.chunkId, shard), transactions },
  }));
}

/**
 * Tells Redis how many queues a worker reads, and reads how many any has read: after a house was made smaller, what lies in
 * the others is still decided.
 *
 * @returns how many to read, and how many were known before
 * @throws Redis' error
 */
export async function agreeOnShards(
  redis: RedisConnection,
  prefix: string,
  shards: number,
): Promise<{ readonly read: number; readonly known: number }> {
  const known = await readShards(redis, prefix);
  if (shards > known) await redis.set(shardsKey(prefix), shards);
  return { read: Math.max(shards, known), known };
}

/** What keeps a door's payments from being read, as words that follow "workers"; undefined when nothing does. @throws Redis' error */
export async function shardTrouble(
  redis: RedisConnection,
  prefix: string,
  shards: number,
): Promise<string | undefined> {
  if (shards === 1) return undefined;
  const known = await readShards(redis, prefix);
  return known < shards
    ? `read ${known} of our ${shards} queues: start them with the same QUEUE_SHARDS`
    : undefined;
}

const shardsKey = (prefix: string): string => `${prefix}:shards`;

/** How many queues any worker has read. */
async function readShards(redis: RedisConnection, prefix: string): Promise<number> {
  return Number((await redis.get(shardsKey(prefix))) ?? 1);
}
