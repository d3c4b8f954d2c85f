import { randomUUID } from "node:crypto";
import type { Queue } from "bullmq";
import { z } from "zod";
import {
  DECISIONS_QUEUE,
  JOB_RETRIES,
  JOB_VERSION,
  MAX_CHUNK,
  MAX_DECISIONS,
  REVIEW_TIMERS_QUEUE,
  type RecordedDecision,
  type RecordedDecisions,
  TRANSACTIONS_QUEUE,
} from "../domain/jobs.ts";
import { containsPan } from "../domain/pan.ts";
import { byContextName } from "../domain/transaction.ts";
import type { RedisConnection } from "../platform/process/redis.ts";
import { ReplicatedQueue } from "../platform/process/replicated-queue.ts";
import { fitsFloat32, isStorableText, storableTime } from "../platform/process/storable.ts";
import { type Lane, nextPlace } from "./lanes.ts";
import { ownEntities, ownFields } from "./own-values.ts";
import { dealOut, shardName, shardPrefix, type TransactionShards } from "./shards.ts";

/** What the timers were called before 0.2.0. They are set again under the new name. */
const REVIEW_TIMERS_BEFORE = "manual-review";

/** A text in a job. */
export const queuedText = z
  .string()
  .refine(isStorableText, "must be whole characters, without NUL")
  .refine((value) => !containsPan(value), "looks like a card number");

/**
 * A transaction as it lies in the queue: the contract's Transaction in JSON, and what the source knows to be true.
 * Anybody may write into the queue, so what the store cannot hold is refused here too.
 */
export const queuedTransaction = z.object({
  transactionId: queuedText.meta({
    description: "The producer's id, unique per payment: it counts once however often it is sent.",
  }),
  /** Seconds, the model's Time. */
  time: z.number().optional(),
  /** V1…V28; left out for payments of a team's own. Whether the model needs them, the scorer says. */
  v: z.array(z.number().refine(fitsFloat32, "must fit a 32-bit number")).optional(),
  amount: z.number().meta({ description: "In units of the currency." }),
  /** When the payment happened. */
  eventTime: z.iso
    .datetime({ offset: true })
    .refine((time) => storableTime(time) !== undefined, "must lie in the years 1 to 9999")
    .optional(),
  /** True where nobody gave an event time and the time of arrival stands in for it. */
  eventTimeAssumed: z.boolean().optional(),
  currency: queuedText.optional(),
  ...byContextName(() => queuedText.optional()),
  fields: ownFields.optional(),
  entities: ownEntities.optional(),
  truth: z.boolean().nullish().meta({ description: "Whether the source knows it to be fraud." }),
});
export type QueuedTransaction = z.output<typeof queuedTransaction>;

/** The source of a chunk that does not say a readable one. */
const UNNAMED_SOURCE = "queue";

/** Where transactions come from: a label for people, short and without a card number. */
export const sourceLabel = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} _.:/-]{0,63}$/u)
  .refine((label) => !containsPan(label))
  .catch(UNNAMED_SOURCE);

/** Whether this process reads jobs of the version that a job names; one that names none is of the first. */
export function readsVersion(version: unknown): boolean {
  return version === undefined || version === null || version === JOB_VERSION;
}

/**
 * A job of {@link TRANSACTIONS_QUEUE}, whose version is known ({@link readsVersion}). Its transactions are checked one by one, so that a bad one fails alone. The
 * source is a label for people, and no payment waits because of it.
 */
export const transactionChunk = z.object({
  source: sourceLabel,
  transactions: z.array(z.unknown()).min(1),
});

export interface TransactionChunk {
  /** The job's id: adding a chunk again, when its acknowledgement was lost, is one job. */
  readonly chunkId: string;
  /** Where they come from, e.g. "api"; a label of at most 64 characters. */
  readonly source: string;
  /** 1 to {@link MAX_CHUNK}. */
  readonly transactions: readonly QueuedTransaction[];
  /** "live" when left out. */
  readonly lane?: Lane;
}

/** A job of {@link REVIEW_TIMERS_QUEUE}. */
export const slaTimer = z.object({ caseId: z.number().int() });
export type SlaTimer = z.output<typeof slaTimer>;

/** Only what a repeated add must find again; the truth about what was decided is in PostgreSQL. */
const KEEP_COMPLETED = { age: 600, count: 200 };

