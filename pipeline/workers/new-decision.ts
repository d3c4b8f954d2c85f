import { storableTime } from "../../platform/process/storable.ts";
import { DEFAULT_CURRENCY, type Decision } from "../../scorer/client/types.ts";
import type { QueuedTransaction } from "../queues.ts";
import type { NewDecision } from "../store/decisions.ts";

/**
 * The row of a transaction and of what the scorer said of it; texts that were not given become null, the currency
 * the contract's. Numbers of `real` columns are rounded to 32 bits here: PostgreSQL refuses one that it would have to
 * round to nothing.
 */
export function newDecision(
  t: QueuedTransaction,
  d: Omit<Decision, "transactionId" | "recorded">,
  source: string,
): NewDecision {
  return {
    transactionId: t.transactionId,
    source,
    eventTime: (t.eventTime && storableTime(t.eventTime)) ?? new Date().toISOString(),
    timeSeconds: t.time,
    v: t.v.map(Math.fround),
    amount: t.amount,
    currency: t.currency || DEFAULT_CURRENCY,
    cardToken: t.cardToken || null,
    merchantId: t.merchantId || null,
    merchantCategory: t.merchantCategory || null,
    country: t.country || null,
    channel: t.channel || null,
    fraudProbability: Math.fround(d.fraudProbability),
    riskTier: d.riskTier,
    action: d.action,
    fraudPredicted: d.fraudPredicted,
    modelName: d.model.name,
    modelVersion: d.model.version,
    truth: t.truth ?? null,
    reasons: d.reasons,
  };
}
