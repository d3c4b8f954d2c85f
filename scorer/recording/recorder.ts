import type { Decision, HowRead } from "../../domain/decision.ts";
import type { RecordedDecision } from "../../domain/jobs.ts";
import { DEFAULT_CURRENCY } from "../../domain/money.ts";
import { ownOrNone } from "../../domain/own-values.ts";
import type { PolicyDecision } from "../../domain/policy/decide.ts";
import { byContextName, type ContextName, givenTime, V_COUNT } from "../../domain/transaction.ts";
import { NOTHING_SEEN, type Seen } from "../scoring/seen.ts";
import type { ServedModel } from "../scoring/served-model.ts";
import { TEXT, type TransactionInput } from "../scoring/transaction-input.ts";

/** Where decisions go that a caller wants recorded. */
export interface Recorder {
  /**
   * Hands a decision over. Never fails; true once Redis has it, false when it could not be taken, or when Redis has not
   * said so within a second: then it may be recorded all the same, later.
   */
  offer(decision: RecordedDecision): Promise<boolean>;
}

/** A recorder for a scorer that has nowhere to record to. */
export const NO_RECORDER: Recorder = { offer: () => Promise.resolve(false) };

/** A transaction's part of a recorded decision, read out while its bytes are at hand. */
export type RecordedTransaction = Pick<
  RecordedDecision,
  | "transactionId"
  | "time"
  | "v"
  | "amount"
  | "eventTime"
  | "eventTimeAssumed"
  | "currency"
  | "fields"
  | "entities"
  | ContextName
>;

/** Copies what will be recorded out of a decoded transaction. */
export function recordedTransaction(input: TransactionInput): RecordedTransaction {
  const { rows, offset } = input;
  const given = !Number.isNaN(input.eventTimeMs);
  const v = input.hasV ? Array.from(rows.subarray(offset + 1, offset + 1 + V_COUNT)) : undefined;
  const time = givenTime(input.time, v);
  const fields = ownOrNone(input.fields?.values);
  const entities = ownOrNone(input.entities?.values);
  return {
    transactionId: input.text(TEXT.transactionId),
    ...(time === null ? {} : { time }),
    ...(v ? { v } : {}),
    amount: input.amount,
    eventTime: new Date(input.happenedMs).toISOString(),
    ...(given ? {} : { eventTimeAssumed: true }),
    currency: input.text(TEXT.currency) || DEFAULT_CURRENCY,
    ...byContextName(({ name }) => input.text(TEXT[name])),
    ...(fields ? { fields } : {}),
    ...(entities ? { entities } : {}),
  };
}

/** A transaction with the answer it got. */
export function recordedDecision(
  transaction: RecordedTransaction,
  model: ServedModel,
  probability: number,
  { riskTier, action, policyVersion, review, slaMinutes, rules }: PolicyDecision,
  reasons: Decision["reasons"],
  read: HowRead = {},
  { features, withoutHistory }: Seen = NOTHING_SEEN,
): RecordedDecision {
  return {
    ...transaction,
    ...read,
    fraudProbability: probability,
    riskTier,
    action,
    fraudPredicted: probability >= model.card.thresholds.fraud,
    model: model.ref,
    reasons,
    policyVersion,
    review,
    slaMinutes,
    rules,
    ...(features ? { features: finiteOrNull(features) } : {}),
    ...(withoutHistory ? { withoutHistory } : {}),
    scoredAt: new Date().toISOString(),
  };
}

/** JSON has no infinity. */
function finiteOrNull(features: Float32Array): (number | null)[] {
  return Array.from(features, (value) => (Number.isFinite(value) ? value : null));
}
