import type { FC } from "hono/jsx";
import { atTrueBaseRate } from "../../data/dataset.ts";
import { bandIsProven, type TierRow } from "../../evaluate/tiers.ts";
import { money } from "../../impact/money.ts";
import { tierChart } from "../charts/quality.ts";
import { count, interval, percent, percentInterval, score } from "../format.ts";
import { Figure, Table, Tag, Tile } from "../parts.tsx";
import { published } from "../published.ts";
import type { Study } from "../study.ts";

/** Where the scientist's part begins: the whole on one page, as a committee reads it. */
export const Summary: FC<{ study: Study }> = ({ study }) => {
  const { honest, original, impact, card, exploration } = study;
  const { figures, tiers, perDay, frauds } = honest.evaluation;
  const { netBenefit, lossWithout, totalCost, roiPercent } = impact.impact;
  const { day } = exploration;
  const alerts = perDay?.alerts ?? 0;
  const lower = perDay?.thresholds[0];
  const moved = honest.drift.filter((row) => row.psi >= 0.1).length;
  return (
    <section class="summary">
      <header class="cover">
        <div class="over">PaySecure · fraud model report · the scientist's part</div>
        <h1>{`${card.name}, version ${card.version}`}</h1>
        <p>
          {card.algorithm.replaceAll("-", " ")} · trained {card.created_at.slice(0, 10)} · report of{" "}
          {study.createdAt.slice(0, 10)} · {study.data.file}
        </p>
      </header>
      {honest.warning && <p class="warning">{honest.warning}</p>}
      <p class="lead">
        With {impact.programme.analysts} analysts, acting on the tiers Medium and above would stop{" "}
        <b>{percent(impact.impact.fraudsStoppedShare, 0)} of the frauds</b> and{" "}
        <b>{percent(impact.impact.moneySavedShare, 0)} of the money lost to fraud</b> (by the assumptions of
        section 7), with <b>{count(alerts)} alerts a day</b> out of {count(day.transactions)} transactions (
        {percent(alerts / day.transactions, 2)}). The model was judged on{" "}
        {count(honest.evaluation.transactions)} transactions of a later stretch of time, one in{" "}
        {count(1 / honest.evaluation.fraudRate)} a fraud; a day is one of the whole file, with{" "}
        {count(day.frauds)} frauds.
      </p>
      {honest.cautions.map((caution) => (
        <p class="warning">{caution}</p>
      ))}
      <div class="tiles">
        <Tile
          name="AUPRC"
          value={score(figures.auprc.value)}
          note={`95 % interval ${score(figures.auprc.low)} to ${score(figures.auprc.high)}; chance is ${honest.evaluation.fraudRate.toFixed(4)}`}
        />
        <Tile
          name="False alerts a day"
          value={count(perDay?.falseAlerts ?? 0)}
          note={`of ${count(alerts)} from Medium up; by the 95 % interval at most ${count(perDay?.falseAlertsHigh ?? 0)}`}
        />
        <Tile
          name="Reviews wanted a day"
          value={count(perDay?.reviews ?? 0)}
          note={`High and Critical; ${impact.programme.analysts} analysts do ${count(impact.impact.reviewsPerDay)}`}
        />
        <Tile
          name="Net benefit a year"
          value={money(netBenefit)}
          note={`of ${money(lossWithout)} at risk, at a cost of ${money(totalCost)}; by the assumptions of section 7`}
        />
      </div>
      <Table
        caption="Two protocols, two answers. Only the right-hand one is measured on later time (95 % intervals)."
        head={["", <Tag source="original" />, <Tag source="honest" />]}
        rows={[
          [
            "Test set",
            "balanced, half synthetic, leaked",
            atTrueBaseRate(study.data) ? "later time, true base rate" : "later time, rate of the file",
          ],
          ["AUC", score(original.forest.figures.auc.value, 5), interval(figures.auc, 3)],
          ["AUPRC", score(original.forest.figures.auprc.value, 5), interval(figures.auprc, 3)],
          ...(
            [
              ["Precision of alerts (Medium and up)", "alert_precision"],
              [`Precision of a predicted fraud (${card.thresholds.fraud})`, "precision"],
              [`Frauds predicted (${card.thresholds.fraud})`, "recall"],
            ] as const
          ).map(([name, figure]) => [
            name,
            percentInterval(original.forest.figures[figure]),
            percentInterval(figures[figure]),
          ]),
          [
            "Business case a year",
            `${money(original.publishedImpact.netBenefit)} (published)`,
            money(netBenefit),
          ],
        ]}
      />
      <Figure
        svg={tierChart(perDay?.tiers ?? tiers, "Shares of the tiers, honest protocol", {
          width: 720,
          height: 112,
        })}
        source="honest"
      >
        Where transactions, frauds and stolen money fall: {percent(1 - alerts / day.transactions, 2)} of
        payments pass untouched.
      </Figure>
      <h3>What the committee should know</h3>
      <ul>
        <li>
          The interval is wide because the test has {count(frauds)} frauds. A difference between models that
          lies inside it is not yet a difference. On the test rows one transaction in{" "}
          {count(1 / honest.evaluation.fraudRate)} is a fraud, on a day of the whole file one in{" "}
          {count(day.transactions / day.frauds)}; the precision above is that of the test rows.
        </li>
        <li>{aboutBands(tiers)}</li>
        {lower && (
          <li>
            {percent(tiers[0]!.fraudShare, 0)} of the frauds stay in Low. Alerting from a score of{" "}
            {lower.threshold} instead would leave {percent(1 - lower.recall, 0)}, at{" "}
            {count(lower.truePositives + lower.falsePositives)} alerts a day; no threshold finds them all.
          </li>
        )}
        <li>
          {netBenefit >= 0
            ? `The programme pays for itself (${roiPercent === undefined ? "no cost" : `${Math.round(roiPercent)} % on everything spent`}) as long as it costs less than ${money(impact.breakEven.programmeCostPerYear)} a year.`
            : `By these assumptions the programme does not pay for itself: it would have to cost ${money(-netBenefit)} a year less.`}{" "}
          The published case of {money(original.publishedImpact.netBenefit)} a year rests on{" "}
          {count(published.impact.truePositives)} frauds caught every day; a day of the data has{" "}
          {count(day.frauds)}.
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

/** What the tiers' fraud rates say of the score, and how surely. */
function aboutBands(tiers: readonly TierRow[]): string {
  const names = (some: readonly TierRow[]): string => some.map((tier) => tier.tier).join(", ");
  const filled = tiers.filter((tier) => tier.transactions > 0);
  const outside = filled.filter((tier) => !tier.calibrated);
  const unsure = filled.filter((tier) => tier.calibrated && !bandIsProven(tier));
  const verdict =
    outside.length === 0
      ? "In every tier the observed fraud rate lies inside the tier's band"
      : `In ${names(outside)} the observed fraud rate lies outside the tier's band`;
  return unsure.length === 0
    ? `${verdict} (section 6).`
    : `${verdict}; in ${names(unsure)} it rests on too few rows to be sure (section 6).`;
}
