import { expect, test } from "vitest";
import { draftOf, newRule } from "./policy-form.ts";

const TYPED = {
  comment: "why\r\nnot",
  ...Object.fromEntries(
    ["low", "medium", "high", "critical"].map((tier) => [`tier.${tier}.action`, "monitor"]),
  ),
  "tier.high.review": "on",
  "tier.high.sla": "30",
  "tier.low.sla": "soon",
  "rule.10.name": " Ten ",
  "rule.2.name": "Two",
  "rule.2.id": "two",
  "rule.2.when": "true",
  "rule.2.effect": "lower:approve",
  "rule.2.shadow": "on",
  "rule.2.priority": "7",
  "rule.10.effect": "review",
  "example.0.name": "One",
  "example.0.payment": "amount=12.5, currency=EUR,card_token=17, odd, =x",
  "example.0.action": "block",
};

test("a form's rules come in order, with what was typed and no more", () => {
  const { document, examples, comment } = draftOf(TYPED);
  expect(comment).toBe("why\nnot");
  expect(document.tiers.high).toEqual({ action: "monitor", review: true, slaMinutes: 30 });
  expect(document.tiers.low.slaMinutes).toBeNaN();
  expect(document.rules).toMatchObject([
    {
      ...{ id: "two", name: "Two", when: "true", priority: 7, enabled: false },
      effect: { kind: "shadow", would: { kind: "lower", to: "approve" } },
    },
    { id: "", name: "Ten", effect: { kind: "review" }, priority: Number.NaN },
  ]);
  expect(examples).toEqual([
    {
      name: "One",
      payment: { amount: 12.5, currency: "EUR", card_token: "17", odd: "" },
      action: "block",
      review: false,
    },
  ]);
});

test("a new rule has an id of its own", () => {
  expect(newRule([{ ...newRule([]), id: "rule-2" }]).id).toBe("rule-3");
});
