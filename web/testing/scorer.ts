import type { Decision } from "../../domain/decision.ts";
import { compilePolicy } from "../../domain/policy/decide.ts";
import { DEFAULT_EDGES, tierOf } from "../../domain/policy/decision-policy.ts";
import { RISK_TIERS } from "../../domain/tiers.ts";
import type { Transaction } from "../../domain/transaction.ts";
import { DomainError } from "../../platform/process/errors.ts";
import type { BatchResult } from "../../scorer/client/types.ts";
import type { Deps } from "../context.ts";

const byPolicy = compilePolicy();

const MODEL = { name: "test-model", version: "1" };

/** What the business case needs of a card: 1,000 transactions a day, ten of them frauds of 100 each. */
const CARD_FIGURES: readonly (readonly [string, number])[] = [
  ["transactions_per_day", 1_000],
  ...RISK_TIERS.flatMap((tier, i) => [
    [`tier_${tier}_transactions`, [960, 20, 10, 10][i] as number] as const,
    [`tier_${tier}_frauds`, [0, 2, 3, 5][i] as number] as const,
    [`tier_${tier}_fraud_amount`, [0, 200, 300, 500][i] as number] as const,
  ]),
];

/** Amount / 1,000 as the probability: enough to see each tier, and refusals for what the real one refuses. */
function decide(transaction: Transaction): Decision {
  if (transaction.cardToken === "4111111111111111") {
    throw DomainError.invalid([{ field: "transaction.card_token", description: "looks like a card number" }]);
  }
  const p = Math.min(1, transaction.amount / 1_000);
  return {
    transactionId: transaction.transactionId,
    fraudProbability: p,
    ...byPolicy.decide(tierOf(p, DEFAULT_EDGES)),
    fraudPredicted: p >= 0.5,
    model: MODEL,
    reasons: [],
    recorded: false,
  };
}

/** A scorer without a model, for tests of what stands in front of it. */
export function fakeScorer(overrides: Partial<Deps["scorer"]> = {}): Deps["scorer"] {
  return {
    score: async (transaction) => decide(transaction),
    scoreBatch: async (transactions) =>
      transactions.map((transaction): BatchResult => {
        try {
          const decision = decide(transaction);
          return { ok: true, transactionId: decision.transactionId, decision };
        } catch (error) {
          return { ok: false, transactionId: transaction.transactionId, error: DomainError.from(error) };
        }
      }),
    explain: async (transaction) => ({
      decision: decide(transaction),
      baseline: 0.02,
      contributions: [
        { code: "V14_LOW", feature: "V14", value: -8.1, contribution: 0.41, text: "V14 is unusually low" },
        {
          code: "AMOUNT_LOW",
          feature: "Amount",
          value: 12,
          contribution: -0.05,
          text: "The amount is small",
        },
      ],
      remainder: 0,
      rawScore: 0.38,
      unit: "probability",
      method: "a stand-in for tests",
    }),
    getModel: async () => ({
      model: MODEL,
      sha256: "0".repeat(64),
      trainedAt: undefined,
      inputs: [],
      thresholds: DEFAULT_EDGES,
      metrics: CARD_FIGURES.map(([name, value]) => ({
        name,
        value,
        protocol: "honest",
        interval: undefined,
      })),
      cardJson: "{}",
      aliases: ["champion"],
      schema: undefined,
    }),
    health: async () => "serving",
    ...overrides,
  };
}
