import type { Decision } from "./decision.ts";
import type { Entities, Fields } from "./entities.ts";
import type { ContextName } from "./transaction.ts";

/** The queues between processes: what they are called, what lies in them, how often it is tried. */

/** Payments on their way to a decision; a job is a chunk of them. */
export const TRANSACTIONS_QUEUE = "transactions";
/** Decisions on their way to the store, made on a call with `record = true`. */
export const DECISIONS_QUEUE = "decisions";
/** Timers of review cases; a job is one open case and fires when its SLA runs out. */
export const REVIEW_TIMERS_QUEUE = "review-timers";
/** What was asked to be done with models; a job is one request, or a clock that asks. */
export const MODEL_CARE_QUEUE = "model-care";

/** The version of a job of {@link TRANSACTIONS_QUEUE}; one that names none is of this one. */
export const JOB_VERSION = 1;
/** Most transactions in one job of {@link TRANSACTIONS_QUEUE}. */
export const MAX_CHUNK = 200;
/** Most decisions in one job of {@link DECISIONS_QUEUE}. */
export const MAX_DECISIONS = 500;

/**
 * What failed for a reason that may pass is tried for about a minute, each time said in the log, and then becomes dead
 * letters; a service that is away costs no attempt. A sweep moves failed jobs every minute: until then none is dropped.
 */
export const JOB_RETRIES = {
  attempts: 8,
  backoff: { type: "exponential", delay: 500, jitter: 0.5 },
  removeOnFail: false,
} as const;

/**
 * A decision with its transaction, as it lies in {@link DECISIONS_QUEUE}. Text that was not given is "", a currency that
 * was not is the contract's default.
 */
export interface RecordedDecision extends Omit<Decision, "recorded">, Readonly<Record<ContextName, string>> {
  /** Left out where none was given. */
  readonly time?: number | undefined;
  readonly v?: readonly number[] | undefined;
  readonly amount: number;
  /** ISO 8601; the time of scoring when the caller gave none. */
  readonly eventTime: string;
  /** True where the caller gave no event time: it is no part of what makes a repeat a repeat. */
  readonly eventTimeAssumed?: boolean | undefined;
  readonly currency: string;
  readonly fields?: Fields | undefined;
  readonly entities?: Entities | undefined;
  /** ISO 8601. */
  readonly scoredAt: string;
}

/** One job of {@link DECISIONS_QUEUE}. Delivered at least once: a transactionId seen before is a repeat. */
export interface RecordedDecisions {
  /** By which door they came, e.g. "api"; left out by the scorer, whose own door is gRPC. */
  readonly source?: string;
  readonly decisions: readonly RecordedDecision[];
}
