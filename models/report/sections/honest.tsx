import type { FC } from "hono/jsx";
import { atTrueBaseRate } from "../../data/dataset.ts";
import type { SliceRow } from "../../evaluate/slices.ts";
import { CURRENCY, money } from "../../impact/money.ts";
import { colours } from "../charts/draw.ts";
import { calibrationChart, costChart, precisionRecallCurves, rocCurves } from "../charts/quality.ts";
import { count, interval, percent, percentInterval, score } from "../format.ts";
import { Figure, Row, Table } from "../parts.tsx";
import type { Study } from "../study.ts";

/** How the model does on later time. */
export const HonestSection: FC<{ study: Study }> = ({ study: { honest, original, card, data } }) => {
  const { evaluation, candidates } = honest;
  const { figures } = evaluation;
  const self = `${card.name}@${card.version}`;
  const palette = [colours.third, colours.second, colours.good];
  const others = candidates.filter((c) => c.name !== self).slice(0, 3);
  const curves = [
    ...others.map((c, i) => ({ name: c.name, points: c.evaluation.curve, colour: palette[i]! })),
    { name: self, points: evaluation.curve, colour: colours.legitimate },
  ];
  const rate = atTrueBaseRate(data) ? "the true base rate" : "the file's own rate of fraud";
  const best = honest.cost.points.reduce((low, p) => (p.cost < low.cost ? p : low));
  return (
    <section class="page">
      <h2>On later time</h2>
      <p>
        {self} on the {count(evaluation.rows)} rows of the later stretch of time, which stand for{" "}
        {count(evaluation.transactions)} transactions with {count(evaluation.frauds)} frauds. Intervals of 95
        % are exact ones for shares of rows, each row counted as what it stands for, and those of the
        stratified bootstrap for the other figures.
      </p>
      <Table
        source="honest"
        caption={`Quality at ${rate}. Precision, recall and F1 at score ${card.thresholds.fraud}.`}
        text={[2]}
        head={["", "Value (95 % interval)", "What it says"]}
        rows={[
          ["AUPRC", interval(figures.auprc), "how well frauds are ranked above the rest, where it counts"],
          ["AUC", interval(figures.auc), "the same over all pairs; flattering when frauds are rare"],
          ["Precision", interval(figures.precision), "share of predicted frauds that are frauds"],
          ["Recall", interval(figures.recall), "share of frauds that are predicted"],
          ["F1", interval(figures.f1), "harmonic mean of the two"],
          [
            "Precision of alerts",
            interval(figures.alert_precision),
            `the same from ${card.thresholds.medium} up: Medium, High and Critical`,
          ],
          ["Recall of alerts", interval(figures.alert_recall), "share of frauds that are not in Low"],
          [
            "Recall by value",
            interval(figures.recall_by_value),
            "share of the stolen money that is predicted",
          ],
          ["Brier score", interval(figures.brier, 5), "mean squared error of the probability; 0 is perfect"],
          ["Calibration error", interval(figures.ece, 5), "mean distance of score and fraud rate (ECE)"],
        ]}
      />
      {evaluation.atThreshold.falsePositives === 0 && (
        <p class="small">
          No legitimate row of the test reached {card.thresholds.fraud}. That is no proof that none would:
          with {count(evaluation.atThreshold.truePositives)} alerts, and a legitimate row that stands for{" "}
          {((evaluation.transactions - evaluation.frauds) / (evaluation.rows - evaluation.frauds)).toFixed(1)}{" "}
          transactions, the precision is above {percent(figures.precision.low, 0)}.
        </p>
      )}
      <Row>
        <Figure svg={precisionRecallCurves("Precision and recall, honest protocol", curves)} source="honest">
          Precision and recall at {rate}.
        </Figure>
        <Figure svg={rocCurves("ROC curves, honest protocol", curves)} source="honest">
          ROC. The same models; nearly all of what differs hides in the left edge.
        </Figure>
      </Row>
      {candidates.length > 0 && (
        <Table
          source="honest"
          caption="Versions of the registry on the same test rows. Not to choose by: rows that decide between models judge the chosen one too kindly (npm run cross-validate compares inside the training rows)."
          text={[1]}
          head={["Version", "Kind", "AUPRC (95 % interval)", "AUC", "Brier"]}
          rows={[...candidates, { name: self, algorithm: card.algorithm, evaluation }]
            .sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }))
            .map(({ name, algorithm, evaluation: of }) => [
              name === self ? <b>{name}</b> : name,
              algorithm.replaceAll("-", " "),
              interval(of.figures.auprc),
              score(of.figures.auc.value),
              score(of.figures.brier.value, 5),
            ])}
        />
      )}
      <Table
        source="honest"
        caption={`Confusion matrix at ${card.thresholds.fraud}, weighted; and the original's forest on its own test set, for comparison.`}
        head={[
          "Transactions",
          "Called legitimate",
          "Called fraud",
          "Original: called legitimate",
          "called fraud",
        ]}
        rows={[
          [
            "Legitimate",
            count(evaluation.atThreshold.trueNegatives),
            count(evaluation.atThreshold.falsePositives),
            count(original.forest.atThreshold.trueNegatives),
            count(original.forest.atThreshold.falsePositives),
          ],
          [
            "Fraud",
            count(evaluation.atThreshold.falseNegatives),
            count(evaluation.atThreshold.truePositives),
            count(original.forest.atThreshold.falseNegatives),
            count(original.forest.atThreshold.truePositives),
          ],
        ]}
      />
      {evaluation.perDay && (
        <Table
          source="honest"
          caption="Every threshold is a trade: what an alert from that score up would mean on a day of the whole file. False alerts with the most that the interval allows."
          head={[
            "Score from",
            "Recall",
            "Alerts a day",
            "False alerts a day",
            "Frauds caught a day",
            "missed",
          ]}
          rows={evaluation.perDay.thresholds.map((at) => [
            at.threshold,
            percent(at.recall),
            count(at.truePositives + at.falsePositives),
            `${count(at.falsePositives)} (to ${count(at.falsePositivesHigh)})`,
            count(at.truePositives),
            count(at.falseNegatives),
          ])}
        />
      )}
      <Row>
        <Figure svg={calibrationChart(evaluation.balancedCalibration)} source="honest">
          Calibration: groups with about equally many frauds. Dots on the line mean that the score is the
          fraud rate.
        </Figure>
        <Figure svg={costChart(honest.cost.points)} source="assumptions">
          Cost: a missed fraud costs its own amount, a false alert {money(honest.cost.falseAlert)}. Cheapest
          on these rows from score {best.threshold.toPrecision(2)}, {percent(best.alertRate, 2)} of
          transactions.
        </Figure>
      </Row>
      <h3>Where it does well and where not</h3>
      <Slices
        caption={`By hour of day, alerts from score ${card.thresholds.medium} (Medium).`}
        rows={evaluation.slices.hour}
      />
      <Slices
        caption={`By amount in ${CURRENCY}, alerts from score ${card.thresholds.medium} (Medium).`}
        rows={evaluation.slices.amount}
      />
      {evaluation.perDay && (
        <p class="small">
          Card-Precision@100 counts distinct cards a day. The public data has no card ids; in its place: of
          the 100 top-scored <i>transactions</i> a day, {percentInterval(evaluation.perDay.precisionAt100)}{" "}
          are fraud.
        </p>
      )}
    </section>
  );
};

const Slices: FC<{ caption: string; rows: readonly SliceRow[] }> = ({ caption, rows }) => (
  <Table
    source="honest"
    caption={caption}
    head={["", "Transactions", "Frauds", "Fraud rate", "AUPRC", "Recall", "Precision"]}
    rows={rows.map((row) => [
      row.slice,
      count(row.transactions),
      count(row.frauds),
      percent(row.fraudRate, 2),
      row.auprc === undefined ? "n/a" : score(row.auprc),
      row.frauds > 0 ? percent(row.recall, 0) : "n/a",
      row.alerts > 0 ? percent(row.precision, 0) : "n/a",
    ])}
  />
);
