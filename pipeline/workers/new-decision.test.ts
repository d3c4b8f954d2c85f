import { expect, test } from "vitest";
import { newDecision } from "./new-decision.ts";

test("what was not given is null, and a currency that was not is EUR, as the contract says", () => {
  const scored = {
    fraudProbability: 0.5,
    riskTier: "high",
    action: "verify",
    fraudPredicted: true,
    model: { name: "m", version: "1" },
    reasons: [],
  } as const;
  const bare = { transactionId: "t", time: 1, v: [0], amount: 12 };
  const notGiven = { currency: "EUR", cardToken: null, merchantId: null, country: null, truth: null };
  expect(newDecision(bare, scored, "api")).toMatchObject(notGiven);
  expect(newDecision({ ...bare, currency: "", cardToken: "" }, scored, "grpc")).toMatchObject(notGiven);
  expect(newDecision({ ...bare, currency: "JPY" }, scored, "api")).toMatchObject({ currency: "JPY" });
});
