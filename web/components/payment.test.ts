import { expect, test } from "vitest";
import { byContextName } from "../../domain/transaction.ts";
import type { DecisionSummary } from "../../pipeline/store/decision-list.ts";
import { amountAgainstUsual, Story } from "./payment.tsx";
import type { View } from "./view.ts";

const VIEW: View = { user: null, theme: "auto", timeZone: "UTC", path: "/" };
const PAYMENT: DecisionSummary = {
  seq: 1,
  transactionId: "t",
  source: "api",
  eventTime: new Date("2026-11-22T10:00:00Z"),
  decidedAt: new Date("2026-11-22T10:00:01Z"),
  amount: 1_234.56,
  currency: "JPY",
  fields: null,
  entities: null,
  ...byContextName(({ name }) => name),
  merchantCategory: "gift_cards",
  country: "NL",
  channel: "online",
  fraudProbability: 0.93,
  riskTier: "critical",
  action: "block",
  fraudPredicted: true,
  modelName: "m",
  modelVersion: "1",
  withoutHistory: false,
  policyVersion: "tiers-1",
  unknownFields: [],
  extra: null,
  redactedAt: null,
  conversion: null,
  rules: [],
  truth: null,
  caseId: 1,
  caseStatus: "open",
  verdict: null,
};
const words = async (decision: DecisionSummary): Promise<string> =>
  String(await Story({ decision, view: VIEW })).replace(/<[^>]+>/g, "");

test("an amount is put beside the card's usual one by how many times it is, in both directions", () => {
  const against = (amount: number): string | null =>
    amountAgainstUsual({ amount, currency: "EUR" }, { median: 87.56, payments: 12 });
  const usual = "the median of the card's 12 payments in EUR in the half year before it: €87.56";
  expect(against(119.49)).toBe(`1.4 times ${usual}`);
  expect(against(87.56)).toBe(`about the same as ${usual}`);
  expect(against(13_134)).toBe(`150 times ${usual}`);
  expect(against(52.54)).toBe(`60.0 % of ${usual}`);
  expect(amountAgainstUsual({ amount: 5, currency: "USD" }, { median: 2, payments: 100 })).toBe(
    "2.5 times the median of the card's last 100 payments in USD in the half year before it: US$2.00",
  );
});

test("a card with too little history has no usual amount", () => {
  const payment = { amount: 10, currency: "EUR" };
  expect(amountAgainstUsual(payment, { median: 5, payments: 4 })).toBeNull();
  expect(amountAgainstUsual(payment, { median: null, payments: 0 })).toBeNull();
  expect(amountAgainstUsual(payment, { median: 0, payments: 9 })).toBeNull();
});

test("the story says what was accepted, in whichever country, and leaves the last word to a person", async () => {
  const story = await words(PAYMENT);
  expect(story).toContain("A payment of JP¥1,234.56 (online, Netherlands) for gift cards on 22 Nov 2026");
  expect(story).toContain("which is Critical: the answer was to block it.");
  expect(story).not.toContain("person");
  expect(await words({ ...PAYMENT, verdict: "legitimate", caseStatus: "decided" })).toMatch(
    /answer was to block it\. A person has since called it legitimate\.$/,
  );
});
