import type { Converted } from "../../pipeline/store/exchange-rates.ts";
import { formatAmount } from "./format.ts";

/** "≈ €13.20 converted by rates of 2026-11-01; CHF has no rate": marked, so that nobody takes it for what was paid. */
export function convertedWords({ base, amount, ratesOf, without }: Converted): string {
  const by = ratesOf === "" ? "" : ` by rates of ${ratesOf} or later`;
  const left =
    without.length === 0 ? "" : `; ${without.join(", ")} ${without.length === 1 ? "has" : "have"} no rate`;
  return `≈ ${formatAmount(amount, base)} converted${by}${left}`;
}
