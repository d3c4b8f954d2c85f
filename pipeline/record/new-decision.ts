import type { Decision } from "../../domain/decision.ts";
import { DEFAULT_CURRENCY, minorUnits } from "../../domain/money.ts";
import { ownOrNone } from "../../domain/own-values.ts";
import { byContextName, givenTime } from "../../domain/transaction.ts";
import { storableTime } from "../../platform/process/storable.ts";
import type { QueuedTransaction } from "../queues.ts";
import { contentHash } from "./content-hash.ts";
import type { NewDecision } from "./record-decisions.ts";

/**
 * The row of a transaction and of what the machine said of it; texts that were not given become null, the currency
 * the contract's, the amount whole minor units. Numbers of `real` columns are rounded to 32 bits here: PostgreSQL
 * refuses one that it would have to round to nothing.
 */
export function newDecision(
  t: QueuedTransaction,
  d: Omit<Decision, "transactionId" | "recorded">,
  source: string,
): NewDecision {
  const currency = t.currency || DEFAULT_CURRENCY;
  const given = t.eventTime && storableTime(t.eventTime);
  const v = t.v && t.v.length > 0 ? t.v.map(Math.fround) : null;
  const content = {
    time: givenTime(t.time, v),
    v,
    amountMinor: minorUnits(t.amount, currency),
    currency,
    ...byContextName(({ name }) => t[name] || null),
    fields: ownOrNone(t.fields),
    entities: ownOrNone(t.entities),
  };
  return {
    ...content,
    transactionId: t.transactionId,
    contentHash: contentHash({ ...content, eventTime: t.eventTimeAssumed ? undefined : given }),
    source,
    eventTime: given ?? new Date().toISOString(),
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
    truth: t.truth ?? null,
    reasons: d.reasons,
  };
}
