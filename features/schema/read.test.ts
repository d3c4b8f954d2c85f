import { expect, test } from "vitest";
import { parseSchema, problemLine, readSchema } from "./read.ts";

const good = `schema: 1
name: payments
currency: EUR
fields:
  amount: { type: number, unit: EUR, min: 0 }
  event_time: { type: timestamp }
  channel: { type: text, default: chip }
entities:
  customer: {}
  terminal: { required: false }
features:
  night: { expression: "event_time.getHours() <= 6" }
  customer_mean_7d: { aggregate: mean, of: amount, by: customer, window: 7d }
  ratio:
    expression: amount / customer_mean_7d
  terminal_risk_7d: { aggregate: fraud_share, by: terminal, window: 7d, delay: 7d }
inputs: [amount, night, customer_mean_7d, ratio, terminal_risk_7d]
`;

test("a schema is read", () => {
  const schema = parseSchema(good);
  expect(schema.fields["channel"]).toEqual({ type: "text", default: "chip", required: false });
  expect(schema.features["customer_mean_7d"]).toEqual({
    ...{ kind: "aggregate", aggregate: "mean", of: "amount", by: ["customer"] },
    ...{ windowMs: 7 * 86_400_000, delayMs: 0, current: true, empty: 0 },
  });
  expect(schema.features["terminal_risk_7d"]).toMatchObject({ current: false, delayMs: 7 * 86_400_000 });
});

const change = (from: string, to: string) => {
  expect(good).toContain(from);
  return good.replace(from, to);
};

test.each<[string, string, string]>([
  [
    "no YAML",
    "a: [1\n",
    "schema.yaml:2:1: Flow sequence in block collection must be sufficiently indented and end with a ]",
  ],
  ["an empty file", "", "schema.yaml:1:1: Invalid input: expected object, received null"],
  [
    "an unknown name in an expression",
    change("amount / customer_mean_7d", "amount / customer_avg"),
    "schema.yaml:15:26: features.ratio.expression: Unknown variable: customer_avg",
  ],
  [
    "a quoted expression",
    change("event_time.getHours() <= 6", "event_time.getHour() <= 6"),
    "schema.yaml:12:25",
  ],
  [
    "an unknown word",
    change("delay: 7d", "delya: 7d"),
    "schema.yaml:16:73: features.terminal_risk_7d.delya: is no word of a schema",
  ],
  [
    "labels without a delay",
    change(", delay: 7d", ""),
    "schema.yaml:16:23: features.terminal_risk_7d.aggregate: fraud_share reads labels, which come late",
  ],
  [
    "an entity that is none",
    change("by: customer", "by: customr"),
    'features.customer_mean_7d.by: there is no entity "customr"',
  ],
  [
    "an input that is none",
    change("[amount, night", "[amount, nigth"),
    'schema.yaml:17:18: inputs.1: there is no field or feature "nigth"',
  ],
  ["a text as input", change("[amount,", "[channel,"), 'inputs.0: "channel" is a text'],
  ["a window that is too long", change("window: 7d }", "window: 91d }"), "a window has 1 minute to 90 days"],
  ["a sum of nothing", change("mean, of: amount,", "mean,"), 'mean needs "of"'],
  [
    "a default of another type",
    change("default: chip", "default: 5"),
    "schema.yaml:7:26: fields.channel.default: is no text",
  ],
  [
    "an optional field without default",
    change("unit: EUR,", "required: false,"),
    "a field that may be missing needs a default",
  ],
  [
    "a contract's field of another type",
    change("amount: { type: number, unit: EUR, min: 0 }", "amount: { type: text }"),
    '"amount" of the contract is a number',
  ],
  ["a name that is reserved", change("night: {", "in: {"), "is a word of the language of expressions"],
  ["the same name twice", change("customer_mean_7d: {", "night: {"), "Map keys must be unique"],
  ["no name at all", change("name: payments\n", ""), "schema.yaml:1:1: name: is missing"],
  [
    "a currency that is none",
    change("EUR\nfields", "euro\nfields"),
    "schema.yaml:3:1: currency: an ISO 4217 code",
  ],
  [
    "an amount in another currency",
    change("unit: EUR", "unit: USD"),
    "fields.amount.unit: is USD, and the schema's currency is EUR",
  ],
  [
    "a feature without a kind",
    change('{ expression: "event_time.getHours() <= 6" }', "{ title: Night }"),
    "a feature has one of: expression, aggregate, one_hot, target",
  ],
  [
    "an anchor that multiplies",
    change("customer: {}", "customer: &a {}\n  other: *a"),
    "Alias resolution is disabled",
  ],
])("%s is one readable line with its place", (_, text, expected) => {
  const result = readSchema(text);
  if ("schema" in result) throw new Error("was read");
  const lines = result.problems.map((problem) => problemLine(problem, "schema.yaml"));
  expect(lines.join("\n")).toContain(expected);
  for (const line of lines) expect(line).not.toContain("\n");
});

test("features that read each other in a circle are named", () => {
  const text = change("event_time.getHours() <= 6", "ratio > 1.0").replace(
    "amount / customer_mean_7d",
    "night * 2",
  );
  const result = readSchema(text);
  expect("problems" in result && result.problems.map(({ message }) => message)).toContain(
    "reads itself: night → ratio → night",
  );
});

test("all problems are told, not the first, in the order of the file", () => {
  const text = change("min: 0", "min: zero")
    .replace("delay: 7d", "delay: 7w")
    .replace("currency: EUR", "currency: eur");
  const result = readSchema(text);
  expect("problems" in result && result.problems.map(({ line }) => line)).toEqual([3, 5, 16]);
});

test("an aggregate's filter cannot read an aggregate", () => {
  const text = change("window: 7d }", 'window: 7d, where: "terminal_risk_7d > 0.1" }');
  expect(() => parseSchema(text)).toThrow(/reads "terminal_risk_7d", which is an aggregate/);
});
