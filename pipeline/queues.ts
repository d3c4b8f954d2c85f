import { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { z } from "zod";
import { DECISIONS_QUEUE } from "../scorer/client/types.ts";
import type { Source } from "./store/schema.ts";

/** Transactions on their way to a decision; a job is a chunk of them. */
export const TRANSACTIONS_QUEUE = "transactions";
/** SLA timers; a job is one open case and fires when it is due. */
export const MANUAL_REVIEW_QUEUE = "manual-review";

/** Most transactions in one chunk. */
export const MAX_CHUNK = 200;

/** A transaction as it lies in the queue: the contract's Transaction in JSON, and what the source knows to be true. */
export const queuedTransaction = z.object({
  transactionId: z.string(),
  /** Seconds, the model's Time. */
  time: z.number(),
  /** V1…V28. */
  v: z.array(z.number()),
  amount: z.number(),
  eventTime: z.iso.datetime({ offset: true }).optional(),
  currency: z.string().optional(),
  cardToken: z.string().optional(),
  merchantId: z.string().optional(),
  merchantCategory: z.string().optional(),
  country: z.string().optional(),
  channel: z.string().optional(),
  truth: z.boolean().nullish(),
});
export type QueuedTransaction = z.output<typeof queuedTransaction>;

/** A job of {@link TRANSACTIONS_QUEUE}. Its transactions are checked one by one, so that a bad one fails alone. */
export const transactionChunk = z.object({
  source: z.enum(["simulator", "replay", "api", "grpc"] satisfies readonly Source[]),
  transactions: z.array(z.unknown()).min(1),
});

export interface TransactionChunk {
  /** The job's id: adding a chunk again, when its acknowledgement was lost, is one job. */
  readonly chunkId: string;
  readonly source: Source;
  /** 1 to {@link MAX_CHUNK}. */
  readonly transactions: readonly QueuedTransaction[];
}

/** A job of {@link MANUAL_REVIEW_QUEUE}. */
export const slaTimer = z.object({ caseId: z.number().int() });
export type SlaTimer = z.output<typeof slaTimer>;

/** Only what a repeated add must find again; the truth about what was decided is in PostgreSQL. */
const KEEP_COMPLETED = { age: 600, count: 200 };
/** A sweep moves failed jobs to the dead letters every minute; until then none may be dropped. */
const KEEP_FAILED = false;

/** What failed for a reason that may pass is tried for about a minute; a service that is away costs no attempt. */
const RETRIES = { attempts: 8, backoff: { type: "exponential", delay: 500, jitter: 0.5 } } as const;

/** The producing end of {@link TRANSACTIONS_QUEUE}, under `REDIS_PREFIX`. */
export function openTransactionsQueue(redis: Redis, prefix: string): Queue {
  return new Queue(TRANSACTIONS_QUEUE, {
    connection: redis,
    prefix,
    defaultJobOptions: { ...RETRIES, removeOnComplete: KEEP_COMPLETED, removeOnFail: KEEP_FAILED },
  });
}

/** The SLA timers. A timer that has fired leaves nothing, so that its id can be set again. */
export function openManualReviewQueue(redis: Redis, prefix: string): Queue<SlaTimer> {
  return new Queue<SlaTimer>(MANUAL_REVIEW_QUEUE, {
    connection: redis,
    prefix,
    defaultJobOptions: { ...RETRIES, removeOnComplete: true, removeOnFail: true },
  });
}

/** The consuming side's view of the scorer's queue, for counts and failed jobs. */
export function openDecisionsQueue(redis: Redis, prefix: string): Queue {
  return new Queue(DECISIONS_QUEUE, { connection: redis, prefix });
}

/**
 * Hands transactions over for scoring and recording.
 *
 * @returns when Redis has the chunk
 * @throws RangeError for an empty or oversized chunk; Redis' error when it is away: add the same chunk again
 */
export async function enqueueTransactions(queue: Queue, chunk: TransactionChunk): Promise<void> {
  const { chunkId, source, transactions } = chunk;
  if (transactions.length < 1 || transactions.length > MAX_CHUNK) {
    throw new RangeError(`a chunk holds 1 to ${MAX_CHUNK} transactions, not ${transactions.length}`);
  }
  await queue.add("chunk", { source, transactions }, { jobId: chunkId });
}
