import { type Kysely, sql } from "kysely";
import type { Actor } from "../../domain/actors.ts";
import { minorUnits } from "../../domain/money.ts";
import { type ReviewSla, TIER_POLICY } from "../../domain/policy/decision-policy.ts";
import { byContextName } from "../../domain/transaction.ts";
import { contentHash } from "../record/content-hash.ts";
import type { NewDecision } from "../record/record-decisions.ts";
import type { Database } from "./schema.ts";

/** What a test may say of a decision: the amount as people write it. */
type Overrides = Partial<Omit<NewDecision, "amountMinor" | "contentHash">> & { readonly amount?: number };

/** A decision for tests: Low, legitimate and plain unless told otherwise. */
export function decision(
  transactionId: string,
  { amount = 12.5, ...overrides }: Overrides = {},
): NewDecision {
  const currency = overrides.currency ?? "EUR";
  const plain = {
    transactionId,
    source: "simulator",
    eventTime: "2026-11-22T10:00:00.000Z",
    timeSeconds: 36_000,
    v: Array.from({ length: 28 }, (_, i) => i / 4),
    amountMinor: minorUnits(amount, currency),
    currency,
    ...byContextName(() => null),
    cardToken: "tok_a",
    merchantId: "m_1",
    merchantCategory: "5411",
    country: "FR",
    channel: "chip",
    fields: null,
    entities: null,
    features: null,
    withoutHistory: false,
    fraudProbability: 0.0625,
    riskTier: "low",
    action: "approve",
    fraudPredicted: false,
    modelName: "test",
    modelVersion: "1",
    policyVersion: TIER_POLICY.version,
    slaMinutes: null,
    rules: [],
    unknownFields: null,
    conversion: null,
    extra: null,
    truth: false,
    reasons: [],
    ...overrides,
  } satisfies Partial<NewDecision>;
  return {
    ...plain,
    review: overrides.review ?? TIER_POLICY.tiers[plain.riskTier].review,
    contentHash: contentHash({
      ...plain,
      v: plain.v ?? [],
      time: plain.timeSeconds,
      fields: plain.fields ?? undefined,
      entities: plain.entities ?? undefined,
    }),
  };
}

/** A Critical one, truly fraud. */
export function risky(transactionId: string, overrides: Overrides = {}): NewDecision {
  return decision(transactionId, {
    fraudProbability: 0.875,
    riskTier: "critical",
    action: "block",
    fraudPredicted: true,
    truth: true,
    amount: 100,
    reasons: [
      { code: "V14_LOW", feature: "V14", value: -8, contribution: 0.4, text: "V14 is unusually low" },
    ],
    ...overrides,
  });
}

/** An analyst. */
export const ANN: Actor = { kind: "user", id: "1", name: "ann" };

export const SLA: ReviewSla = { high: 240 * 60_000, critical: 60 * 60_000 };

/** Takes away everything that was recorded; the partitions, the people and the audit log stay. */
export async function emptyLedger(db: Kysely<Database>): Promise<void> {
  await sql`
    truncate decisions, transaction_keys, imported_transactions, counter_deltas, counters_total, counters_by_day, counters_by_minute, counters_dropped,
      review_events, review_cases, labels, outbox, dead_letters, alerts, alert_messages, alert_notices, alert_readings`.execute(
    db,
  );
}
