import { unitsOf } from "../../domain/money.ts";
import type { ActingEffect, RuleEffect } from "../../domain/policy/rules.ts";
import type { Group } from "../../pipeline/policy/back-test-figures.ts";
import { convertedWords } from "./converted.ts";
import { ACTION_NAME, formatMoney } from "./format.ts";

function acting(effect: ActingEffect): string {
  if (effect.kind === "review") return "send to review";
  return `${effect.kind} to ${ACTION_NAME[effect.to].toLowerCase()}`;
}

/** What a rule does, in a few words. */
export function effectWords(effect: RuleEffect): string {
  return effect.kind === "shadow" ? `only watch: would ${acting(effect.would)}` : acting(effect);
}

/** Money of several currencies: "€1,200 and ¥5,000". */
export function moneyWords({ money }: Group): string {
  const sums = Object.entries(money).map(([currency, minor]) =>
    formatMoney(unitsOf(minor, currency), currency),
  );
  return sums.length === 0 ? "–" : sums.join(" and ");
}

/** … and what it is in the base currency, marked; undefined where there is nothing to convert, or no rate was ever set. */
export function convertedMoney({ money, converted }: Group): string | undefined {
  if (!converted) return undefined;
  const foreign = Object.keys(money).some((currency) => currency !== converted.base);
  return foreign ? convertedWords(converted) : undefined;
}
