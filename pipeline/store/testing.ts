import type { NewDecision, ReviewSla } from "./decisions.ts";

/** A decision for tests: Low, legitimate and plain unless told otherwise. */
export function decision(transactionId: string, overrides: Partial<NewDecision> = {}): NewDecision {
  return {
    transactionId,
    source: "simulator",
    eventTime: "2026-11-22T10:00:00.000Z",
    timeSeconds: 36_000,
    v: Array.from({ length: 28 }, (_, i) => i / 4),
    amount: 12.5,
    currency: "EUR",
    cardToken: "tok_a",
    merchantId: "m_1",
    merchantCategory: "5411",
    country: "FR",
    channel: "chip",
    fraudProbability: 0.0625,
    riskTier: "low",
    action: "approve",
    fraudPredicted: false,
    modelName: "test",
    modelVersion: "1",
    truth: false,
    reasons: [],
    ...overrides,
  };
}

/** A Critical one, truly fraud. */
export function risky(transactionId: string, overrides: Partial<NewDecision> = {}): NewDecision {
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

export const SLA: ReviewSla = { high: 240 * 60_000, critical: 60 * 60_000 };
