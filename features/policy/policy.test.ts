import { expect, test } from "vitest";
import { TIER_POLICY } from "../../domain/policy/decision-policy.ts";
import type { PolicyRule } from "../../domain/policy/rules.ts";
import { byContextName } from "../../domain/transaction.ts";
import { doubtsAbout, type PolicyError, RuleLanguage, readyPolicy } from "./compile.ts";
import { parsePolicy } from "./document.ts";
import { ListsInMemory } from "./lists.ts";
import { readPublication, writePublication } from "./publication.ts";
import { readsAs, servingNames } from "./serving-names.ts";
import { addScore, type PaymentReader, paymentReads, shortestDecimal } from "./variables.ts";

function rule(id: string, when: string, more: Partial<PolicyRule> = {}): PolicyRule {
  return {
    id,
    name: id,
    when,
    effect: { kind: "raise", to: "block" },
    priority: 100,
    enabled: true,
    reason: "",
    ...more,
  };
}

const policy = (...rules: PolicyRule[]) => ({ ...TIER_POLICY, version: "p-2", rules });

const reader: PaymentReader = {
  amount: () => 100.004,
  currency: () => "",
  eventTimeMs: () => Date.parse("2026-11-26T23:30:00Z"),
  text: (name) => byContextName(({ column }) => `a ${column}`)[name],
  fields: () => ({ items: 5, gift: true }),
  entities: () => ({ customer: "c-17" }),
};

test("rules read the payment by the contract's names, and the score", async () => {
  const when =
    'amount == 100 && currency == "EUR" && card_token == "a card_token" && hour == 23 && channel != "" && ' +
    'event_time.getFullYear() == 2026 && probability >= 0.7 && tier == "critical" && model == "m@1"';
  const { compiled, uses } = await readyPolicy(policy(rule("all", when)));
  const scope = addScore(paymentReads(uses)(reader), Math.fround(0.7), "critical", "m@1");
  expect(compiled.decide("critical", scope).rules).toMatchObject([{ rule: "all", kind: "raise" }]);
  expect(Object.keys(scope)).not.toContain("merchant_id");
});

test("rules read a team's own fields and entities; one that is not there fails, has() asks", async () => {
  const { compiled, uses } = await readyPolicy(
    policy(
      rule("own", 'fields.items > 3 && fields.gift == true && entities.customer == "c-17"'),
      rule("asks", "has(fields.nope) && fields.nope > 1"),
      rule("lacks", "fields.nope > 1"),
    ),
  );
  const scope = addScore(paymentReads(uses)(reader), 0, "low", "m@1");
  expect(compiled.decide("low", scope).rules.map(({ rule: id, kind }) => [id, kind])).toEqual([
    ["lacks", "failed"],
    ["own", "raise"],
  ]);
});

test("the probability of a rule is the decimal that people write and PostgreSQL stores", () => {
  for (const p of [0, 0.1, 0.3, 0.7, 1, 0.123456789, 1e-7]) {
    expect(Math.fround(shortestDecimal(Math.fround(p)))).toBe(Math.fround(p));
  }
  expect([0.1, 0.3, 0.7].map((p) => shortestDecimal(Math.fround(p)))).toEqual([0.1, 0.3, 0.7]);
});

test("a list is looked up by name and value until an entry expires; one that there is not is refused with its place", async () => {
  const lists = new ListsInMemory();
  lists.add("deny", "tok_1");
  lists.add("deny", "tok_2", Date.now() - 1);
  const language = new RuleLanguage({ lists });
  const listed = language.compile('in_list("deny", card_token)');
  expect(["tok_1", "tok_2", "tok_3"].map((card_token) => listed.evaluate({ card_token }))).toEqual([
    true,
    false,
    false,
  ]);
  expect(() => language.compile('amount > 1 && in_list("dny", card_token)')).toThrow(
    'there is no list "dny"',
  );
  expect(() => language.compile("in_list(card_token, card_token)")).toThrow(
    "takes the list's name as a text",
  );
});

test("every condition that cannot be read is named; what is off need not be", async () => {
  const broken = policy(
    rule("a", "amnt > 1"),
    rule("b", "amount"),
    rule("c", "nonsense", { enabled: false }),
  );
  const error = (await readyPolicy(broken).catch((reason: unknown) => reason)) as PolicyError;
  expect(error.problems).toMatchObject([
    { rule: "a", message: "Unknown variable: amnt", start: 0, end: 4 },
    { rule: "b", message: "must be a flag, it is a number" },
  ]);
});

test("a policy that would cost too much cannot be written", async () => {
  const large = Array.from({ length: 100 }, () => "amount > 1").join(" && ");
  const rules = Array.from({ length: 20 }, (_, i) => rule(`r${i}`, large));
  await expect(readyPolicy(policy(...rules))).rejects.toThrow("too large to decide quickly");
});

