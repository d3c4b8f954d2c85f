import type { DomainError } from "../../platform/process/errors.ts";

/** The scorer's vocabulary as the rest of the house speaks it: domain names, lower-case tiers, no wire types. */

export type RiskTier = "low" | "medium" | "high" | "critical";

export type Action = "approve" | "monitor" | "verify" | "block";

/** One card payment. Never holds a card number: a field that looks like one is refused. */
export interface Transaction {
  /** 1–128 characters, unique per payment; the idempotency key of everything recorded. */
  readonly transactionId: string;
  /** Seconds, as the ULB data set's Time: finite, ≥ 0. */
  readonly time: number;
  /** V1…V28: exactly 28 finite values. */
  readonly v: ArrayLike<number>;
  /** In units of the currency: finite, ≥ 0. */
  readonly amount: number;
  readonly eventTime?: Date | undefined;
  /** ISO 4217; {@link DEFAULT_CURRENCY} when left out. */
  readonly currency?: string | undefined;
  readonly cardToken?: string | undefined;
  readonly merchantId?: string | undefined;
  readonly merchantCategory?: string | undefined;
  /** ISO 3166-1 alpha-2. */
  readonly country?: string | undefined;
  readonly channel?: string | undefined;
}

/** Names an exact model version. */
export interface ModelRef {
  readonly name: string;
  readonly version: string;
}

/** One feature's part in a score; `contribution` > 0 moves towards fraud. */
export interface Reason {
  /** Stable, e.g. "V14_LOW". */
  readonly code: string;
  readonly feature: string;
  /** The feature's value before scaling. */
  readonly value: number;
  readonly contribution: number;
  /** One English sentence. */
  readonly text: string;
}

/** The answer to one transaction. */
export interface Decision {
  readonly transactionId: string;
  /** [0, 1] */
  readonly fraudProbability: number;
  readonly riskTier: RiskTier;
  readonly action: Action;
  /** fraudProbability ≥ the card's fraud threshold (0.5). */
  readonly fraudPredicted: boolean;
  readonly model: ModelRef;
  /** Strongest first; empty when not asked for. */
  readonly reasons: readonly Reason[];
  /** Handed over to the `decisions` queue. */
  readonly recorded: boolean;
}

/** One transaction's result in a batch or stream. */
export type BatchResult =
  | { readonly ok: true; readonly transactionId: string; readonly decision: Decision }
  | { readonly ok: false; readonly transactionId: string; readonly error: DomainError };

/** A decision with everything that adds up to it: baseline + Σ contributions + remainder = rawScore. */
export interface Explanation {
  readonly decision: Decision;
  readonly baseline: number;
  readonly contributions: readonly Reason[];
  /** Sum of what `top` left out. */
  readonly remainder: number;
  readonly rawScore: number;
  /** "probability" or "log-odds", before calibration. */
  readonly unit: string;
  readonly method: string;
}

/** What the server says about a model it can use. */
export interface ModelDescription {
  readonly model: ModelRef;
  readonly sha256: string;
  readonly trainedAt: Date | undefined;
  readonly inputs: readonly string[];
  readonly thresholds: { readonly medium: number; readonly high: number; readonly critical: number };
  readonly metrics: readonly {
    readonly name: string;
    readonly protocol: string;
    readonly value: number;
    /** The 95 % interval, when measured. */
    readonly interval: { readonly low: number; readonly high: number } | undefined;
  }[];
  readonly cardJson: string;
  readonly aliases: readonly string[];
}

/** The currency of an amount that came without one (ISO 4217): the contract's, scoring.proto, `Transaction.currency`. */
export const DEFAULT_CURRENCY = "EUR";

/** The BullMQ queue that decisions with `record = true` are handed to. */
export const DECISIONS_QUEUE = "decisions";

/**
 * A decision with its transaction, as it lies in {@link DECISIONS_QUEUE}. Text that was not given is "", a currency that
 * was not is {@link DEFAULT_CURRENCY}.
 */
export interface RecordedDecision {
  readonly transactionId: string;
  readonly time: number;
  readonly v: readonly number[];
  readonly amount: number;
  /** ISO 8601; the time of scoring when the caller gave none. */
  readonly eventTime: string;
  readonly currency: string;
  readonly cardToken: string;
  readonly merchantId: string;
  readonly merchantCategory: string;
  readonly country: string;
  readonly channel: string;
  readonly fraudProbability: number;
  readonly riskTier: RiskTier;
  readonly action: Action;
  readonly fraudPredicted: boolean;
  readonly model: ModelRef;
  readonly reasons: readonly Reason[];
  /** ISO 8601. */
  readonly scoredAt: string;
}

/** One job of {@link DECISIONS_QUEUE}. Delivered at least once: a transactionId seen before is a repeat. */
export interface RecordedDecisions {
  /** By which door they came, e.g. "api"; left out by the scorer, whose own door is gRPC. */
  readonly source?: string;
  readonly decisions: readonly RecordedDecision[];
}
