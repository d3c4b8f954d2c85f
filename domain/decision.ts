import type { Action } from "./actions.ts";
import type { Conversion } from "./exchange.ts";
import type { RuleHit } from "./policy/rules.ts";
import type { Reason } from "./reasons.ts";
import type { RiskTier } from "./tiers.ts";

/** Names an exact model version. */
export interface ModelRef {
  readonly name: string;
  readonly version: string;
}

/** Features as they were read, to be explained as they were; none where one is not finite. */
export function finiteOrNone(features: Decision["features"] | null): readonly number[] | undefined {
  return features?.every((value) => value !== null) ? features : undefined;
}

/** The machine's answer to one transaction. */
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
  /** The policy that decided. */
  readonly policyVersion: string;
  /** Whether the policy sends it to people. */
  readonly review: boolean;
  /** How long they may take, minutes; null where the policy leaves it to the operator. */
  readonly slaMinutes: number | null;
  /** Rules that fired or failed, and what each changed. */
  readonly rules: readonly RuleHit[];
  /** Handed over to be recorded: Redis has it. */
  readonly recorded: boolean;
  /** Names among the transaction's own fields that the model reads nothing of; left out where there are none. */
  readonly unknownFields?: readonly string[] | undefined;
  /**
   * What the model read, 32-bit numbers in the order of its inputs, null for one that was not finite. Only where it was
   * asked for, and of models that read more than the contract's Time, V1…V28 and Amount.
   */
  readonly features?: readonly (number | null)[] | undefined;
  /** True where the feature store was away, and aggregates are what the schema says of no payments. */
  readonly withoutHistory?: boolean | undefined;
  /** How the model read the amount; left out where that was in the model's currency. */
  readonly conversion?: Conversion | undefined;
}

/** What is told of how a model read a transaction; nothing where it read it all, as it was sent. */
export type HowRead = Pick<Decision, "unknownFields" | "conversion">;