test("a rule that throws on a payment does nothing to it and is told of", async () => {
  const told: string[] = [];
  const { compiled } = await readyPolicy(policy(rule("odd", "double(channel) > 1.0")), {}, ({ id }) =>
    told.push(id),
  );
  expect(compiled.decide("low", { channel: "chip" })).toMatchObject({
    action: "approve",
    rules: [{ rule: "odd", kind: "failed" }],
  });
  expect(told).toEqual(["odd"]);
});

test("a schema's own variables are read beside those of every payment", async () => {
  const { uses } = await readyPolicy(policy(rule("own", "payments_1h > 7 && amount > 1")), {
    variables: { payments_1h: "number" },
  });
  expect([...uses]).toEqual(["payments_1h", "amount"]);
});

test("an amount without a currency is doubted", () => {
  const doubts = doubtsAbout(policy(rule("a", "amount > 1"), rule("b", 'amount > 1 && currency == "EUR"')));
  expect([...doubts.keys()]).toEqual(["a"]);
});

test("what no model that serves has is doubted; what the store never kept cannot be asked for", async () => {
  const serving = servingNames([
    {
      model: { name: "own", version: "3" },
      inputs: ["count_1h", "how=chip"],
      schema: {
        ...{ name: "own", currency: "EUR", inputs: ["count_1h", "how"] },
        fields: { amount: { type: "number", required: true }, items: { type: "number", required: false } },
        entities: { customer: { required: true }, card: { required: false } },
        features: {
          how: { kind: "one_hot", field: "channel", values: ["chip"] },
          count_1h: {
            ...{ kind: "aggregate", aggregate: "count", by: ["customer"], windowMs: 3_600_000 },
            ...{ delayMs: 0, current: true, empty: 0 },
          },
        },
      },
    },
  ]);
  expect([...serving.fields.keys(), ...serving.entities.keys()]).toEqual(["items", "customer"]);
  expect(serving.features.get("count_1h")).toBe("Payments of this customer in the last hour");
  expect([...serving.features.keys()].map((name) => readsAs("features", name))).toEqual([
    "features.count_1h",
    'features["how=chip"]',
  ]);
  const doubts = doubtsAbout(
    policy(
      rule("right", 'features.count_1h > 3.0 && features["how=chip"] == 1.0 && fields.items > 1'),
      rule("gone", "features.count_7d > 1.0"),
      rule("misspelt", "fields.itms > 1"),
      rule("off", "features.count_7d > 1.0", { enabled: false }),
    ),
    { serving },
  );
  expect(Object.fromEntries(doubts)).toEqual({
    gone: "reads features.count_7d, which own@3 has not: it does nothing while no other serves",
    misspelt: "reads fields.itms, which the schema of own@3 does not know",
  });
  const { compiled, readFeatures } = await readyPolicy(
    policy(rule("asks", "has(features.count_1h) && features.count_1h > 1.0"), rule("other", "amount > 1")),
  );
  expect([...readFeatures]).toEqual(["asks"]);
  const scope = addScore({ amount: 0 }, 0, "low", "own@3");
  expect(compiled.decide("low", scope).rules).toMatchObject([{ rule: "asks", kind: "failed" }]);
});

test("a document says where it is wrong", () => {
  const wrong = {
    ...policy(rule("a", "true"), rule("a", "true", { priority: -1 }), rule("B", "true")),
    tiers: { ...TIER_POLICY.tiers, low: { action: "ignore", review: false, slaMinutes: null } },
  };
  const fields = (): string[] => {
    try {
      parsePolicy(wrong);
      return [];
    } catch (error) {
      return (error as PolicyError).violations.map(({ field }) => field);
    }
  };
  expect(fields()).toEqual(expect.arrayContaining(["tiers.low.action", "rules[1].priority", "rules[2].id"]));
  expect(parsePolicy(policy(rule("a", "true")))).toEqual(policy(rule("a", "true")));
  expect(() => parsePolicy(policy(rule("a", "true"), rule("a", "true")))).toThrow("another rule too");
  expect(() => parsePolicy(policy(rule("a", "true", { name: "4111 1111 1111 1111" })))).toThrow(
    "card number",
  );
});

test("what is handed over is read back, lists too", async () => {
  const later = new Date(Date.now() + 60_000);
  const entries = [
    { value: "tok 1", expiresAt: null },
    { value: "tok-2", expiresAt: later },
    { value: "gone", expiresAt: new Date(0) },
  ];
  const text = writePublication(7, policy(rule("a", 'in_list("deny", card_token)')), [
    { name: "empty", entries: [] },
    { name: "deny", entries },
  ]);
  const { version, policy: read, lists } = await readPublication(text);
  expect([version, read.version, [...lists.names]]).toEqual([7, "p-2", ["empty", "deny"]]);
  expect(entries.map(({ value }) => lists.has("deny", value))).toEqual([true, true, false]);
  await expect(readPublication(text.slice(0, text.indexOf("tok-2")))).rejects.toThrow("ends in the middle");
});
