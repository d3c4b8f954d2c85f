import type { Decision, ModelRef } from "../../domain/decision.ts";
import type { ModelSchema } from "../../domain/features/definition.ts";
import type { TierEdges } from "../../domain/policy/decision-policy.ts";
import type { Reason } from "../../domain/reasons.ts";
import type { RiskTier } from "../../domain/tiers.ts";
import type { DomainError } from "../../platform/process/errors.ts";

export interface CallOptions {
  /** "" or "champion", an alias, "name" or "name@version". */
  readonly model?: string | undefined;
  readonly deadlineMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ExplainOptions extends CallOptions {
  /** How many contributions, 0 or left out for all. */
  readonly top?: number | undefined;
  /** What the model read when it scored, explained as it was; left out, it reads the transaction anew. */
  readonly features?: readonly number[] | undefined;
}

export interface ScoreOptions extends CallOptions {
  /** Put the strongest reasons in the answer. */
  readonly explain?: boolean | undefined;
  /** Hand the decision to the `decisions` queue. */
  readonly record?: boolean | undefined;
  /** Put what the model read in the answer. */
  readonly withFeatures?: boolean | undefined;
}

export interface BatchOptions extends CallOptions {
  /** Put reasons in the results of this tier and above. */
  readonly explainFrom?: RiskTier | undefined;
  readonly record?: boolean | undefined;
  /** Put what the model read in the answers. */
  readonly withFeatures?: boolean | undefined;
}

/** The scorer's answers as the rest of the house speaks of them: domain names, no wire types. */

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
  readonly thresholds: TierEdges;
  readonly metrics: readonly {
    readonly name: string;
    readonly protocol: string;
    readonly value: number;
    /** The 95 % interval, when measured. */
    readonly interval: { readonly low: number; readonly high: number } | undefined;
  }[];
  readonly cardJson: string;
  readonly aliases: readonly string[];
  /** What it reads and how that comes to be; undefined for a model without a schema. */
  readonly schema: ModelSchema | undefined;
}