/** The producing end of {@link TRANSACTIONS_QUEUE}, under `REDIS_PREFIX`; or of one of its shards. */
export function openTransactionsQueue(redis: RedisConnection, prefix: string, shard = 0): Queue {
  return new ReplicatedQueue(shardName(TRANSACTIONS_QUEUE, shard), redis, {
    prefix: shardPrefix(prefix, shard),
    defaultJobOptions: { ...JOB_RETRIES, removeOnComplete: KEEP_COMPLETED },
  });
}

/** As many as `QUEUE_SHARDS` says, dealt out by `QUEUE_SHARD_BY`. */
export function openTransactionShards(
  redis: RedisConnection,
  prefix: string,
  { QUEUE_SHARDS, QUEUE_SHARD_BY }: { readonly QUEUE_SHARDS: number; readonly QUEUE_SHARD_BY: string },
): TransactionShards {
  const others = Array.from({ length: QUEUE_SHARDS - 1 }, (_, i) =>
    openTransactionsQueue(redis, prefix, i + 1),
  );
  return { queues: [openTransactionsQueue(redis, prefix), ...others], by: QUEUE_SHARD_BY };
}

/** The SLA timers. A timer that has fired leaves nothing, so that its id can be set again. */
export function openReviewTimersQueue(redis: RedisConnection, prefix: string): Queue<SlaTimer> {
  return new ReplicatedQueue(REVIEW_TIMERS_QUEUE, redis, {
    prefix,
    defaultJobOptions: { ...JOB_RETRIES, removeOnComplete: true, removeOnFail: true },
  });
}

/** Takes the queue of an earlier version away, once its timers are set again: nobody would ever fire them. */
export async function dropEarlierTimers(redis: RedisConnection, prefix: string): Promise<void> {
  const queue = new ReplicatedQueue(REVIEW_TIMERS_BEFORE, redis, { prefix, skipMetasUpdate: true });
  queue.on("error", () => {});
  if ((await queue.count()) > 0) await queue.obliterate({ force: true });
}

/** The queue of decisions that the scorer, or a door in front of it, hands over to be recorded. */
export function openDecisionsQueue(redis: RedisConnection, prefix: string): Queue {
  return new ReplicatedQueue(DECISIONS_QUEUE, redis, {
    prefix,
    defaultJobOptions: { ...JOB_RETRIES, removeOnComplete: true },
  });
}

/**
 * Hands transactions over for scoring and recording: live ones before replayed ones, and those of one source in turn with
 * those of others. The job is called by its source.
 *
 * @returns when Redis has the chunk, and as many of its replicas as REDIS_WAIT_REPLICAS says
 * @throws RangeError for an empty or oversized chunk; Redis' error when it is away: add the same chunk again
 */
export async function enqueueTransactions(
  queue: Queue | TransactionShards,
  chunk: TransactionChunk,
): Promise<void> {
  const { source, transactions, lane = "live" } = chunk;
  if (transactions.length < 1 || transactions.length > MAX_CHUNK) {
    throw new RangeError(`a chunk holds 1 to ${MAX_CHUNK} transactions, not ${transactions.length}`);
  }
  await Promise.all(
    dealOut(queue, chunk).map(async ({ queue: into, part }) => {
      const priority = await nextPlace(into, source, lane);
      const job = { version: JOB_VERSION, source, transactions: part.transactions };
      await into.add(source, job, { jobId: part.chunkId, priority });
    }),
  );
}

/**
 * Hands decisions over to be recorded, in the scorer's stead, by a door that has its own name.
 *
 * @param source e.g. "api"
 * @returns when Redis has them all, and as many of its replicas as REDIS_WAIT_REPLICAS says
 * @throws Redis' error when it is away; some may be recorded, and a repeat counts once
 */
export async function handOverDecisions(
  queue: Queue,
  source: string,
  decisions: readonly RecordedDecision[],
): Promise<void> {
  for (let from = 0; from < decisions.length; from += MAX_DECISIONS) {
    const job: RecordedDecisions = { source, decisions: decisions.slice(from, from + MAX_DECISIONS) };
    // An id of its own: BullMQ's count begins anew when Redis loses everything, and dead letters go by it.
    await queue.add(DECISIONS_QUEUE, job, { jobId: randomUUID() });
  }
}
