import type { FC } from "hono/jsx";
import type { DecisionDetail, DecisionSummary } from "../../pipeline/store/decision-list.ts";
import { countryName, formatMoney, formatScore, plainWords, sourceName, TIER_NAME } from "./format.ts";
import type { View } from "./view.ts";
import { When } from "./when.tsx";

const DONE = {
  approve: "it was approved",
  monitor: "it was approved and the card is watched",
  verify: "the card holder is asked before it passes",
  block: "it was blocked",
} as const;

/** One sentence or two: what happened, and what the system made of it. */
export const Story: FC<{ readonly decision: DecisionSummary; readonly view: View }> = ({
  decision,
  view,
}) => (
  <p class="story">
    A payment of <strong>{formatMoney(decision.amount, decision.currency)}</strong>
    {decision.channel && <> ({plainWords(decision.channel).toLowerCase()})</>}
    {decision.merchantCategory && <> for {plainWords(decision.merchantCategory).toLowerCase()}</>}
    {decision.country && <> in {countryName(decision.country)}</>} on{" "}
    <When at={decision.eventTime} view={view} style="full" />. The model gave it a fraud probability of{" "}
    <strong>{formatScore(decision.fraudProbability)}</strong>, which is {TIER_NAME[decision.riskTier]}:{" "}
    {DONE[decision.action]}.
  </p>
);

/** What the history says about an amount; null when there is too little of it. */
export function amountAgainstHistory(amount: number, history: readonly DecisionSummary[]): string | null {
  if (history.length < 3) return null;
  const sorted = history.map((item) => item.amount).toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  if (median <= 0) return null;
  const times = amount / median;
  const usual = formatMoney(median, history[0]?.currency ?? "EUR");
  if (times >= 2) return `${times.toFixed(times < 10 ? 1 : 0)} times the card's median payment of ${usual}`;
  if (times <= 0.5) return `less than half of the card's median payment of ${usual}`;
  return `close to the card's median payment of ${usual}`;
}

/** The payment's facts. */
export const Facts: FC<{ readonly decision: DecisionDetail; readonly view: View }> = ({ decision, view }) => {
  const facts: readonly (readonly [string, string | null])[] = [
    ["Transaction", decision.transactionId],
    ["Card", decision.cardToken],
    ["Merchant", decision.merchantId],
    ["Category", decision.merchantCategory && plainWords(decision.merchantCategory)],
    ["Country", decision.country && countryName(decision.country)],
    ["Channel", decision.channel && plainWords(decision.channel)],
    ["Came by", sourceName(decision.source)],
    ["Model", `${decision.modelName}@${decision.modelVersion}`],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div>
          <dt>{name}</dt>
          <dd>{value || <span class="faint">not given</span>}</dd>
        </div>
      ))}
      <div>
        <dt>Decided</dt>
        <dd>
          <When at={decision.decidedAt} view={view} style="full" />
        </dd>
      </div>
    </dl>
  );
};
