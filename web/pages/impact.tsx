import { Hono } from "hono";
import type { FC } from "hono/jsx";
import { ASSUMPTIONS } from "../../models/impact/from-metrics.ts";
import { CURRENCY, exactMoney, money } from "../../models/impact/money.ts";
import { ORIGINAL_IMPACT_CAVEAT, originalImpact } from "../../models/impact/original-calculator.ts";
import { readQuery } from "../api/body.ts";
import {
  type BusinessCase,
  businessCase,
  impactQuery,
  originalImpactQuery,
  snakeCase,
} from "../api/impact.ts";
import { requireRight } from "../auth/guard.ts";
import { formatCount, formatRate, formatShare } from "../components/format.ts";
import { Page } from "../components/layout.tsx";
import { TornadoBarSvg, tornadoScale } from "../components/tornado.tsx";
import { viewOf } from "../components/view.ts";
import type { AppEnv, Deps } from "../context.ts";

/** What the form calls an assumption. Shares are between 0 and 1. */
const LABELS: Readonly<Record<(typeof ASSUMPTIONS)[number], string>> = {
  transactionsPerDay: "Transactions a day",
  reviewEffectiveness: "Frauds a review stops, share",
  challengeEffectiveness: "Frauds a challenge stops, share",
  analysts: "Analysts",
  analystHoursPerDay: "Review hours a day, each",
  minutesPerReview: "Minutes a review",
  analystHourlyCost: `Cost of an analyst hour, ${CURRENCY}`,
  challengeCost: `Cost of a challenge, ${CURRENCY}`,
  recoveryRate: "Recovered after a loss, share",
  chargebackFee: `Fee of a lost fraud, ${CURRENCY}`,
  reviewChurnRate: "Honest customers lost by a review, share",
  challengeChurnRate: "Honest customers lost by a challenge, share",
  customerValue: `Value of a customer, ${CURRENCY}`,
  programmeCostPerYear: `Programme cost a year, ${CURRENCY}`,
  fraudVolume: "Frauds, times the measured rate",
};

const whole = (value: number): string => formatCount(Math.round(value)).replace("-", "−");

/** `/impact`: what the programme brings in a year, by assumptions that can be changed. */
export function impactPageRoutes(deps: Deps): Hono<AppEnv> {
  return new Hono<AppEnv>().get("/impact", requireRight("figures.read"), async (c) => {
    const view = viewOf(c);
    const query = readQuery(c, impactQuery);
    const published = readQuery(c, originalImpactQuery);
    const [study, snapshot] = await Promise.all([businessCase(deps.scorer, query), deps.feed.recent()]);
    return c.html(
      <Page
        title="Business impact"
        heading="Business impact"
        sub={`A year of the programme with ${study.model}, its tiers as measured (${study.protocol})`}
        view={view}
        live="/live/frame"
        reviews={snapshot.stats.reviews}
      >
        <Totals study={study} />
        <div class="impact-columns">
          <Assumptions study={study} />
          <div class="impact-results">
            <TierDays study={study} />
            <Sensitivity study={study} />
          </div>
        </div>
        <Original {...published} />
      </Page>,
    );
  });
}

const Totals: FC<{ study: BusinessCase }> = ({ study: { impact, breakEven } }) => (
  <dl class="panel figures">
    <Total name="Net benefit a year" value={money(impact.netBenefit)}>
      {impact.roiPercent === undefined
        ? "nothing is spent"
        : `${whole(impact.roiPercent)} % of everything spent`}
    </Total>
    <Total name="Loss prevented" value={money(impact.prevented)}>
      {`of ${money(impact.lossWithout)}: ${formatShare(impact.fraudsStoppedShare)} of frauds, ${formatShare(impact.moneySavedShare)} of their money`}
    </Total>
    <Total name="Cost" value={money(impact.totalCost)}>
      {`analysts ${money(impact.analystCost)}, challenges ${money(impact.challengeCost)}, churn ${money(impact.churnCost)}, programme ${money(impact.programmeCost)}`}
    </Total>
    <Total name="Reviews a day" value={formatRate(impact.reviewsPerDay)}>
      {`capacity ${formatRate(impact.reviewCapacityPerDay)}; ${impact.reviewsLeftOver > 0.5 ? `${whole(impact.reviewsLeftOver)} more only challenged, ${impact.analystsNeeded} analysts would do them all` : `${impact.analystsNeeded} analysts would do`}`}
    </Total>
    <Total name="Pays while it costs" value={money(breakEven.programmeCostPerYear)}>
      {`a year${breakEven.fraudVolume === undefined ? "" : `; from ${breakEven.fraudVolume.toFixed(2)} times the measured frauds`}${breakEven.transactionsPerDay === undefined ? "" : `, ${whole(breakEven.transactionsPerDay)} transactions a day`}`}
    </Total>
  </dl>
);

