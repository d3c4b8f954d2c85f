import { expect, test } from "vitest";
import type { QueuedTransaction } from "../queues.ts";
import { newDecision } from "./new-decision.ts";

const scored = {
  fraudProbability: 0.5,
  riskTier: "high",
  action: "verify",
  fraudPredicted: true,
  model: { name: "m", version: "1" },
  reasons: [],
  policyVersion: "policy-2",
  review: true,
  slaMinutes: 30,
  rules: [],
} as const;
const bare: QueuedTransaction = { transactionId: "t", time: 1, v: [0.1], amount: 12 };

test("what was not given is null, and a currency that was not is EUR, as the contract says", () => {
  const notGiven = { currency: "EUR", cardToken: null, merchantId: null, country: null, truth: null };
  expect(newDecision(bare, scored, "api")).toMatchObject({ ...notGiven, amountMinor: 1_200n });
  expect(newDecision({ ...bare, currency: "", cardToken: "" }, scored, "grpc")).toMatchObject(notGiven);
  expect(newDecision({ ...bare, currency: "JPY" }, scored, "api")).toMatchObject({ amountMinor: 12n });
});

test("review, SLA and rules are the decision's own", () => {
  const own = { review: true, action: "verify", slaMinutes: 30, policyVersion: "policy-2", rules: [] };
  expect(newDecision(bare, scored, "api")).toMatchObject(own);
  expect(newDecision(bare, { ...scored, review: false }, "api").review).toBe(false);
});

test("a payment of a team's own has its fields and entities, and neither V nor a time of 0", () => {
  const own = { transactionId: "t", amount: 12, fields: { items: 3 }, entities: { customer: "c" } };
  const row = newDecision(own, scored, "api");
  expect(row).toMatchObject({
    v: null,
    timeSeconds: null,
    fields: { items: 3 },
    entities: { customer: "c" },
  });
  // As gRPC brings it, where 0 and not given are the same.
  expect(newDecision({ ...own, time: 0, v: [] }, scored, "grpc")).toEqual({
    ...row,
    source: "grpc",
    eventTime: expect.any(String),
  });
  expect(newDecision({ ...own, fields: {}, entities: {} }, scored, "api")).toMatchObject({
    fields: null,
    entities: null,
  });
  expect(newDecision({ ...own, time: 7 }, scored, "api").timeSeconds).toBe(7);
});

test("the same payment has the same hash by whatever door it comes, however often", () => {
  const hash = (t: Partial<QueuedTransaction>, source = "api"): string =>
    newDecision({ ...bare, ...t }, scored, source).contentHash;
  const same = hash({});
  expect(same).toMatch(/^[0-9a-f]{32}$/);
  expect(hash({ v: [Math.fround(0.1)], currency: "EUR", merchantId: "", truth: true }, "grpc")).toBe(same);
  expect(hash({ eventTime: "2026-11-26T10:00:00Z", eventTimeAssumed: true })).toBe(same);
  expect(hash({ eventTime: "2026-11-26T10:00:00Z" })).toBe(hash({ eventTime: "2026-11-26T11:00:00+01:00" }));
  expect(new Set([same, hash({ eventTime: "2026-11-26T10:00:00Z" }), hash({ amount: 13 })]).size).toBe(3);
});

test("how the model read a payment is kept beside it, and is no part of what makes a repeat a repeat", () => {
  const own = { transactionId: "t", amount: 12, currency: "USD", fields: { itmes: 3 } };
  const conversion = { amount: 10.8, currency: "EUR", rate: 0.9, ratesOf: "2026-11-26" };
  const row = newDecision(own, { ...scored, unknownFields: ["itmes"], conversion }, "api");
  expect(row).toMatchObject({ unknownFields: ["itmes"], conversion, amountMinor: 1_200n, currency: "USD" });
  const again = newDecision(own, scored, "grpc");
  expect(again).toMatchObject({ unknownFields: null, conversion: null, contentHash: row.contentHash });
  // The field itself is: without it, it is another payment.
  expect(newDecision({ ...own, fields: {} }, scored, "api").contentHash).not.toBe(row.contentHash);
});
