import type { Decision } from "../../domain/decision.ts";
import type { Fields } from "../../domain/entities.ts";
import type { Conversion } from "../../domain/exchange.ts";
import type { ModelSchema } from "../../domain/features/definition.ts";
import { TIER_POLICY } from "../../domain/policy/decision-policy.ts";
import type { RuleHit } from "../../domain/policy/rules.ts";
import type { Reason } from "../../domain/reasons.ts";
import { byEdgedTier, type RiskTier } from "../../domain/tiers.ts";
import type { Transaction } from "../../domain/transaction.ts";
import { byContextName } from "../../domain/transaction.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { ExplainResponse__Output } from "../../proto/gen/paysecure/scoring/v1/ExplainResponse.ts";
import type { FieldValue as FieldValueWire } from "../../proto/gen/paysecure/scoring/v1/FieldValue.ts";
import type { GetModelResponse__Output } from "../../proto/gen/paysecure/scoring/v1/GetModelResponse.ts";
import type { Reason__Output as ReasonWire } from "../../proto/gen/paysecure/scoring/v1/Reason.ts";
import type { RiskTier as RiskTierWire } from "../../proto/gen/paysecure/scoring/v1/RiskTier.ts";
import type { RuleHit__Output } from "../../proto/gen/paysecure/scoring/v1/RuleHit.ts";
import type { ScoreResponse__Output } from "../../proto/gen/paysecure/scoring/v1/ScoreResponse.ts";
import type { Transaction as TransactionWire } from "../../proto/gen/paysecure/scoring/v1/Transaction.ts";
import { actionOfNumber, hitKindOfNumber, tierNumber, tierOfNumber, UNSPECIFIED } from "../contract/enums.ts";
import { fromStatusProto } from "../contract/status.ts";
import type { BatchResult, Explanation, ModelDescription } from "./types.ts";

/** Between the contract's messages and the house's own types. */

/** The wire number of a tier; 0 for none. */
export function tierToWire(tier: RiskTier | undefined): RiskTierWire {
  return tier === undefined ? UNSPECIFIED : tierNumber(tier);
}

export function transactionToWire(transaction: Transaction): TransactionWire {
  const at = transaction.eventTime?.getTime();
  return {
    transactionId: transaction.transactionId,
    time: transaction.time ?? 0,
    v: Array.isArray(transaction.v) ? transaction.v : Array.from(transaction.v ?? []),
    amount: transaction.amount,
    eventTime:
      at === undefined
        ? null
        : { seconds: Math.floor(at / 1000), nanos: (((at % 1000) + 1000) % 1000) * 1e6 },
    currency: transaction.currency ?? "",
    ...byContextName(({ name }) => transaction[name] ?? ""),
    ...(transaction.fields ? { fields: fieldsToWire(transaction.fields) } : {}),
    ...(transaction.entities ? { entities: { ...transaction.entities } } : {}),
  };
}

/** A moment goes as the text that it is kept as. */
function fieldsToWire(fields: Fields): Record<string, FieldValueWire> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === "number"
        ? { number: value }
        : typeof value === "string"
          ? { text: value }
          : { flag: value },
    ]),
  );
}

export function decisionFromWire(response: ScoreResponse__Output): Decision {
  const riskTier = tierOfNumber(response.riskTier as number);
  const action = actionOfNumber(response.action as number);
  if (!riskTier || !action || !response.model) {
    throw new DomainError("internal", "the scorer's answer has no decision in it");
  }
  // A scorer of an earlier version names no policy: it decided by tier.
  const named = response.policyVersion !== "";
  return {
    transactionId: response.transactionId,
    fraudProbability: response.fraudProbability,
    riskTier,
    action,
    fraudPredicted: response.fraudPredicted,
    model: { name: response.model.name, version: response.model.version },
    reasons: response.reasons.map(reasonFromWire),
    policyVersion: named ? response.policyVersion : TIER_POLICY.version,
    review: named ? response.review : TIER_POLICY.tiers[riskTier].review,
    slaMinutes: response.slaMinutes || null,
    rules: response.rules.flatMap(ruleHitFromWire),
    recorded: response.recorded,
    ...(response.unknownFields.length > 0 ? { unknownFields: response.unknownFields } : {}),
    ...(response.features.length > 0 ? { features: response.features.map(finiteOrNull) } : {}),
    ...(response.withoutHistory ? { withoutHistory: true } : {}),
    ...(response.conversion ? { conversion: conversionFromWire(response.conversion) } : {}),
  };
}

export function resultFromWire(response: ScoreResponse__Output): BatchResult {
  return response.error
    ? { ok: false, transactionId: response.transactionId, error: fromStatusProto(response.error) }
    : { ok: true, transactionId: response.transactionId, decision: decisionFromWire(response) };
}

export function explanationFromWire(response: ExplainResponse__Output): Explanation {
  if (!response.score) throw new DomainError("internal", "the scorer's answer has no score in it");
  return {
    decision: decisionFromWire(response.score),
    baseline: response.baseline,
    contributions: response.contributions.map(reasonFromWire),
    remainder: response.remainder,
    rawScore: response.rawScore,
    unit: response.unit,
    method: response.method,
  };
}

export function modelFromWire(response: GetModelResponse__Output): ModelDescription {
  const { model, thresholds, trainedAt } = response;
  if (!model || !thresholds) throw new DomainError("internal", "the scorer's answer describes no model");
  return {
    model: { name: model.name, version: model.version },
    sha256: response.sha256,
    trainedAt: trainedAt
      ? new Date(Number(trainedAt.seconds) * 1000 + Math.trunc(trainedAt.nanos / 1e6))
      : undefined,
    inputs: response.inputs,
    thresholds: byEdgedTier((tier) => thresholds[tier]),
    metrics: response.metrics.map(({ name, protocol, value, interval }) => ({
      name,
      protocol,
      value,
      interval: interval ? { low: interval.low, high: interval.high } : undefined,
    })),
    cardJson: response.cardJson,
    aliases: response.aliases,
    schema: response.schemaJson === "" ? undefined : (JSON.parse(response.schemaJson) as ModelSchema),
  };
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** None for what only a later contract knows. */
function ruleHitFromWire(hit: RuleHit__Output): RuleHit[] {
  const kind = hitKindOfNumber(hit.effect as number);
  const from = actionOfNumber(hit.fromAction as number);
  const to = actionOfNumber(hit.toAction as number);
  if (!kind || !from || !to) return [];
  return [{ rule: hit.ruleId, name: hit.name, kind, from, to, review: hit.review }];
}

function conversionFromWire({ amount, currency, rate, ratesOf }: Conversion): Conversion {
  return { amount, currency, rate, ratesOf };
}

function reasonFromWire(reason: ReasonWire): Reason {
  const { code, feature, value, contribution, text, usual, unit, title } = reason;
  return {
    ...{ code, feature, value, contribution, text },
    // What a scorer of an earlier version does not say is absent.
    ...(usual === undefined ? {} : { usual }),
    ...(unit ? { unit } : {}),
    ...(title ? { title } : {}),
  };
}
