import type { Queue } from "bullmq";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** What the worker counts; every counter's labels are few and fixed. */
export interface WorkerMetrics {
  /** Jobs done, by queue and outcome ("done", "retried"). */
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
  readonly casesEscalated: Counter;
  readonly deadLetters: Counter<"queue">;
  /** Counter rows that had to be set right; more than zero is a bug. */
  readonly drift: Counter;
}

const SECONDS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];

export function createWorkerMetrics(registry: Registry): WorkerMetrics {
  const registers = [registry];
  return {
    jobs: new Counter({
      name: "paysecure_jobs_total",
      help: "Jobs by queue and outcome",
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
      name: "paysecure_counter_drift_total",
      help: "Counter rows that differed from the decisions and were repaired",
      registers,
    }),
  };
}

/** Jobs in each queue by state, read when scraped; absent while Redis is away. */
export function observeQueues(registry: Registry, queues: readonly Queue[]): void {
  new Gauge({
    name: "paysecure_queue_jobs",
    help: "Jobs by queue and state",
    labelNames: ["queue", "state"],
    registers: [registry],
    async collect() {
      this.reset();
      for (const queue of queues) {
        try {
          const counts = await queue.getJobCounts("waiting", "active", "delayed", "failed");
          for (const [state, count] of Object.entries(counts)) this.set({ queue: queue.name, state }, count);
        } catch {
          // Redis is away; readiness says so.
        }
      }
    },
  });
}
