import { randomUUID } from "node:crypto";
import type { Queue } from "bullmq";
import type { Kysely } from "kysely";
import { SYSTEM } from "../../domain/actors.ts";
import { messageOf } from "../../platform/process/errors.ts";
import type { Logger } from "../../platform/process/logger.ts";
import type { RedisConnection } from "../../platform/process/redis.ts";
import { importServing } from "../audit/import-serving.ts";
import { auditRepairs } from "../audit/repairs.ts";
import { restoreTimers } from "../effects/sla-timers.ts";
import { type ForgetAggregates, runErasures } from "../privacy/erasures.ts";
import type { SlaTimer } from "../queues.ts";
import { type Keeping, keepAndDrop } from "../retention/plan.ts";
import { escalateCase, listMissedEscalations } from "../review/escalate.ts";
import { refreshSomePriorities } from "../review/worth.ts";
import { closeDay, nextDayToClose } from "../store/days.ts";
import { forgetMinutes } from "../store/fold-counters.ts";
import { preparePartitions } from "../store/partitions.ts";
import { type Drift, findDriftOn, repairDay } from "../store/reconcile.ts";
import type { Database } from "../store/schema.ts";
import { tidyUp } from "../store/tidy-up.ts";
import { sweepFailedJobs } from "./failed-jobs.ts";
import { hurryLateRetries } from "./late-retries.ts";
import { type Repeated, repeat } from "./repeat.ts";
import type { WorkerMetrics } from "./worker-metrics.ts";

export interface ReconcilerDependencies {
  readonly db: Kysely<Database>;
  readonly timers: Queue<SlaTimer>;
  readonly redis: RedisConnection;
  /** Queues whose failed jobs become dead letters. */
  readonly swept: readonly Queue[];
  readonly metrics: WorkerMetrics;
  readonly logger: Logger;
  /** How long decisions are kept, and what identifies somebody in them. */
  readonly keeping: Keeping;
  /** What an erasure takes out of Redis. */
  readonly forget: ForgetAggregates;
  /** The registry of models. */
  readonly registry: string;
}

/** Slices of timers that one run looks at, unless timers are missing. */
const TIMER_SLICES = 5;
/** Slices of open cases that one run values anew: 150,000 in a few minutes, and few at once. */
const PRIORITY_SLICES = 5;
/** Cases past their SLA that one run escalates itself. */
const MISSED = 500;
/** How long recorders may wait for a new month's partition: it is made two months ahead, there are other times. */
const PATIENT_MS = 1_000;
/** Slices of old decisions that one run redacts: a million in an hour or so, and few at once. */
const REDACTION_SLICES = 20;
/** Differences that a line of the log shows. */
const SHOWN = 10;

/** As many differences as fit a screen, and how many more there are. */
export function shortened(drift: readonly Drift[]): { drift: readonly Drift[]; more?: number } {
  return drift.length <= SHOWN ? { drift } : { drift: drift.slice(0, SHOWN), more: drift.length - SHOWN };
}

/**
 * Compares what Redis and the counters say with what the tables say, now and every `intervalMs`, each time a bounded
 * slice: missing SLA timers are set, cases whose timer never fired escalated, failed jobs become dead letters, retries that a wrong clock put off are hurried, a day that
 * is over is compared with its rows and closed, the next months get partitions, what two people agreed to erase is
 * erased, what is old enough is redacted, what is too old goes, what is gone gives its room back. Nobody who records
 * waits for it.
 */
export function startReconciler(deps: ReconcilerDependencies, intervalMs: number): Repeated {
  const { db, timers, redis, swept, metrics, logger, keeping, forget, registry } = deps;
  const holder = randomUUID();
  let lookedAt = 0;
  let valuedAt = 0;

  const step = async (name: string, run: () => Promise<void>): Promise<void> => {
    try {
      await run();
    } catch (error) {
      logger.warn({ step: name, err: messageOf(error) }, "reconciling failed, next time again");
    }
  };
  return repeat("reconciler", intervalMs, logger, async () => {
    await step("timers", async () => {
      let restored = 0;
      for (let slices = 0; slices < TIMER_SLICES; slices++) {
        const slice = await restoreTimers(db, timers, redis, lookedAt);
        lookedAt = slice.next;
        restored += slice.restored;
        // Timers that are missing are rarely alone: all are looked at, then.
        if (slice.restored > 0) slices = 0;
        if (lookedAt === 0) break;
      }
      if (restored > 0) logger.info({ restored }, "SLA timers set again");
    });
    await step("escalations", async () => {
      for (const caseId of await listMissedEscalations(db, MISSED)) {
        if (await escalateCase(db, caseId)) metrics.casesEscalated.inc();
      }
    });
    await step("failed jobs", async () => {
      for (const queue of swept) {
        const added = await sweepFailedJobs(db, queue);
        metrics.deadLetters.inc({ queue: queue.name }, added);
        if (added > 0) logger.error({ queue: queue.name, added }, "failed jobs moved to the dead letters");
      }
    });
    await step("late retries", async () => {
      for (const queue of swept) {
        const hurried = await hurryLateRetries(queue);
        if (hurried > 0)
          logger.warn(
            { queue: queue.name, hurried },
            "a clock was set back: jobs that waited for it go at once",
          );
      }
    });
    await step("priorities", async () => {
      for (let slices = 0; slices < PRIORITY_SLICES; slices++) {
        valuedAt = (await refreshSomePriorities(db, valuedAt)).next;
        if (valuedAt === 0) break;
      }
    });
    await step("audit", async () => {
      await importServing(db, registry);
    });
    await step("partitions", () => preparePartitions(db, PATIENT_MS));
    await step("counters", async () => {
      const day = await nextDayToClose(db);
      if (day !== undefined) {
        const drift =
          (await findDriftOn(db, day)).length > 0 ? await repairDay(db, day, auditRepairs(SYSTEM)) : [];
        metrics.drift.inc(drift.length);
        if (drift.length > 0) {
          logger.error(
            { day, ...shortened(drift) },
            "counters differed from the decisions and were set right",
          );
        }
        await closeDay(db, day);
      }
      await forgetMinutes(db);
    });
    await step("erasures", async () => {
      const erased = await runErasures(db, forget);
      if (erased > 0) logger.info({ erasures: erased }, "somebody's data erased, as two people agreed");
    });
    await step("retention", async () => {
      const { months, aged, redacted } = await keepAndDrop(db, keeping, holder, { slices: REDACTION_SLICES });
      for (const { name, decisions, keptBecause } of months) {
        if (keptBecause === null) logger.info({ partition: name, decisions }, "decisions dropped: too old");
        else logger.debug({ partition: name, keptBecause }, "too old, but kept");
      }
      for (const { name, rows } of aged) logger.info({ table: name, rows }, "rows dropped: too old");
      if (redacted.decisions + redacted.imported + redacted.deadLetters > 0)
        logger.info(redacted, "redacted: old enough");
    });
    await step("tidying up", async () => {
      const tables = await tidyUp(db);
      if (tables.length > 0) logger.debug({ tables }, "vacuumed");
    });
  });
}
