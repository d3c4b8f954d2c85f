import type { FC } from "hono/jsx";
import type { Conversion } from "../../domain/exchange.ts";
import { CONTEXT_FIELDS, type ContextName } from "../../domain/transaction.ts";
import {
  type CardUsual,
  type DecisionDetail,
  type DecisionSummary,
  USUAL_OF_LAST,
} from "../../pipeline/store/decision-list.ts";
import {
  countryName,
  formatAmount,
  formatCount,
  formatMoney,
  formatRate,
  formatScore,
  formatShare,
  plainWords,
  sourceName,
  TIER_NAME,
} from "./format.ts";
import type { View } from "./view.ts";
import { When } from "./when.tsx";

const DONE = {
  approve: "approve it",
  monitor: "approve it and watch the card",
  verify: "ask the card holder before it passes",
  block: "block it",
} as const;

/** One sentence or two: what happened, what the system made of it, and what a person has said since. */
export const Story: FC<{ readonly decision: DecisionSummary; readonly view: View }> = ({
  decision,
  view,
}) => {
  const how = [
    decision.channel && plainWords(decision.channel).toLowerCase(),
    decision.country && countryName(decision.country),
  ].filter(Boolean);
  return (
    <p class="story">
      A payment of <strong>{formatAmount(decision.amount, decision.currency)}</strong>
      {how.length > 0 && <> ({how.join(", ")})</>}
      {decision.merchantCategory && <> for {plainWords(decision.merchantCategory).toLowerCase()}</>} on{" "}
      <When at={decision.eventTime} view={view} style="full" />. The model gave it a fraud probability of{" "}
      <strong>{formatScore(decision.fraudProbability)}</strong>, which is {TIER_NAME[decision.riskTier]}: the
      answer was to {DONE[decision.action]}.
      {decision.verdict && (
        <>
          {" "}
          A person has since called it <strong>{decision.verdict}</strong>.
        </>
      )}
    </p>
  );
};

/** Fewer earlier payments than this say nothing of what is usual for a card. */
const ENOUGH_HISTORY = 5;

/** How an amount compares with what the card paid before in the same currency; null when that is too little to say. */
export function amountAgainstUsual(
  { amount, currency }: Pick<DecisionSummary, "amount" | "currency">,
  { median, payments }: CardUsual,
): string | null {
  if (payments < ENOUGH_HISTORY || median === null || median <= 0) return null;
  const times = amount / median;
  const ratio =
    times >= 10
      ? `${formatCount(Math.round(times))} times`
      : times >= 1.05
        ? `${formatRate(times)} times`
        : times > 0.95
          ? "about the same as"
          : `${formatShare(times)} of`;
  const which = payments === USUAL_OF_LAST ? `last ${payments}` : formatCount(payments);
  return `${ratio} the median of the card's ${which} payments in ${currency} in the half year before it: ${formatMoney(median, currency)}`;
}

/** How the model read an amount that came in another currency. */
function conversionInWords(from: string, { amount, currency, rate, ratesOf }: Conversion): string {
  return `${formatAmount(amount, currency)} (1 ${from} = ${rate} ${currency}, rate of ${ratesOf})`;
}

/** Context that people read in other words than producers write it. */
const IN_WORDS: Readonly<Partial<Record<ContextName, (value: string) => string>>> = {
  merchantCategory: plainWords,
  country: countryName,
  channel: plainWords,
};

/** The payment's facts. */
export const Facts: FC<{ readonly decision: DecisionDetail; readonly view: View }> = ({ decision, view }) => {
  const facts: readonly (readonly [string, string | null])[] = [
    ["Transaction", decision.transactionId],
    ...CONTEXT_FIELDS.flatMap(({ name, title }) => {
      const value = decision[name];
      // A payment of a team's own has what it has; of another, what is missing is worth a word.
      if (!value && decision.entities && Object.keys(decision.entities).length > 0) return [];
      return [[title, value && (IN_WORDS[name]?.(value) ?? value)] as const];
    }),
    ["Came by", sourceName(decision.source)],
    ["Model", `${decision.modelName}@${decision.modelVersion}`],
    ["Policy", decision.policyVersion],
    ...(decision.conversion
      ? [["Read by the model as", conversionInWords(decision.currency, decision.conversion)] as const]
      : []),
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
        <dt>Scored</dt>
        <dd>
          <When at={decision.decidedAt} view={view} style="full" />
        </dd>
      </div>
    </dl>
  );
};
