import type { Queue, Worker } from "bullmq";
import { TRANSACTIONS_QUEUE } from "../../domain/jobs.ts";
import { openTransactionsQueue } from "../queues.ts";
import { agreeOnShards, shardName, shardPrefix, type TransactionShards } from "../shards.ts";
import { type ConsumeOptions, consume } from "./consume.ts";
import { type Repeated, repeat } from "./repeat.ts";

/** How often it is looked whether there are more shards than this worker knows of. */
const LOOK_EVERY_MS = 5_000;

export interface ConsumeShardsOptions extends ConsumeOptions {
  readonly shards: TransactionShards;
  /** The connection that the shards were opened with. */
  readonly producing: Parameters<typeof agreeOnShards>[0];
  /** Of a shard that turned up. */
  readonly onMore: (queue: Queue) => void;
}

/** The workers of the queue of transactions or of its shards. */
export interface ShardConsumers {
  ready(): Promise<void>;
  /** Waits for the jobs in work. */
  close(): Promise<void>;
}

/**
 * Works on every shard that any worker has been told of, so that nothing lies where nobody looks after their number
 * changed. Where there are several, one job of each is in work at a time, whoever has it: payments of one entity are
 * decided in the order in which they came, unless one is tried again.
 *
 * @param work as {@link consume}'s; its `queue` is {@link TRANSACTIONS_QUEUE} whatever the shard
 */
export function consumeShards(
  options: ConsumeShardsOptions,
  work: Parameters<typeof consume>[2],
): ShardConsumers {
  const { shards, producing, prefix, logger } = options;
  const wanted = shards.queues.length;
  const workers: Worker[] = [];
  const add = (shard: number): void => {
    const name = shardName(TRANSACTIONS_QUEUE, shard);
    workers.push(
      consume(name, { ...options, prefix: shardPrefix(prefix, shard) }, (job) =>
        work({ ...job, queue: TRANSACTIONS_QUEUE }),
      ),
    );
  };
  let ordered = false;
  let begun: () => void;
  const beginning = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const looking: Repeated = repeat("shards", LOOK_EVERY_MS, logger, async () => {
    const { read, known } = await agreeOnShards(producing, prefix, wanted);
    // Redis may have lost everything, the order too.
    if (!ordered || known < wanted) {
      if (wanted > 1) await Promise.all(shards.queues.map((queue) => queue.setGlobalConcurrency(1)));
      else if (known > 1) await shards.queues[0].removeGlobalConcurrency();
      ordered = true;
    }
    for (let shard = workers.length; shard < read; shard++) {
      if (shard >= wanted) options.onMore(openTransactionsQueue(producing, prefix, shard));
      add(shard);
    }
    begun();
  });
  return {
    ready: async () => {
      await beginning;
      await Promise.all(workers.map((worker) => worker.waitUntilReady()));
    },
    close: async () => {
      begun();
      await looking.stop();
      await Promise.all(workers.map((worker) => worker.close()));
    },
  };
}
