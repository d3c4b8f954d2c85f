import type { z } from "zod";
import type { Decision } from "../../domain/decision.ts";
import type { Conversion } from "../../domain/exchange.ts";
import type { RecordedDecision } from "../../domain/jobs.ts";
import { DEFAULT_CURRENCY } from "../../domain/money.ts";
import type { Transaction } from "../../domain/transaction.ts";
import { byContextColumn, byContextName, givenTime } from "../../domain/transaction.ts";
import { paymentOf, type TransactionBody } from "../../pipeline/doors/transaction-body.ts";
import type { CasePage } from "../../pipeline/review/case-page.ts";
import type { Claim } from "../../pipeline/review/claim.ts";
import type { QueueItem } from "../../pipeline/review/queue.ts";
import type { GivenVerdict } from "../../pipeline/review/verdict.ts";
import type { DecisionDetail, DecisionSummary } from "../../pipeline/store/decision-list.ts";
import type {
  caseDetailJson,
  caseJson,
  claimAnswer,
  decideAnswer,
  decisionJson,
  scoreJson,
} from "./schemas.ts";

/** The API's transaction for the scorer. */
export function toTransaction(body: TransactionBody): Transaction {
  return {
    ...paymentOf(body),
    eventTime: body.event_time === undefined ? undefined : new Date(body.event_time),
  };
}

/** A transaction of the API with its decision, as it is handed over to be recorded. */
export function toRecorded(transaction: Transaction, decision: Decision): RecordedDecision {
  const { recorded: _, ...decided } = decision;
  const { v, fields, entities } = transaction;
  const time = givenTime(transaction.time, v);
  const now = new Date().toISOString();
  return {
    ...(time === null ? {} : { time }),
    ...(v ? { v: Array.from(v) } : {}),
    amount: transaction.amount,
    eventTime: transaction.eventTime?.toISOString() ?? now,
    ...(transaction.eventTime === undefined ? { eventTimeAssumed: true } : {}),
    currency: transaction.currency ?? DEFAULT_CURRENCY,
    ...byContextName(({ name }) => transaction[name] ?? ""),
    ...(fields ? { fields } : {}),
    ...(entities ? { entities } : {}),
    ...decided,
    scoredAt: now,
  };
}

export function scoreToJson(decision: Decision): z.output<typeof scoreJson> {
  return {
    transaction_id: decision.transactionId,
    fraud_probability: decision.fraudProbability,
    risk_tier: decision.riskTier,
    action: decision.action,
    fraud_predicted: decision.fraudPredicted,
    model: { ...decision.model },
    reasons: decision.reasons.map((reason) => ({ ...reason })),
    policy_version: decision.policyVersion,
    rules: decision.rules.map((hit) => ({ ...hit })),
    review: decision.review,
    sla_minutes: decision.slaMinutes,
    recorded: decision.recorded,
    ...(decision.unknownFields ? { unknown_fields: [...decision.unknownFields] } : {}),
    ...(decision.withoutHistory ? { without_history: true } : {}),
    ...(decision.conversion ? { conversion: conversionToJson(decision.conversion) } : {}),
  };
}

function conversionToJson({ amount, currency, rate, ratesOf }: Conversion) {
  return { amount, currency, rate, rates_of: ratesOf };
}

export function decisionToJson(decision: DecisionSummary): z.output<typeof decisionJson> {
  return {
    transaction_id: decision.transactionId,
    source: decision.source,
    event_time: decision.eventTime.toISOString(),
    decided_at: decision.decidedAt.toISOString(),
    amount: decision.amount,
    currency: decision.currency,
    ...byContextColumn(({ name }) => decision[name]),
    fields: decision.fields && { ...decision.fields },
    entities: decision.entities && { ...decision.entities },
    fraud_probability: decision.fraudProbability,
    risk_tier: decision.riskTier,
    action: decision.action,
    fraud_predicted: decision.fraudPredicted,
    model: { name: decision.modelName, version: decision.modelVersion },
    policy_version: decision.policyVersion,
    rules: decision.rules.map((hit) => ({ ...hit })),
    without_history: decision.withoutHistory,
    unknown_fields: [...decision.unknownFields],
    conversion: decision.conversion && conversionToJson(decision.conversion),
    extra: decision.extra && { ...decision.extra },
    redacted_at: decision.redactedAt?.toISOString() ?? null,
    truth: decision.truth,
    case_id: decision.caseId,
    verdict: decision.verdict,
  };
}

/** What the model read, by its names. */
function featuresByName({ seen }: DecisionDetail): Record<string, number | null> | null {
  if (!seen?.inputs) return null;
  return Object.fromEntries(seen.inputs.columns.map((name, i) => [name, seen.values[i] ?? null]));
}

export function caseToJson(item: QueueItem): z.output<typeof caseJson> {
  return {
    case_id: item.caseId,
    transaction_id: item.transactionId,
    risk_tier: item.riskTier,
    fraud_probability: item.fraudProbability,
    amount: item.amount,
    currency: item.currency,
    expected_loss: item.expectedLoss,
    status: item.status,
    opened_at: item.openedAt.toISOString(),
    due_at: item.dueAt.toISOString(),
    sla_minutes: (item.dueAt.getTime() - item.openedAt.getTime()) / 60_000,
    overdue: item.overdue,
    claimed_by: item.claimedBy?.name ?? null,
    claimed_until: item.claimedUntil?.toISOString() ?? null,
    verdict: item.verdict,
    decided_by: item.decidedBy?.name ?? null,
    decided_at: item.decidedAt?.toISOString() ?? null,
  };
}

export function casePageToJson(page: CasePage): z.output<typeof caseDetailJson> {
  return {
    ...caseToJson(page.case),
    note: page.case.note,
    kind: page.case.verdictKind,
    follow_up: [...page.case.followUp],
    snoozed_until: page.case.snoozedUntil?.toISOString() ?? null,
    referred_at: page.case.referredAt?.toISOString() ?? null,
    assigned_to: page.case.assignedTo?.name ?? null,
    token: page.case.token,
    reasons: page.case.reasons.map((reason) => ({ ...reason })),
    transaction: decisionToJson(page.decision),
    features: featuresByName(page.decision),
    events: page.events.map((event) => ({
      at: event.at.toISOString(),
      actor: event.actor.name,
      kind: event.kind,
      detail: { ...event.detail },
    })),
  };
}

export function claimToJson({ caseId, claimedUntil, token }: Claim): z.output<typeof claimAnswer> {
  return { case_id: caseId, claimed_until: claimedUntil.toISOString(), token };
}

export function givenToJson(given: GivenVerdict): z.output<typeof decideAnswer> {
  return {
    case_id: given.caseId,
    transaction_id: given.transactionId,
    verdict: given.verdict,
    decided_at: given.decidedAt.toISOString(),
  };
}
