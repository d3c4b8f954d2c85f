import type { Queue } from "bullmq";
import type { Kysely } from "kysely";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { heldFor } from "../../platform/process/held.ts";
import { READ_EVERY_MS } from "../../platform/process/metrics.ts";
import type { Database } from "../store/schema.ts";

/** What the worker counts; every counter's labels are few and fixed. */
export interface WorkerMetrics {
  /** Tries of jobs by queue and outcome: "done", "retried" (failed, to be tried again), "given_up" (failed for good). */
  readonly jobs: Counter<"queue" | "outcome">;
  /** Seconds a job took. */
  readonly jobSeconds: Histogram<"queue">;
  /** Seconds of scoring and recording a chunk. */
  readonly stageSeconds: Histogram<"stage">;
  /** Transactions by result: "recorded", "duplicate", "rejected". */
  readonly transactions: Counter<"source" | "result">;
  /** Seconds from a chunk's arrival in the queue to its commit. */
  readonly lagSeconds: Histogram;
  readonly casesOpened: Counter;
  /** Decisions recorded that were scored while the feature store was away. */
  readonly withoutHistory: Counter;
  readonly casesEscalated: Counter;
  readonly deadLetters: Counter<"queue">;
  /** Counter rows that had to be set right; more than zero is a bug. */
  readonly drift: Counter;
  /** Messages of the outbox by kind and outcome: "delivered", "failed" (tried again). */
  readonly deliveries: Counter<"kind" | "outcome">;
  /** Payments and labels in aggregates by outcome: "taken", "repeated", "late"; "refused": payments no schema reads. */
  readonly aggregates: Counter<"outcome">;
  /** Messages of alerts by kind of channel and outcome: "sent", "retried", "failed" (given up). */
  readonly alerts: Counter<"channel" | "outcome">;
  /** Tries of webhooks by event and outcome: "delivered", "failed" (tried again), "given_up". */
  readonly webhooks: Counter<"event" | "outcome">;
}

const SECONDS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];

export function createWorkerMetrics(registry: Registry): WorkerMetrics {
  const registers = [registry];
  return {
    jobs: new Counter({
      name: "paysecure_jobs_total",
      help: "Tries of jobs by queue and outcome",
      labelNames: ["queue", "outcome"],
      registers,
    }),
    jobSeconds: new Histogram({
      name: "paysecure_job_seconds",
      help: "Seconds a job took",
      labelNames: ["queue"],
      buckets: SECONDS,
      registers,
    }),
    stageSeconds: new Histogram({
      name: "paysecure_chunk_stage_seconds",
      help: "Seconds of scoring and of recording a chunk",
      labelNames: ["stage"],
      buckets: SECONDS,
      registers,
    }),
    transactions: new Counter({
      name: "paysecure_transactions_total",
      help: "Transactions by source and result",
      labelNames: ["source", "result"],
      registers,
    }),
    lagSeconds: new Histogram({
      name: "paysecure_decision_lag_seconds",
      help: "Seconds from a chunk's arrival in the queue to its commit",
      buckets: SECONDS,
      registers,
    }),
    withoutHistory: new Counter({
      name: "paysecure_decisions_without_history_total",
      help: "Decisions recorded that were scored while the feature store was away",
      registers,
    }),
    casesOpened: new Counter({
      name: "paysecure_cases_opened_total",
      help: "Review cases opened",
      registers,
    }),
    casesEscalated: new Counter({
      name: "paysecure_cases_escalated_total",
      help: "Review cases that passed their SLA while open",
      registers,
    }),
    deadLetters: new Counter({
      name: "paysecure_dead_letters_total",
      help: "Transactions and jobs given up, by queue",
      labelNames: ["queue"],
      registers,
    }),
    drift: new Counter({
      name: "paysecure_ledger_drift_repaired_total",
      help: "Counter rows that differed from the decisions and were repaired",
      registers,
    }),
    deliveries: new Counter({
      name: "paysecure_outbox_deliveries_total",
      help: "Messages of the outbox by kind and outcome",
      labelNames: ["kind", "outcome"],
      registers,
    }),
    alerts: new Counter({
      name: "paysecure_alert_messages_total",
      help: "Messages of alerts by kind of channel and outcome",
      labelNames: ["channel", "outcome"],
      registers: [registry],
    }),
    aggregates: new Counter({
      name: "paysecure_aggregates_total",
      help: "Payments and labels taken into aggregates, by outcome",
      labelNames: ["outcome"],
      registers,
    }),
    webhooks: new Counter({
      name: "paysecure_webhooks_total",
      help: "Tries of webhooks by event and outcome",
      labelNames: ["event", "outcome"],
      registers,
    }),
  };
}

/**
 * Jobs in each queue by state, read when scraped, at most every {@link READ_EVERY_MS}; absent while Redis is away. No
 * other kind of process exports it. A queue that is added later is read too. Every worker reads the same queues: over several of them it is
 * `max by (queue, state)`, not a sum.
 */
export function observeQueues(registry: Registry, queues: readonly Queue[]): void {
  const readers = new Map<Queue, () => Promise<Record<string, number>>>();
  const readerOf = (queue: Queue): (() => Promise<Record<string, number>>) => {
    const known = readers.get(queue);
    if (known) return known;
    const read = heldFor(READ_EVERY_MS, async () => {
      const {
        waiting = 0,
        prioritized = 0,
        ...others
      } = await queue.getJobCounts(...(["waiting", "prioritized", "active", "delayed", "failed"] as const));
      return { waiting: waiting + prioritized, ...others };
    });
    readers.set(queue, read);
    return read;
  };
  new Gauge({
    name: "paysecure_queue_jobs",
    help: "Jobs by queue and state; every worker tells the same: max over workers, not sum",
    labelNames: ["queue", "state"],
    registers: [registry],
    async collect() {
      this.reset();
      for (const queue of queues) {
        try {
          const counts = await readerOf(queue)();
          for (const [state, count] of Object.entries(counts)) this.set({ queue: queue.name, state }, count);
        } catch {
          // Redis is away; readiness says so.
        }
      }
    },
  });
}

/**
 * What lies in the outbox and for how long, read when scraped, at most every {@link READ_EVERY_MS}; absent while
 * PostgreSQL is away.
 */
export function observeOutbox(registry: Registry, db: Kysely<Database>): void {
  const read = heldFor(READ_EVERY_MS, () =>
    db
      .selectFrom("outbox")
      .select((eb) => [eb.fn.countAll<number>().as("count"), eb.fn.min("created_at").as("first")])
      .executeTakeFirstOrThrow(),
  );
  const pending = new Gauge({
    name: "paysecure_outbox_pending",
    help: "Messages that were not delivered yet",
    registers: [registry],
    async collect() {
      this.reset();
      oldest.reset();
      try {
        const { count, first } = await read();
        pending.set(count);
        oldest.set(first ? Math.max(0, Date.now() - first.getTime()) / 1_000 : 0);
      } catch {
        // PostgreSQL is away; readiness says so.
      }
    },
  });
  const oldest = new Gauge({
    name: "paysecure_outbox_oldest_seconds",
    help: "Age of the oldest message that was not delivered yet",
    registers: [registry],
  });
}
