import type { FC } from "hono/jsx";
import { RISK_TIERS, type RiskTier } from "../../pipeline/store/schema.ts";
import type { LiveSnapshot } from "../live/feed.ts";
import { DecisionTable, whereOf } from "./decision-table.tsx";
import { formatCount, formatMoney, formatRate, formatShare } from "./format.ts";
import { FraudChart, FraudLegend } from "./fraud-chart.tsx";
import { CheckIcon } from "./icons.tsx";
import { Meter, Tier } from "./risk.tsx";
import type { View } from "./view.ts";
import { Due } from "./when.tsx";

const THEN: Record<RiskTier, string> = {
  low: "approved",
  medium: "approved and watched",
  high: "card holder asked, then reviewed",
  critical: "blocked, then reviewed",
};

/** The panels of the dashboard: drawn with the page, and again for every live update. */
export const DashboardLive: FC<{ readonly snapshot: LiveSnapshot; readonly view: View }> = ({
  snapshot,
  view,
}) => (
  <>
    <Figures snapshot={snapshot} />
    <div class="dash-row">
      <section class="panel" aria-labelledby="fraud-title">
        <div class="panel-head">
          <h2 id="fraud-title">Fraud, minute by minute</h2>
          <FraudLegend />
        </div>
        <div class="panel-body">
          <FraudChart points={snapshot.minutes} timeZone={view.timeZone} />
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

const Figures: FC<{ readonly snapshot: LiveSnapshot }> = ({ snapshot: { stats } }) => {
  const { totals, flagged, reviews } = stats;
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
          <dt>Predicted fraud</dt>
          <dd>
            <p class="value">{formatCount(totals.fraudPredicted)}</p>
            <p class="note">
              {formatShare(totals.transactions === 0 ? null : totals.fraudPredicted / totals.transactions)} of
              all · probability ≥ 0.5
            </p>
          </dd>
        </div>
        <div class="figure">
          <dt>Detection rate (recall)</dt>
          <dd>
            <p class="value">{formatShare(stats.detectionRate)}</p>
            <p class="note">
              {formatCount(flagged.tp)} of {formatCount(flagged.frauds)} known frauds flagged
            </p>
          </dd>
        </div>
        <div class="figure">
          <dt>Precision of flags</dt>
          <dd>
            <p class="value">{formatShare(flagged.precision)}</p>
            <p class="note">
              {formatCount(flagged.fp)} false alarm{flagged.fp === 1 ? "" : "s"} in{" "}
              {formatCount(flagged.tp + flagged.fp)} flagged
            </p>
          </dd>
        </div>
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
      <p class="panel-foot">
        Recall and precision compare High and Critical flags with the truth that the source itself knows (
        {formatCount(flagged.known)} simulated or replayed transactions). They show that the system works;
        they are not a measurement on real cards.
        {stats.deadLetters > 0 &&
          ` ${formatCount(stats.deadLetters)} ${stats.deadLetters === 1 ? "transaction" : "transactions"} could not be decided and ${stats.deadLetters === 1 ? "was" : "were"} set aside.`}
      </p>
    </section>
  );
};

const Tiers: FC<{ readonly snapshot: LiveSnapshot }> = ({ snapshot: { stats } }) => {
  const { totals } = stats;
  return (
    <section class="panel" aria-labelledby="tiers-title">
      <div class="panel-head">
        <h2 id="tiers-title">Risk tiers</h2>
        <span class="sub">{formatMoney(totals.amount, "EUR")} scored</span>
      </div>
      <ul class="panel-body tier-rows">
        {RISK_TIERS.toReversed().map((tier) => {
          const share =
            totals.transactions === 0 ? 0 : totals.byTier[tier].transactions / totals.transactions;
          return (
            <li class="tier-row">
              <Tier tier={tier} />
              <Meter share={share} tier={tier} />
              <span class="counts">
                <b>{formatCount(totals.byTier[tier].transactions)}</b>
                <span>{formatShare(totals.transactions === 0 ? null : share)}</span>
              </span>
              <span class="then">
                {formatMoney(totals.byTier[tier].amount, "EUR")} {THEN[tier]}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
};

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
        <p>Nothing waits for a decision.</p>
      </div>
    ) : (
      <ul class="next-cases grow">
        {nextCases.map((item) => (
          <li id={`n-${item.caseId}`}>
            <a href={`/reviews/${item.caseId}`}>
              <Tier tier={item.riskTier} />
              <span class="cut">
                <span class="strong">{formatMoney(item.amount, item.currency)}</span>{" "}
                <span class="faint small">{item.claimedBy ? `with ${item.claimedBy}` : whereOf(item)}</span>
              </span>
              <Due at={item.dueAt} now={takenAt} />
            </a>
          </li>
        ))}
      </ul>
    )}
  </section>
);