const Total: FC<{ name: string; value: string; children: string }> = ({ name, value, children }) => (
  <div class="figure">
    <dt>{name}</dt>
    <dd class="value">{value}</dd>
    <dd class="note">{children}</dd>
  </div>
);

const Assumptions: FC<{ study: BusinessCase }> = ({ study: { programme } }) => (
  <form class="panel" method="get" action="/impact" aria-labelledby="assumptions">
    <div class="panel-head">
      <h2 id="assumptions">Assumptions</h2>
      <span class="sub">placeholders for your own figures</span>
    </div>
    <div class="panel-body impact-form">
      {ASSUMPTIONS.map((name) => (
        <label class="field">
          <span>{LABELS[name]}</span>
          <input
            type="number"
            name={snakeCase(name)}
            value={String(Number(programme[name].toPrecision(6)))}
            min="0"
            step="any"
            required
          />
        </label>
      ))}
    </div>
    <div class="panel-body impact-actions">
      <button type="submit" class="button primary">
        Calculate
      </button>
      <a class="button" href="/impact">
        Defaults
      </a>
    </div>
  </form>
);

const TierDays: FC<{ study: BusinessCase }> = ({ study: { impact, basis } }) => (
  <section class="panel" aria-labelledby="tier-days">
    <div class="panel-head">
      <h2 id="tier-days">A day, by tier</h2>
      <span class="sub">{basis}</span>
    </div>
    <div class="table-wrap">
      <table>
        <thead>
          <tr>
            <th>Tier</th>
            <th class="number">Transactions</th>
            <th class="number">Frauds</th>
            <th class="number">Reviewed</th>
            <th class="number">Challenged</th>
            <th class="number">Stopped</th>
            <th class="number">Saved</th>
          </tr>
        </thead>
        <tbody>
          {impact.tiers.map((day) => (
            <tr>
              <td>{day.tier}</td>
              <td class="number">{whole(day.transactions)}</td>
              <td class="number">{formatRate(day.frauds)}</td>
              <td class="number">{formatRate(day.reviewed)}</td>
              <td class="number">{formatRate(day.challenged)}</td>
              <td class="number">{formatRate(day.fraudsStopped)}</td>
              <td class="number">{money(day.moneySaved)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  </section>
);

const Sensitivity: FC<{ study: BusinessCase }> = ({ study: { tornado, impact } }) => {
  const scale = tornadoScale(tornado, impact.netBenefit);
  return (
    <section class="panel" aria-labelledby="sensitivity">
      <div class="panel-head">
        <h2 id="sensitivity">What matters</h2>
        <span class="sub">net benefit when one assumption moves and the others stay</span>
      </div>
      <div class="table-wrap">
        <table>
          <thead>
            <tr>
              <th>Assumption</th>
              <th class="number">At its low end</th>
              <th class="tornado-cell">
                <span class="visually-hidden">Both ends against the net benefit as assumed</span>
              </th>
              <th class="number">At its high end</th>
            </tr>
          </thead>
          <tbody>
            {tornado.map((bar) => (
              <tr>
                <td>
                  {bar.assumption}
                  <div class="xsmall">{`${bar.lowText} … ${bar.highText}`}</div>
                </td>
                <td class="number">{money(bar.netAtLow)}</td>
                <td class="tornado-cell">
                  <TornadoBarSvg bar={bar} scale={scale} />
                </td>
                <td class="number">{money(bar.netAtHigh)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
};

const Original: FC<{ true_positives: number; false_positives: number }> = (given) => {
  const impact = originalImpact({
    truePositives: given.true_positives,
    falsePositives: given.false_positives,
  });
  return (
    <section class="panel" aria-labelledby="original">
      <div class="panel-head">
        <h2 id="original">The original's calculator</h2>
        <span class="sub">{`from ${whole(given.true_positives)} frauds caught and ${whole(given.false_positives)} false alarms`}</span>
      </div>
      <div class="panel-body">
        <p>{ORIGINAL_IMPACT_CAVEAT}</p>
        <p>
          {`It prevents ${exactMoney(impact.fraudPrevented)}, spends ${exactMoney(impact.investigation)} on investigations and ${exactMoney(impact.churn)} on churn: a net benefit of ${exactMoney(impact.netBenefit)} a year${impact.roiPercent === undefined ? "" : `, a return of ${formatCount(Math.round(impact.roiPercent * 100) / 100)} %`}.`}
        </p>
      </div>
    </section>
  );
};
