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
  /** How the model read the amount; left out where that was in the model's currency. */
  readonly conversion?: Conversion | undefined;
}

/** What is told of how a model read a transaction; nothing where it read it all, as it was sent. */
export type HowRead = Pick<Decision, "unknownFields" | "conversion">;
