import type { Queue } from "bullmq";
import type { Kysely } from "kysely";
import { messageOf } from "../../platform/process/errors.ts";
import type { Logger } from "../../platform/process/logger.ts";
import type { SlaTimer } from "../queues.ts";
import { findDrift, repairDrift } from "../store/reconcile.ts";
import type { Database } from "../store/schema.ts";
import { sweepFailedJobs } from "./failed-jobs.ts";
import { restoreTimers } from "./sla-timers.ts";
import type { WorkerMetrics } from "./worker-metrics.ts";

export interface ReconcilerDependencies {
  readonly db: Kysely<Database>;
  readonly timers: Queue<SlaTimer>;
  /** Queues whose failed jobs become dead letters. */
  readonly swept: readonly Queue[];
  readonly metrics: WorkerMetrics;
  readonly logger: Logger;
}

/**
 * Compares what Redis and the counters say with what the tables say, now and every `intervalMs`: missing SLA timers
 * are set, failed jobs become dead letters; counters are recounted once, at the start (it reads every decision).
 */
export function startReconciler(deps: ReconcilerDependencies, intervalMs: number): { stop(): Promise<void> } {
  const { db, timers, swept, metrics, logger } = deps;
  let running: Promise<void> | undefined;
  let counted = false;

  const step = async (name: string, run: () => Promise<void>): Promise<void> => {
    try {
      await run();
    } catch (error) {
      logger.warn({ step: name, err: messageOf(error) }, "reconciling failed, next time again");
    }
  };
  const reconcile = async (): Promise<void> => {
    await step("timers", async () => {
      const restored = await restoreTimers(db, timers);
      if (restored > 0) logger.info({ restored }, "SLA timers set again");
    });
    await step("failed jobs", async () => {
      for (const queue of swept) {
        const added = await sweepFailedJobs(db, queue);
        metrics.deadLetters.inc({ queue: queue.name }, added);
        if (added > 0) logger.error({ queue: queue.name, added }, "failed jobs moved to the dead letters");
      }
    });
    if (counted) return;
    await step("counters", async () => {
      const drift = (await findDrift(db)).length > 0 ? await repairDrift(db) : [];
      counted = true;
      metrics.drift.inc(drift.length);
      if (drift.length > 0)
        logger.error({ drift }, "counters differed from the decisions and were set right");
    });
  };
  const start = (): void => {
    running ??= reconcile().finally(() => {
      running = undefined;
    });
  };
  start();
  const timer = setInterval(start, intervalMs);
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
