import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Queue, QueueEvents } from "bullmq";
import { sql } from "kysely";
import { TRANSACTIONS_QUEUE } from "../../domain/jobs.ts";
import { enqueueTransactions, openTransactionsQueue, type QueuedTransaction } from "../../pipeline/queues.ts";
import type { Database } from "../../pipeline/store/schema.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { connectRedis } from "../../platform/process/redis.ts";
import type { House } from "./house.ts";

const logger = createLogger("bench", "silent");

/** How long from enqueue to committed and acknowledged, milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

export interface Bench {
  /** Enqueues everything as fast as it goes. @returns transactions a second until the last is committed */
  flood(chunks: readonly (readonly QueuedTransaction[])[]): Promise<number>;
  /** Sends chunks at their times whether the last is done or not. */
  atRate(chunks: readonly (readonly QueuedTransaction[])[], perSecond: number): Promise<Latency>;
  close(): Promise<void>;
}

/** From enqueue to committed decision, seen from outside the worker. */
export function openBench(house: House): Bench {
  const redis = connectRedis(house.redis.url, "producer", logger);
  const listening = connectRedis(house.redis.url, "worker", logger);
  const events = new QueueEvents(TRANSACTIONS_QUEUE, {
    connection: listening,
    prefix: "{bench}",
  });
  events.on("error", () => {});
  const queue: Queue = openTransactionsQueue(redis, "{bench}");
  const db = openDatabase<Database>(house.postgres.url, logger, 1);
  const committed = async (): Promise<number> => {
    const { rows } = await sql<{
      n: number;
    }>`select coalesce(sum(transactions), 0)::int8 as n from counters`.execute(db);
    return rows[0]?.n ?? 0;
  };
  const add = (transactions: readonly QueuedTransaction[], chunkId = randomUUID()): Promise<void> =>
    enqueueTransactions(queue, { chunkId, source: "bench", transactions });

  return {
    async flood(chunks) {
      const before = await committed();
      const count = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      const started = performance.now();
      const left = [...chunks];
      const producers = Array.from({ length: 4 }, async () => {
        for (let chunk = left.pop(); chunk; chunk = left.pop()) await add(chunk);
      });
      await Promise.all(producers);
      while ((await committed()) < before + count) await sleep(10);
      return count / ((performance.now() - started) / 1_000);
    },
    async atRate(chunks, perSecond) {
      await events.waitUntilReady();
      const sent = new Map<string, number>();
      const took: number[] = [];
      const done = new Promise<void>((resolve) => {
        events.on("completed", ({ jobId }) => {
          const at = sent.get(jobId);
          if (at === undefined) return;
          took.push(performance.now() - at);
          if (took.length === chunks.length) resolve();
        });
      });
      const every = (1_000 * (chunks[0]?.length ?? 1)) / perSecond;
      const started = performance.now();
      for (const [i, chunk] of chunks.entries()) {
        const due = started + i * every;
        const wait = due - performance.now();
        if (wait > 0) await sleep(wait);
        const id = randomUUID();
        // Measured from when it should have been sent: a late producer hides no queueing.
        sent.set(id, due);
        void add(chunk, id);
      }
      await done;
      took.sort((a, b) => a - b);
      const at = (share: number): number =>
        took[Math.min(took.length - 1, Math.floor(share * took.length))] ?? 0;
      return { p50: at(0.5), p99: at(0.99), p999: at(0.999) };
    },
    async close() {
      await events.close();
      listening.disconnect();
      await queue.close();
      redis.disconnect();
      await db.destroy();
    },
  };
}
