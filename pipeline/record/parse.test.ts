import { expect, test } from "vitest";
import { parseDecisions, parseTransactions } from "./parse.ts";

const PAN = "4111 1111 1111 1111";
const TRANSACTION = { transactionId: "t-1", time: 1, v: new Array(28).fill(0), amount: 1 };
const DECISION = {
  ...TRANSACTION,
  fraudProbability: 0.1,
  riskTier: "low",
  action: "approve",
  fraudPredicted: false,
  model: { name: "m", version: "1" },
  reasons: [{ code: "c", feature: "V1", value: 1, contribution: 1, text: "V1 is high" }],
};

test.each<[string, object]>([
  ["an id", { transactionId: PAN }],
  ["a card token", { cardToken: PAN }],
  ["a merchant", { merchantId: PAN }],
  ["a currency", { currency: PAN }],
])("a payment with a card number as %s is a dead letter, and the others are decided", (_, more) => {
  const data = { source: "api", transactions: [{ ...TRANSACTION, ...more }, TRANSACTION] };
  const { items, rejected } = parseTransactions({ queue: "transactions", id: "1", data });
  expect([items.length, rejected.length]).toEqual([1, 1]);
  expect(rejected[0]?.error).toContain("looks like a card number");
});

test.each<[string, object]>([
  ["a model's name", { model: { name: PAN, version: "1" } }],
  ["a reason", { reasons: [{ ...DECISION.reasons[0], text: PAN }] }],
  ["an id", { transactionId: PAN }],
])("a decision with a card number as %s is a dead letter", (_, more) => {
  const data = { decisions: [{ ...DECISION, ...more }, DECISION] };
  const { items, rejected } = parseDecisions({ queue: "decisions", id: "1", data });
  expect([items.length, rejected.length]).toEqual([1, 1]);
});

test("a decision keeps its policy and the rules that fired; one of an earlier version was decided by tier", () => {
  const hit = { rule: "deny", name: "Deny list", kind: "raise", from: "approve", to: "block", review: false };
  const policy = { policyVersion: "policy-2", review: true, slaMinutes: 30, rules: [hit] };
  const data = { decisions: [DECISION, { ...DECISION, ...policy }, { ...DECISION, riskTier: "high" }] };
  const { items, rejected } = parseDecisions({ queue: "decisions", id: "1", data });
  expect(rejected).toEqual([]);
  const byTier = { policyVersion: "tiers-1", slaMinutes: null, rules: [] };
  expect(items.map(({ decided }) => decided)).toMatchObject([
    { ...byTier, review: false },
    policy,
    { ...byTier, review: true },
  ]);
});

test("fields and entities of a team's own come through, with moments in UTC, and none of them needs V", () => {
  const fields = { items: 3, gift: false, note: "", opened: { timestamp: "2026-11-26T11:00:00+01:00" } };
  const own = { transactionId: "own", amount: 1, fields, entities: { customer: "c-17" } };
  const { items } = parseTransactions({
    ...{ queue: "transactions", id: "1" },
    data: { source: "api", transactions: [own] },
  });
  const kept = { ...fields, opened: "2026-11-26T10:00:00.000Z" };
  expect(items[0]?.transaction).toEqual({ ...own, fields: kept });
  const { v: _v, time: _time, ...decided } = DECISION;
  const handed = parseDecisions({
    ...{ queue: "decisions", id: "1" },
    data: { decisions: [{ ...decided, fields: kept, entities: { customer: "c-17" } }] },
  });
  expect(handed.items[0]?.transaction).toMatchObject({ fields: kept, entities: { customer: "c-17" } });
});

test.each<[string, object, string]>([
  ["a wrong name", { fields: { Items: 1 } }, "fields.Items"],
  ["a card number", { fields: { note: PAN } }, "fields.note"],
  ["a list", { fields: [1] }, "fields"],
  ["no text as an id", { entities: { customer: 17 } }, "entities.customer"],
  ["a name that objects have", { fields: JSON.parse('{"__proto__": 1}') }, "fields.__proto__"],
])("%s among them is a dead letter that names it", (_, more, field) => {
  const data = { source: "api", transactions: [{ ...TRANSACTION, ...more }, TRANSACTION] };
  const { items, rejected } = parseTransactions({ queue: "transactions", id: "1", data });
  expect(items).toHaveLength(1);
  expect(rejected[0]?.error).toContain(`${field}: `);
  expect(rejected[0]?.error).not.toContain("1111");
});

test("a job of a version that is not known is a dead letter of its own; 1 and none are the same", () => {
  for (const version of [2, "1", 0, { major: 1 }]) {
    const data = { version, source: "api", transactions: [TRANSACTION] };
    const { items, rejected } = parseTransactions({ queue: "transactions", id: "1", data });
    expect(items).toEqual([]);
    expect(rejected).toMatchObject([{ position: -1, payload: data }]);
    expect(rejected[0]?.error).toContain(`version ${JSON.stringify(version)} of the job is not known here`);
  }
  for (const version of [1, undefined, null]) {
    const data = { version, source: "api", transactions: [TRANSACTION] };
    expect(parseTransactions({ queue: "transactions", id: "1", data }).items).toHaveLength(1);
  }
});

test("what a job says beside what jobs have stops nothing and comes along", () => {
  const more = { basket: { items: 3 }, storeName: "North" };
  const data = { source: "api", transactions: [{ ...TRANSACTION, ...more }, TRANSACTION], batch: 7 };
  const { items, rejected } = parseTransactions({ queue: "transactions", id: "1", data });
  expect(rejected).toEqual([]);
  expect(items.map(({ extra }) => extra)).toEqual([{ basket: { items: 3 }, storeName: "North" }, undefined]);
  expect(items[0]?.transaction).toEqual(TRANSACTION);
});
