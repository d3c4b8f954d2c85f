import { expect, test } from "vitest";
import type { ModelSchema } from "./definition.ts";
import { inputOf, meaningOf, sentenceOf } from "./meaning.ts";

const HOUR = 3_600_000;
const windowed = { kind: "aggregate", by: ["customer"], delayMs: 0, current: true, empty: 0 } as const;

const schema: ModelSchema = {
  name: "test",
  currency: "EUR",
  fields: {
    amount: { type: "number", required: true },
    km: { type: "number", unit: "km", title: "Distance from home", required: true },
    channel: { type: "text", required: true },
    known: { type: "flag", required: true },
  },
  entities: { customer: { required: true }, terminal: { required: true, title: "Till" } },
  features: {
    fast: { ...windowed, aggregate: "count", windowMs: HOUR },
    usual: { ...windowed, aggregate: "mean", of: "amount", windowMs: 7 * 24 * HOUR },
    risk: {
      ...windowed,
      aggregate: "fraud_share",
      by: ["terminal"],
      windowMs: 48 * HOUR,
      delayMs: 7 * 24 * HOUR,
    },
    frauds: {
      ...windowed,
      aggregate: "fraud_count",
      by: ["terminal"],
      windowMs: 24 * HOUR,
      delayMs: 24 * HOUR,
    },
    idle: { ...windowed, aggregate: "since_last", by: ["customer", "terminal"], windowMs: 24 * HOUR },
    how: { kind: "one_hot", field: "channel", values: ["chip"] },
    share: { kind: "target", field: "channel", windowMs: HOUR, delayMs: 0, prior: 0, smoothing: 1 },
    named: { kind: "derived", expression: "amount", title: "A name of its own", unit: "points" },
  },
  inputs: ["amount"],
};

test.each<[string, number, number | undefined, string]>([
  ["fast", 7, 1, "Payments of this customer in the last hour: 7, usual 1"],
  ["usual", 1234.5678, undefined, "Mean amount of this customer in the last 7 days: 1,230 EUR"],
  [
    "risk",
    0.125,
    0,
    "Share of fraud among payments of this till in 2 days until 7 days ago: 12.5 %, usual 0 %",
  ],
  ["frauds", 2, 0, "Frauds of this till in one day until one day ago: 2, usual 0"],
  [
    "idle",
    7_200,
    undefined,
    "Time since the last payment of this customer and till in the last day: 2 hours",
  ],
  ["how=chip", 1, 0, "Channel is chip: yes, usual no"],
  ["known", 0, undefined, "Known: no"],
  ["named", 3, undefined, "A name of its own: 3 points"],
  ["km", 12, undefined, "Distance from home: 12 km"],
  ["amount", 0.5, undefined, "Amount: 0.5 EUR"],
])("%s in words", (column, value, usual, sentence) => {
  expect(sentenceOf(column, value, schema, usual)).toBe(sentence);
});

test.each([
  ["how=chip", "channel"],
  ["how=other", "channel"],
  ["share", "channel"],
  ["fast", "fast"],
  ["amount", "amount"],
])("%s comes from %s", (column, input) => {
  expect(inputOf(column, schema)).toBe(input);
});

test("a column that no schema knows is called by its name", () => {
  expect(meaningOf("constructor", schema)).toEqual({ title: "Constructor", unit: "" });
});
