import { DelayedError, type Job, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { messageOf } from "../../platform/process/errors.ts";
import type { Logger } from "../../platform/process/logger.ts";
import { StoppingError } from "../../platform/process/patience.ts";
import type { WorkerMetrics } from "./worker-metrics.ts";

/** A job may lose its worker this often (deploys, crashes) before it counts as failed. */
const MAX_STALLED = 20;

export interface ConsumeOptions {
  readonly redis: Redis;
  readonly prefix: string;
  readonly logger: Logger;
  readonly metrics: WorkerMetrics;
  readonly concurrency: number;
  readonly lockMs: number;
}

/**
 * Starts working on a queue. A job that is interrupted by the process stopping goes back without costing an attempt;
 * any other error costs one and is retried with the backoff the job was added with.
 *
 * @returns the worker; `close()` waits for the jobs in work
 */
export function consume(
  queue: string,
  options: ConsumeOptions,
  work: (job: {
    readonly queue: string;
    readonly id: string;
    readonly data: unknown;
    readonly at: number;
  }) => Promise<void>,
): Worker {
  const { logger, metrics, lockMs } = options;
  const worker = new Worker(
    queue,
    async (job: Job<unknown>, token?: string) => {
      const end = metrics.jobSeconds.startTimer({ queue });
      try {
        await work({ queue, id: job.id ?? "", data: job.data, at: job.timestamp });
        metrics.jobs.inc({ queue, outcome: "done" });
      } catch (error) {
        if (error instanceof StoppingError) {
          await job.moveToDelayed(Date.now(), token);
          throw new DelayedError();
        }
        metrics.jobs.inc({ queue, outcome: "retried" });
        logger.error({ queue, jobId: job.id, attempt: job.attemptsMade + 1, err: error }, "job failed");
        throw error;
      } finally {
        end();
      }
    },
    {
      connection: options.redis,
      prefix: options.prefix,
      concurrency: options.concurrency,
      lockDuration: lockMs,
      lockRenewTime: lockMs / 3,
      stalledInterval: lockMs / 2,
      maxStalledCount: MAX_STALLED,
      // After a lost Redis the result of a finished job is reported again this soon.
      runRetryDelay: 1_000,
      drainDelay: 5,
    },
  );
  // Connection losses are logged by the connection itself; a lost lock or a vanished job is harmless (recording is
  // idempotent) but worth knowing.
  worker.on("error", (error) => logger.debug({ queue, err: messageOf(error) }, "queue error"));
  worker.on("stalled", (jobId) => logger.warn({ queue, jobId }, "job taken over from a worker that died"));
  return worker;
}
