import type { Decision } from "../../scorer/client/types.ts";
import type { QueuedTransaction } from "../queues.ts";
import type { NewDecision } from "../store/decisions.ts";
import type { Source } from "../store/schema.ts";

/** The row of a transaction and of what the scorer said of it; texts that were not given become null. */
export function newDecision(
  t: QueuedTransaction,
  d: Omit<Decision, "transactionId" | "recorded">,
  source: Source,
): NewDecision {
  return {
    transactionId: t.transactionId,
    source,
    eventTime: t.eventTime ?? new Date().toISOString(),
    timeSeconds: t.time,
    v: t.v,
    amount: t.amount,
    currency: t.currency || "EUR",
    cardToken: t.cardToken || null,
    merchantId: t.merchantId || null,
    merchantCategory: t.merchantCategory || null,
    country: t.country || null,
    channel: t.channel || null,
    fraudProbability: d.fraudProbability,
    riskTier: d.riskTier,
    action: d.action,
    fraudPredicted: d.fraudPredicted,
    modelName: d.model.name,
    modelVersion: d.model.version,
    truth: t.truth ?? null,
    reasons: d.reasons,
  };
}
