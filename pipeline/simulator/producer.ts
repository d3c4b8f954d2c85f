import { type Queue, QueueEvents } from "bullmq";
import { type Backoff, backOff } from "../../platform/process/backoff.ts";
import { messageOf } from "../../platform/process/errors.ts";
import type { Logger } from "../../platform/process/logger.ts";
import { connectAgain, type RedisConnection } from "../../platform/process/redis.ts";
import { closedDoors } from "../door-state.ts";
import { enqueueTransactions, type TransactionChunk } from "../queues.ts";
import { dealOut, queuesOf, type TransactionShards } from "../shards.ts";

const BEFORE_RETRY: Backoff = { firstMs: 50, mostMs: 2_000 };

export interface ProducerOptions {
  readonly queue: Queue | TransactionShards;
  /** For the queue's events; the producer opens its own blocking connection from it. */
  readonly redis: RedisConnection;
  readonly logger: Logger;
  /** Most transactions that are handed in and not yet decided; beyond it `submit` waits. */
  readonly maxOutstanding: number;
  /** A chunk this long without an answer is looked for in Redis, milliseconds. */
  readonly checkAfterMs: number;
}

/** Hands chunks to the queue and keeps each until a worker is done with it. */
export interface Producer {
  /** Takes a chunk; waits while too many are outstanding. */
  submit(chunk: TransactionChunk): Promise<void>;
  /** Transactions handed in and not yet decided. */
  readonly outstanding: () => number;
  /** Waits until Redis has everything, at most `limitMs`. @returns how many chunks it does not have */
  close(limitMs: number): Promise<number>;
}

interface Held {
  readonly queue: Queue;
  readonly chunk: TransactionChunk;
  /** When Redis acknowledged it; undefined while it is being sent. */
  sentAt: number | undefined;
}

/**
 * Nothing handed in is lost while this process lives: a chunk is sent until Redis acknowledges it, and sent again when
 * Redis has forgotten it before it was decided. Its id is the job's id, so what Redis still knows is not added twice.
 */
export function createProducer(options: ProducerOptions): Producer {
  const { queue, logger, maxOutstanding, checkAfterMs } = options;
  const queues = queuesOf(queue);
  const held = new Map<string, Held>();
  const closing = new AbortController();
  let outstanding = 0;
  let away = false;
  let draining = false;
  let wake: (() => void) | undefined;

  const settle = (chunkId: string): void => {
    const done = held.get(chunkId);
    if (!done || !held.delete(chunkId)) return;
    outstanding -= done.chunk.transactions.length;
    wake?.();
  };

  /** Who drains the queue wants nothing more in it; whoever closes this producer waits for nobody. */
  const untilOpen = async (): Promise<void> => {
    for (let attempt = 0; !closing.signal.aborted; attempt++) {
      const closed = await closedDoors(options.redis, queues[0].opts.prefix ?? "");
      if (!closed) {
        draining = false;
        return;
      }
      if (!draining) logger.info({ closed }, "the queue is being drained: waiting until it is resumed");
      draining = true;
      await backOff(BEFORE_RETRY, attempt);
    }
  };

  const send = async (entry: Held): Promise<void> => {
    entry.sentAt = undefined;
    for (let attempt = 0; held.has(entry.chunk.chunkId); attempt++) {
      try {
        await untilOpen();
        await enqueueTransactions(entry.queue, entry.chunk);
        entry.sentAt = Date.now();
        if (away) logger.info({ outstanding }, "redis takes transactions again");
        away = false;
        wake?.();
        return;
      } catch (error) {
        if (!away) logger.warn({ err: messageOf(error) }, "redis takes no transactions, keeping them");
        away = true;
        await backOff(BEFORE_RETRY, attempt);
      }
    }
  };

  const listening = queues.map(({ name, opts: { prefix } }) => {
    const connection = connectAgain(options.redis);
    connection.on("error", () => {}); // the producing connection logs the loss
    const events = new QueueEvents(name, {
      ...{ connection, skipVersionCheck: true },
      ...(prefix === undefined ? {} : { prefix }),
    });
    events.on("error", () => {});
    events.on("completed", ({ jobId }) => settle(jobId));
    events.on("failed", ({ jobId }) => settle(jobId));
    return { connection, events };
  });

  /** Events can be missed, and Redis can lose a job: ask about what is overdue. */
  const check = async (): Promise<void> => {
    const before = Date.now() - checkAfterMs;
    for (const [chunkId, entry] of held) {
      if (entry.sentAt === undefined || entry.sentAt > before) continue;
      const state = await entry.queue.getJobState(chunkId);
      if (state === "completed" || state === "failed") settle(chunkId);
      else if (state === "unknown") {
        logger.info({ chunkId }, "redis forgot a chunk: handing it in again");
        await send(entry);
      } else entry.sentAt = Date.now();
    }
  };
  let checking: Promise<void> | undefined;
  const checkTimer = setInterval(() => {
    checking ??= check()
      .catch(() => {}) // Redis is away: the next round asks again
      .finally(() => {
        checking = undefined;
      });
  }, checkAfterMs / 2);

  const until = async (fulfilled: () => boolean, signal: AbortSignal): Promise<void> => {
    while (!fulfilled() && !signal.aborted) {
      await new Promise<void>((resolve) => {
        wake = resolve;
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  };
  return {
    outstanding: () => outstanding,
    async submit(chunk) {
      // Each part is done by itself.
      const parts = dealOut(queue, chunk);
      if (parts.some(({ part }) => held.has(part.chunkId)))
        throw new Error(`chunk ${chunk.chunkId} was handed in already`);
      await until(
        () => outstanding === 0 || outstanding + chunk.transactions.length <= maxOutstanding,
        closing.signal,
      );
      outstanding += chunk.transactions.length;
      for (const { queue: into, part } of parts) {
        const entry: Held = { queue: into, chunk: part, sentAt: undefined };
        held.set(part.chunkId, entry);
        void send(entry);
      }
    },
    async close(limitMs) {
      closing.abort();
      clearInterval(checkTimer);
      const unsent = (): number => [...held.values()].filter((entry) => entry.sentAt === undefined).length;
      await until(() => unsent() === 0, AbortSignal.timeout(limitMs));
      await checking;
      const left = unsent();
      held.clear();
      for (const { events, connection } of listening) {
        await events.close();
        connection.disconnect();
      }
      return left;
    },
  };
}
