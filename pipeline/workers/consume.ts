import { setTimeout as sleep } from "node:timers/promises";
import { DelayedError, type Job, UnrecoverableError, Worker } from "bullmq";
import { JOB_RETRIES } from "../../domain/jobs.ts";
import { messageOf } from "../../platform/process/errors.ts";
import { failPoint } from "../../platform/process/fail-point.ts";
import type { Logger } from "../../platform/process/logger.ts";
import { StoppingError } from "../../platform/process/patience.ts";
import type { RedisConnection } from "../../platform/process/redis.ts";
import type { Alone } from "./alone.ts";
import type { WorkerMetrics } from "./worker-metrics.ts";

/** A job may lose its worker this often (deploys, crashes) before it counts as failed. */
const MAX_STALLED = 10;
/** … and this often before it is in work alone: if it is the job that ends its workers, it ends no other's work. */
const ALONE_AFTER = 2;
/** A job that came while another was alone comes again after so long, at the cost of no attempt. */
const SENT_AWAY_MS = 1_000;
const SETTLE_MS = 200;

export interface ConsumeOptions {
  readonly redis: RedisConnection;
  readonly prefix: string;
  readonly logger: Logger;
  readonly metrics: WorkerMetrics;
  readonly concurrency: number;
  readonly lockMs: number;
  /** Shared by the queues of a process. */
  readonly alone: Alone;
  /** How often a job may lose its worker; {@link MAX_STALLED} when left out. */
  readonly maxStalled?: number;
}

/**
 * Starts working on a queue. A job that is interrupted by the process stopping goes back without costing an attempt;
 * any other error costs one and is retried with the backoff the job was added with, each time said in the log and
 * counted. However many attempts whoever added it asked for (before 0.2.0 twenty, the last one after 36 hours), it has no
 * more than {@link JOB_RETRIES}.
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
      const suspect = job.stalledCounter >= ALONE_AFTER;
      const leave = await options.alone.enter(suspect);
      if (leave === null) {
        await job.moveToDelayed(Date.now() + SENT_AWAY_MS, token);
        throw new DelayedError();
      }
      // What was being fetched meanwhile is sent away first.
      if (suspect) await sleep(SETTLE_MS);
      const end = metrics.jobSeconds.startTimer({ queue });
      try {
        failPoint("job.taken");
        await work({ queue, id: job.id ?? "", data: job.data, at: job.timestamp });
        metrics.jobs.inc({ queue, outcome: "done" });
      } catch (error) {
        if (error instanceof StoppingError) {
          await job.moveToDelayed(Date.now(), token);
          throw new DelayedError();
        }
        const attempt = job.attemptsMade + 1;
        const attempts = Math.min(job.opts.attempts ?? 1, JOB_RETRIES.attempts);
        const line = { queue, jobId: job.id, attempt, attempts, err: messageOf(error) };
        if (attempt < attempts && !(error instanceof UnrecoverableError)) {
          metrics.jobs.inc({ queue, outcome: "retried" });
          logger.warn(line, "job failed, to be tried again");
          throw error;
        }
        metrics.jobs.inc({ queue, outcome: "given_up" });
        const kept = job.opts.removeOnFail !== true;
        logger.error(
          { ...line, err: error },
          kept ? "job failed for good: it goes to the dead letters" : "job failed for good",
        );
        throw new UnrecoverableError(messageOf(error));
      } finally {
        end();
        leave();
      }
    },
    {
      connection: options.redis,
      // INFO is nothing every user may: readiness looks at the version where we may.
      skipVersionCheck: true,
      prefix: options.prefix,
      concurrency: options.concurrency,
      lockDuration: lockMs,
      lockRenewTime: lockMs / 3,
      stalledInterval: lockMs / 2,
      maxStalledCount: options.maxStalled ?? MAX_STALLED,
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
