import type { FC } from "hono/jsx";
import type { Action } from "../../domain/actions.ts";
import { reviewedTiers, type TierRule } from "../../domain/policy/decision-policy.ts";
import { RISK_TIERS } from "../../domain/tiers.ts";
import type { CurrencyAmount, LiveStats } from "../../pipeline/store/stats.ts";
import type { LiveSnapshot } from "../live/feed.ts";
import { convertedWords } from "./converted.ts";
import { DecisionTable, whereOf } from "./decision-table.tsx";
import { formatAmount, formatCount, formatRate, formatShare, TIER_NAME } from "./format.ts";
import { FraudChart, FraudLegend } from "./fraud-chart.tsx";
import { Hour } from "./hour.tsx";
import { CheckIcon } from "./icons.tsx";
import { CountBar, Tier } from "./risk.tsx";
import type { View } from "./view.ts";
import { Due } from "./when.tsx";

const DONE: Record<Action, string> = {
  approve: "approved",
  monitor: "approved and watched",
  verify: "card holder asked",
  block: "blocked",
};

/** What becomes of a tier's payments where no rule says otherwise. */
function then({ action, review }: TierRule): string {
  return review ? `${DONE[action]}, then reviewed` : DONE[action];
}

/** The panels of the dashboard: drawn with the page, and again for every live update. */
export const DashboardLive: FC<{
  readonly snapshot: LiveSnapshot;
  readonly view: View;
  /** Also what a simulation knows to be true. */
  readonly truth: boolean;
}> = ({ snapshot, view, truth }) => (
  <>
    <Hour hour={snapshot.hour} />
    <Figures snapshot={snapshot} truth={truth} />
    <div class="dash-row">
      <section class="panel" aria-labelledby="fraud-title">
        <div class="panel-head">
          <h2 id="fraud-title">Flagged payments, minute by minute</h2>
          <FraudLegend truth={truth} />
        </div>
        <div class="panel-body">
          <FraudChart points={snapshot.minutes} timeZone={view.timeZone} truth={truth} />
        </div>
      </section>
      <Tiers snapshot={snapshot} />
    </div>
    <div class="dash-row">
      <section class="panel" aria-labelledby="latest-title">
        <div class="panel-head">
          <h2 id="latest-title">Last 10 transactions</h2>
          <a class="small" href="/transactions">
            All transactions
          </a>
        </div>
        {snapshot.latest.length === 0 ? (
          <div class="empty">
            <p>No transaction has arrived yet. The simulator or an API client brings the first.</p>
          </div>
        ) : (
          <div class="arrivals">
            <DecisionTable decisions={snapshot.latest} view={view} caption="The last ten transactions" />
          </div>
        )}
      </section>
      <Reviews snapshot={snapshot} />
    </div>
  </>
);

const Figures: FC<{ readonly snapshot: LiveSnapshot; readonly truth: boolean }> = ({
  snapshot: { stats },
  truth,
}) => {
  const { totals, flagged, reviews } = stats;
  const reviewed = reviewedTiers();
  const flaggedCount = reviewed.reduce((sum, tier) => sum + totals.byTier[tier].transactions, 0);
  return (
    <section class="panel" aria-label="Key figures">
      <dl class="figures">
        <div class="figure">
          <dt>Transactions</dt>
          <dd>
            <p class="value" id="figure-transactions">
              {formatCount(totals.transactions)}
            </p>
            <p class="note">{formatRate(stats.ratePerSecond)} a second, last minute</p>
          </dd>
        </div>
        <div class="figure">
          <dt>Flagged for review</dt>
          <dd>
            <p class="value">{formatCount(flaggedCount)}</p>
            <p class="note">
              {formatShare(totals.transactions === 0 ? null : flaggedCount / totals.transactions)} of all:{" "}
              {reviewed.map((tier) => TIER_NAME[tier]).join(" and ")} · {formatCount(totals.fraudPredicted)}{" "}
              above the model's fraud threshold
            </p>
          </dd>
        </div>
        {truth && (
          <div class="figure">
            <dt>Detection rate (recall)</dt>
            <dd>
              <p class="value">{formatShare(stats.detectionRate)}</p>
              <p class="note">
                {flagged.frauds === 0
                  ? "no fraud known to a simulation"
                  : `simulation's truth: ${formatCount(flagged.tp)} of ${formatCount(flagged.frauds)} frauds flagged`}
              </p>
            </dd>
          </div>
        )}
        <Precision stats={stats} truth={truth} />
        <div class="figure">
          <dt>Open reviews</dt>
          <dd>
            <p class="value" id="figure-open">
              {formatCount(reviews.open)}
            </p>
            <p class="note">
              <span id="figure-decided">{formatCount(reviews.decided)}</span> decided so far
            </p>
          </dd>
        </div>
      </dl>
      {((truth && flagged.known > 0) || stats.deadLetters > 0) && (
        <p class="panel-foot">
          {truth &&
            flagged.known > 0 &&
            `The simulation's truth is what the source of ${formatCount(flagged.known)} simulated or replayed transactions knows of them. It shows that the system works; it is no measurement on real cards.`}
          {stats.deadLetters > 0 &&
            ` ${formatCount(stats.deadLetters)} ${stats.deadLetters === 1 ? "transaction" : "transactions"} could not be scored and ${stats.deadLetters === 1 ? "waits" : "wait"} among the dead letters.`}
        </p>
      )}
    </section>
  );
};

