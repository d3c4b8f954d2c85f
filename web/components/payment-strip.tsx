import type { FC } from "hono/jsx";
import type { Verdict } from "../../domain/verdicts.ts";
import type { DecisionSummary } from "../../pipeline/store/decision-list.ts";
import { transactionHref } from "./decision-table.tsx";
import { ACTION_NAME, formatAmount, formatDay, formatScore, formatShort, TIER_NAME } from "./format.ts";
import type { View } from "./view.ts";
import { When } from "./when.tsx";

interface PaymentStripProps {
  /** The payment that the others stand around. */
  readonly mine: DecisionSummary;
  /** Other payments, in any order. */
  readonly others: readonly DecisionSummary[];
  readonly view: View;
  /** What they have in common, e.g. "customer". */
  readonly name: string;
}

/**
 * Payments side by side, the oldest first, each a bar: how much, in the colour of its tier, with what a person said of it
 * below, and lines between days. A list of links for whoever does not see it.
 */
export const PaymentStrip: FC<PaymentStripProps> = ({ mine, others, view, name }) => {
  const shown = [...others, mine].sort(
    (a, b) => a.eventTime.getTime() - b.eventTime.getTime() || a.seq - b.seq,
  );
  const heights = heightsOf(shown);
  const days = shown.map(({ eventTime }) => formatDay(eventTime, view.timeZone));
  const [first, last] = [shown[0] as DecisionSummary, shown.at(-1) as DecisionSummary];
  return (
    <div class="strip-box">
      <ol class="strip" aria-label={`Payments of this ${name}, oldest first`}>
        {shown.map((payment, i) => {
          const words = wordsOf(payment, view);
          const isMine = payment.seq === mine.seq;
          const bar = (
            <>
              <svg
                viewBox="0 0 10 44"
                preserveAspectRatio="none"
                data-tier={payment.riskTier}
                aria-hidden="true"
              >
                <rect x="0" y={44 - (heights[i] as number)} width="10" height={heights[i]} />
              </svg>
              <span class="said" data-said={saidOf(payment)} aria-hidden="true" />
              <span class="visually-hidden">{isMine ? `This payment, ${words}` : words}</span>
            </>
          );
          return (
            <li
              class={i > 0 && days[i] !== days[i - 1] ? "new-day" : undefined}
              data-action={payment.action}
              aria-current={isMine ? "true" : undefined}
            >
              {isMine ? (
                <span title={`This payment: ${words}`}>{bar}</span>
              ) : (
                <a href={transactionHref(payment.transactionId)} title={words}>
                  {bar}
                </a>
              )}
            </li>
          );
        })}
      </ol>
      <p class="strip-ends faint small">
        <When at={first.eventTime} view={view} style="short" />
        <When at={last.eventTime} view={view} style="short" />
      </p>
    </div>
  );
};

/** What a strip's marks mean; said once, above the first. */
export const StripLegend: FC = () => (
  <ul class="legend strip-legend">
    <li>
      <i class="key-bar"></i>Taller: more money
    </li>
    <li>
      <i class="key-blocked"></i>Blocked
    </li>
    <li>
      <i class="said" data-said="fraud"></i>Called fraud
    </li>
    <li>
      <i class="said" data-said="legitimate"></i>Called legitimate
    </li>
    <li>
      <i class="said" data-said="waiting"></i>Waiting for a verdict
    </li>
    <li>
      <i class="key-mine"></i>This payment
    </li>
  </ul>
);

/** The height of a full bar, and of the least that is seen. */
const FULL = 44;
const LEAST = 3;

/** By the root, so that small amounts are seen beside a large one; among amounts of the same currency. */
function heightsOf(payments: readonly DecisionSummary[]): number[] {
  const most = new Map<string, number>();
  for (const { currency, amount } of payments) {
    most.set(currency, Math.max(most.get(currency) ?? 0, amount));
  }
  return payments.map(({ currency, amount }) => {
    const share = Math.max(0, amount) / (most.get(currency) || 1);
    return Math.max(LEAST, Math.round(Math.sqrt(share) * FULL));
  });
}

function saidOf({ verdict, caseStatus }: DecisionSummary): Verdict | "waiting" | "nothing" {
  return verdict ?? (caseStatus === "open" ? "waiting" : "nothing");
}

/** "22 Nov, 10:00:07: €12.50, score 0.062 Low, Approve, called fraud" */
function wordsOf(payment: DecisionSummary, { timeZone }: View): string {
  const { eventTime, amount, currency, fraudProbability, riskTier, action } = payment;
  const said = { fraud: "called fraud", legitimate: "called legitimate", waiting: "waits for a verdict" };
  const verdict = saidOf(payment);
  return [
    `${formatShort(eventTime, timeZone)}: ${formatAmount(amount, currency)}`,
    `score ${formatScore(fraudProbability)} ${TIER_NAME[riskTier]}`,
    ACTION_NAME[action],
    ...(verdict === "nothing" ? [] : [said[verdict]]),
  ].join(", ");
}
