import { expect, test } from "vitest";
import { newDecision } from "./new-decision.ts";

test("what was not given is not made up: no currency is none, as no card is none", () => {
  const scored = {
    fraudProbability: 0.5,
    riskTier: "high",
    action: "verify",
    fraudPredicted: true,
    model: { name: "m", version: "1" },
    reasons: [],
  } as const;
  const bare = { transactionId: "t", time: 1, v: [0], amount: 12 };
  const nothing = { currency: null, cardToken: null, merchantId: null, country: null, truth: null };
  expect(newDecision(bare, scored, "api")).toMatchObject(nothing);
  expect(newDecision({ ...bare, currency: "", cardToken: "" }, scored, "grpc")).toMatchObject(nothing);
  expect(newDecision({ ...bare, currency: "JPY" }, scored, "api")).toMatchObject({ currency: "JPY" });
});