/** How many flags were right: as people judged them; until somebody has, as the simulation knows it. */
const Precision: FC<{ readonly stats: LiveStats; readonly truth: boolean }> = ({
  stats: { flagged, reviews },
  truth,
}) => {
  const alarms = (count: number): string => `${formatCount(count)} false alarm${count === 1 ? "" : "s"}`;
  const simulated =
    !truth || flagged.precision === null
      ? null
      : `simulation's truth: ${alarms(flagged.fp)} in its ${formatCount(flagged.tp + flagged.fp)} flags`;
  const judged = reviews.decided > 0;
  return (
    <div class="figure">
      <dt>Precision of flags</dt>
      <dd>
        <p class="value" id="figure-precision">
          {formatShare(judged ? reviews.decidedFraud / reviews.decided : truth ? flagged.precision : null)}
        </p>
        <p class="note">
          {judged
            ? `verdicts: ${alarms(reviews.decidedLegitimate)} in ${formatCount(reviews.decided)} judged`
            : (simulated ?? "no verdict yet")}
          {judged && simulated && (
            <>
              <br />
              {simulated}
            </>
          )}
        </p>
      </dd>
    </div>
  );
};

/** So many currencies are named in a tier's line; the panel's foot has all. */
const NAMED_CURRENCIES = 3;

const Tiers: FC<{ readonly snapshot: LiveSnapshot }> = ({ snapshot: { stats, tiers } }) => {
  const { totals, converted } = stats;
  return (
    <section class="panel" aria-labelledby="tiers-title">
      <div class="panel-head">
        <h2 id="tiers-title">Risk tiers</h2>
        <span class="sub">each line across the bars is ten times the one before</span>
      </div>
      <ul class="panel-body tier-rows">
        {RISK_TIERS.toReversed().map((tier) => {
          const { transactions, amounts } = totals.byTier[tier];
          return (
            <li class="tier-row">
              <Tier tier={tier} />
              <CountBar count={transactions} most={totals.transactions} tier={tier} />
              <span class="counts">
                <b>{formatCount(transactions)}</b>
                <span>
                  {formatShare(totals.transactions === 0 ? null : transactions / totals.transactions)}
                </span>
              </span>
              {amounts.length > 0 && (
                <span class="then">
                  {then(tiers[tier])}: {inWords(amounts.slice(0, NAMED_CURRENCIES))}
                  {amounts.length > NAMED_CURRENCIES &&
                    ` and ${formatCount(amounts.length - NAMED_CURRENCIES)} more currencies`}
                </span>
              )}
            </li>
          );
        })}
      </ul>
      {totals.amounts.length > 0 && (
        <p class="panel-foot">
          Scored in all, each currency by itself: {inWords(totals.amounts)}
          {converted && <> · {convertedWords(converted)}</>}
        </p>
      )}
    </section>
  );
};

/** "€12.00, ¥1,200": side by side, never added. */
function inWords(amounts: readonly CurrencyAmount[]): string {
  return amounts.map(({ amount, currency }) => formatAmount(amount, currency)).join(", ");
}

const Reviews: FC<{ readonly snapshot: LiveSnapshot }> = ({ snapshot: { stats, nextCases, takenAt } }) => (
  <section class="panel stretch" aria-labelledby="reviews-title">
    <div class="panel-head">
      <h2 id="reviews-title">Review queue</h2>
      <a class="small" href="/reviews">
        Open the queue
      </a>
    </div>
    <dl class="queue-figures">
      <div>
        <dt>Open</dt>
        <dd>{formatCount(stats.reviews.open)}</dd>
      </div>
      <div>
        <dt>Overdue</dt>
        <dd class={stats.reviews.overdue > 0 ? "alarm" : undefined}>{formatCount(stats.reviews.overdue)}</dd>
      </div>
      <div>
        <dt>In work</dt>
        <dd>{formatCount(stats.reviews.claimed)}</dd>
      </div>
      <div>
        <dt>Decided</dt>
        <dd>{formatCount(stats.reviews.decided)}</dd>
      </div>
    </dl>
    {nextCases.length === 0 ? (
      <div class="empty grow">
        <CheckIcon />
        <p>No case waits for a verdict.</p>
      </div>
    ) : (
      <ul class="next-cases grow">
        {nextCases.map((item) => (
          <li id={`n-${item.caseId}`}>
            <a href={`/reviews/${item.caseId}`}>
              <Tier tier={item.riskTier} />
              <span class="strong number">{formatAmount(item.amount, item.currency)}</span>
              <span class="cut faint small">
                {item.claimedBy ? `with ${item.claimedBy.name}` : whereOf(item)}
              </span>
              <Due at={item.dueAt} now={takenAt} />
            </a>
          </li>
        ))}
      </ul>
    )}
  </section>
);
