import type { Decision } from "../../domain/decision.ts";
import type { QueuedTransaction } from "../queues.ts";
import { queuedContent } from "./queued-content.ts";
import type { NewDecision } from "./record-decisions.ts";

/**
 * The row of a transaction and of what the machine said of it; texts that were not given become null, the currency
 * the contract's, the amount whole minor units. Numbers of `real` columns are rounded to 32 bits here: PostgreSQL
 * refuses one that it would have to round to nothing.
 *
 * @param extra what the producer said beside what jobs have
 */
export function newDecision(
  t: QueuedTransaction,
  d: Omit<Decision, "transactionId" | "recorded">,
  source: string,
  extra?: Readonly<Record<string, unknown>>,
): NewDecision {
  const { content, eventTime, hash } = queuedContent(t);
  return {
    ...content,
    transactionId: t.transactionId,
    contentHash: hash,
    source,
    eventTime: eventTime ?? new Date().toISOString(),
    timeSeconds: content.time,
    fields: content.fields ?? null,
    entities: content.entities ?? null,
    features: d.features?.map((value) => (value === null ? null : Math.fround(value))) ?? null,
    withoutHistory: d.withoutHistory ?? false,
    fraudProbability: Math.fround(d.fraudProbability),
    riskTier: d.riskTier,
    action: d.action,
    review: d.review,
    slaMinutes: d.slaMinutes,
    fraudPredicted: d.fraudPredicted,
    modelName: d.model.name,
    modelVersion: d.model.version,
    policyVersion: d.policyVersion,
    rules: d.rules,
    unknownFields: d.unknownFields?.length ? d.unknownFields : null,
    conversion: d.conversion ?? null,
    extra: extra ?? null,
    truth: t.truth ?? null,
    reasons: d.reasons,
  };
}
