import type { Decision, RecordedDecision } from "../client/types.ts";
import { ACTIONS, RISK_TIERS } from "../scoring/risk-tier.ts";
import type { ServedModel } from "../scoring/served-model.ts";
import { TEXT, type TransactionInput, V_COUNT } from "../scoring/transaction-input.ts";

/** Where decisions go that a caller wants recorded. */
export interface Recorder {
  /** Hands a decision over. Never waits; false when it could not be taken. */
  offer(decision: RecordedDecision): boolean;
}

/** A recorder for a scorer that has nowhere to record to. */
export const NO_RECORDER: Recorder = { offer: () => false };

/** A transaction's part of a recorded decision, read out while its bytes are at hand. */
export type RecordedTransaction = Pick<
  RecordedDecision,
  | "transactionId"
  | "time"
  | "v"
  | "amount"
  | "eventTime"
  | "currency"
  | "cardToken"
  | "merchantId"
  | "merchantCategory"
  | "country"
  | "channel"
>;

/** Copies what will be recorded out of a decoded transaction. */
export function recordedTransaction(input: TransactionInput): RecordedTransaction {
  const { rows, offset } = input;
  return {
    transactionId: input.text(TEXT.transactionId),
    time: input.time,
    v: Array.from(rows.subarray(offset + 1, offset + 1 + V_COUNT)),
    amount: input.amount,
    eventTime: new Date(Number.isNaN(input.eventTimeMs) ? Date.now() : input.eventTimeMs).toISOString(),
    currency: input.text(TEXT.currency),
    cardToken: input.text(TEXT.cardToken),
    merchantId: input.text(TEXT.merchantId),
    merchantCategory: input.text(TEXT.merchantCategory),
    country: input.text(TEXT.country),
    channel: input.text(TEXT.channel),
  };
}

/** A transaction with the answer it got. */
export function recordedDecision(
  transaction: RecordedTransaction,
  model: ServedModel,
  probability: number,
  rank: number,
  reasons: Decision["reasons"],
): RecordedDecision {
  return {
    ...transaction,
    fraudProbability: probability,
    riskTier: RISK_TIERS[rank] as RecordedDecision["riskTier"],
    action: ACTIONS[rank] as RecordedDecision["action"],
    fraudPredicted: probability >= model.card.thresholds.fraud,
    model: model.ref,
    reasons,
    scoredAt: new Date().toISOString(),
  };
}
