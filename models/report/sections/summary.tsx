import type { FC } from "hono/jsx";
import { tierChart } from "../charts/quality.ts";
import { count, interval, money, percent, score } from "../format.ts";
import { Figure, Table, Tag, Tile } from "../parts.tsx";
import type { Study } from "../study.ts";

/** The one page a committee reads. */
export const Summary: FC<{ study: Study }> = ({ study }) => {
  const { honest, original, impact, card, exploration } = study;
  const { figures, tiers, perDay, atThreshold, frauds } = honest.evaluation;
  const acted = tiers.slice(1);
  const sum = (of: (tier: (typeof tiers)[number]) => number): number =>
    acted.reduce((total, tier) => total + of(tier), 0);
  const alerts = perDay?.alerts ?? 0;
  const { netBenefit, lossWithout, totalCost, roiPercent } = impact.impact;
  const lower = honest.evaluation.thresholds[0]!;
  const moved = honest.drift.filter((row) => row.psi >= 0.1).length;
  const outside = tiers.filter((tier) => !tier.calibrated && tier.transactions > 0);
  return (
    <section class="summary">
      <header class="cover">
        <div class="over">PaySecure · fraud model report</div>
        <h1>{`${card.name}, version ${card.version}`}</h1>
        <p>
          {card.algorithm.replaceAll("-", " ")} · trained {card.created_at.slice(0, 10)} · report of{" "}
          {study.createdAt.slice(0, 10)} · {study.data.file}
        </p>
      </header>
      {honest.warning && <p class="warning">{honest.warning}</p>}
      <p class="lead">
        On {count(honest.evaluation.transactions)} transactions from a later stretch of time, at the true rate
        of one fraud in {count(1 / honest.evaluation.fraudRate)}, acting on the tiers Medium and above reaches{" "}
        <b>
          {percent(
            sum((t) => t.fraudShare),
            0,
          )}{" "}
          of the frauds
        </b>{" "}
        and{" "}
        <b>
          {percent(
            sum((t) => t.fraudMoneyShare),
            0,
          )}{" "}
          of the money lost to fraud
        </b>
        , with <b>{count(alerts)} alerts a day</b> out of {count(exploration.transactionsPerDay)} transactions
        (
        {percent(
          sum((t) => t.share),
          2,
        )}
        ).
      </p>
      <div class="tiles">
        <Tile
          name="AUPRC"
          value={score(figures.auprc.value)}
          note={`95 % interval ${score(figures.auprc.low)} to ${score(figures.auprc.high)}; chance is ${honest.evaluation.fraudRate.toFixed(4)}`}
        />
        <Tile
          name="Alerts that are fraud"
          value={percent(figures.alert_precision.value, 0)}
          note={`Medium and above; 95 % interval ${percent(figures.alert_precision.low, 0)} to ${percent(figures.alert_precision.high, 0)}`}
        />
        <Tile
          name="Reviews a day"
          value={count(perDay?.reviews ?? 0)}
          note="High and Critical; Medium is watched, not reviewed"
        />
        <Tile
          name="Net benefit a year"
          value={money(netBenefit)}
          note={`of ${money(lossWithout)} at risk, at a cost of ${money(totalCost)}; by the assumptions of section 7`}
        />
      </div>
      <Table
        caption="Two protocols, two answers. Only the right-hand one says what production would see."
        head={["", <Tag source="original" />, <Tag source="honest" />]}
        rows={[
          ["Test set", "balanced, half synthetic, leaked", "later time, true base rate"],
          ["Model", "random forest, as the original's", `${card.name}@${card.version}`],
          ["AUC", score(original.forest.figures.auc.value, 5), interval(figures.auc, 3)],
          ["AUPRC", score(original.forest.figures.auprc.value, 5), interval(figures.auprc, 3)],
          [
            "Precision of alerts (Medium and up)",
            percent(original.forest.figures.alert_precision.value),
            percent(figures.alert_precision.value),
          ],
          [
            "Precision of a predicted fraud (0.5)",
            percent(original.forest.atThreshold.precision),
            percent(atThreshold.precision),
          ],
          [
            "Frauds predicted (0.5)",
            percent(original.forest.atThreshold.recall),
            percent(atThreshold.recall),
          ],
          ["Frauds in the test set", count(original.forest.frauds), count(frauds)],
          [
            "Business case a year",
            `${money(original.publishedImpact.netBenefit)} (published)`,
            money(netBenefit),
          ],
        ]}
      />
      <Figure
        svg={tierChart(tiers, "Shares of the tiers, honest protocol", { width: 720, height: 122 })}
        source="honest"
      >
        Where transactions, frauds and stolen money fall: {percent(tiers[0]!.share, 2)} of payments pass
        untouched.
      </Figure>
      <h3>What the committee should know</h3>
      <ul>
        <li>
          The interval is wide because the test has {count(frauds)} frauds. A difference between models that
          lies inside it is not yet a difference.
        </li>
        <li>
          {outside.length === 0
            ? "The score means what it says: in every tier the observed fraud rate lies inside the tier's band."
            : `In the tier${outside.length > 1 ? "s" : ""} ${outside.map((tier) => tier.tier).join(", ")} the observed fraud rate lies outside the band (section 6).`}
        </li>
        <li>
          {percent(tiers[0]!.fraudShare, 0)} of the frauds stay in Low. Alerting from a score of{" "}
          {lower.threshold} instead would leave {percent(1 - lower.recall, 0)}, at{" "}
          {count(lower.alertRate * exploration.transactionsPerDay)} alerts a day; no threshold finds them all.
        </li>
        <li>
          {netBenefit >= 0
            ? `The programme pays for itself (${roiPercent === undefined ? "no cost" : `${Math.round(roiPercent)} % on everything spent`}) as long as it costs less than ${money(impact.breakEven.programmeCostPerYear)} a year.`
            : `By these assumptions the programme does not pay for itself: it would have to cost ${money(-netBenefit)} a year less.`}{" "}
          The published case of three billion a year rests on {count(56_170)} frauds caught every day; the
          data has {count(exploration.transactionsPerDay * study.data.fraudRate)}.
        </li>
        {moved > 0 && (
          <li>
            The stream moves: {moved} of {honest.drift.length} inputs drifted between the two days (PSI of 0.1
            and more, section 5). Retraining belongs to the programme.
          </li>
        )}
        {impact.impact.reviewsLeftOver > 0.5 && (
          <li>
            To decide: reviews. Everything High and Critical asks for {impact.impact.analystsNeeded} analysts
            at the assumed minutes a review; {impact.programme.analysts} are assumed, the rest is challenged
            without an analyst.
          </li>
        )}
      </ul>
    </section>
  );
};
