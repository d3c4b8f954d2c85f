import { ACTIONS, type Action } from "../../domain/actions.ts";
import type { ActingEffect, PolicyRule } from "../../domain/policy/rules.ts";
import { byTier } from "../../domain/tiers.ts";
import type { PolicyExample } from "../../features/policy/examples.ts";
import { PAYMENT_VARIABLES, SCORE_VARIABLES } from "../../features/policy/variables.ts";
import type { PolicyDraft } from "../../pipeline/policy/versions.ts";

/** What a form of the editor sends: names to texts. */
export type Typed = Readonly<Record<string, unknown>>;

/** The draft that a form holds, as it was typed; what is wrong with it, whoever saves it says. */
export function draftOf(typed: Typed): Omit<PolicyDraft, "basedOn"> {
  const text = (name: string): string => {
    const value = typed[name];
    return typeof value === "string" ? value.replaceAll("\r\n", "\n") : "";
  };
  const isOn = (name: string): boolean => text(name) !== "";
  const rules = indexes(typed, "rule").map((i): PolicyRule => {
    const acting = effectOf(text(`rule.${i}.effect`));
    return {
      id: text(`rule.${i}.id`).trim(),
      name: text(`rule.${i}.name`).trim(),
      when: text(`rule.${i}.when`),
      effect: isOn(`rule.${i}.shadow`) ? { kind: "shadow", would: acting } : acting,
      priority: numberOf(text(`rule.${i}.priority`)),
      enabled: isOn(`rule.${i}.enabled`),
      reason: text(`rule.${i}.reason`).trim(),
    };
  });
  const examples = indexes(typed, "example").map(
    (i): PolicyExample => ({
      name: text(`example.${i}.name`).trim(),
      payment: paymentOf(text(`example.${i}.payment`)),
      action: actionOf(text(`example.${i}.action`)),
      review: isOn(`example.${i}.review`),
    }),
  );
  const tiers = byTier((tier) => {
    const sla = text(`tier.${tier}.sla`).trim();
    return {
      action: actionOf(text(`tier.${tier}.action`)),
      review: isOn(`tier.${tier}.review`),
      slaMinutes: sla === "" ? null : numberOf(sla),
    };
  });
  return { document: { tiers, rules }, examples, comment: text("comment") };
}

/** A rule to begin with, under an id that is free. */
export function newRule(rules: readonly PolicyRule[]): PolicyRule {
  const taken = new Set(rules.map(({ id }) => id));
  let number = rules.length + 1;
  while (taken.has(`rule-${number}`)) number++;
  const effect = { kind: "raise", to: "verify" } as const;
  return {
    ...{ id: `rule-${number}`, name: `Rule ${number}`, when: "", effect },
    ...{ priority: 100, enabled: true, reason: "" },
  };
}

/** An example to begin with. */
export function newExample(examples: readonly PolicyExample[]): PolicyExample {
  const payment = { amount: 100, currency: "EUR" };
  return { name: `Example ${examples.length + 1}`, payment, action: "approve", review: false };
}

/** The indexes that a form has fields of, in order. */
function indexes(typed: Typed, kind: "rule" | "example"): number[] {
  const found = new Set<number>();
  for (const name of Object.keys(typed)) {
    const [of, index = "", field] = name.split(".");
    if (of === kind && field === "name" && /^\d{1,3}$/.test(index)) found.add(Number(index));
  }
  return [...found].sort((a, b) => a - b);
}

function effectOf(choice: string): ActingEffect {
  const [kind, to = ""] = choice.split(":");
  return kind === "raise" || kind === "lower" ? { kind, to: actionOf(to) } : { kind: "review" };
}

function actionOf(text: string): Action {
  return ACTIONS.find((action) => action === text) ?? "approve";
}

/** NaN for what is no number: it is refused with its field's name. */
function numberOf(text: string): number {
  return text.trim() === "" ? Number.NaN : Number(text);
}

const VARIABLES = { ...PAYMENT_VARIABLES, ...SCORE_VARIABLES };

/** `amount=120, currency=EUR` → values by name, numbers where the variable is one. */
function paymentOf(text: string): PolicyExample["payment"] {
  const payment: Record<string, string | number> = {};
  for (const part of text.split(",")) {
    const [name = "", ...rest] = part.split("=");
    const key = name.trim();
    if (key === "") continue;
    const value = rest.join("=").trim();
    const asNumber = Number(value);
    const isNumber = Object.hasOwn(VARIABLES, key)
      ? VARIABLES[key] === "number"
      : /^-?\d+(\.\d+)?$/.test(value);
    payment[key] = isNumber && value !== "" && !Number.isNaN(asNumber) ? asNumber : value;
  }
  return payment;
}
