import type { FC } from "hono/jsx";
import type { SliceRow } from "../../evaluate/slices.ts";
import { colours } from "../charts/draw.ts";
import { calibrationChart, costChart, precisionRecallCurves, rocCurves } from "../charts/quality.ts";
import { count, exact, interval, percent, score } from "../format.ts";
import { Figure, Row, Table } from "../parts.tsx";
import type { Study } from "../study.ts";

/** What production would see. */
export const HonestSection: FC<{ study: Study }> = ({ study: { honest, original, card } }) => {
  const { evaluation, candidates } = honest;
  const { figures } = evaluation;
  const self = `${card.name}@${card.version}`;
  const palette = [colours.third, colours.second, colours.good];
  const others = candidates.filter((c) => c.name !== self).slice(0, 3);
  const curves = [
    ...others.map((c, i) => ({ name: c.name, points: c.evaluation.curve, colour: palette[i]! })),
    { name: self, points: evaluation.curve, colour: colours.legitimate },
  ];
  const best = honest.cost.points.reduce((low, p) => (p.cost < low.cost ? p : low));
  return (
    <section class="page">
      <h2>What production would see</h2>
      <p>
        {self} on the {count(evaluation.rows)} rows of the later stretch of time, which stand for{" "}
        {count(evaluation.transactions)} transactions with {count(evaluation.frauds)} frauds. Intervals are
        the 95 % of 1,000 stratified bootstrap draws.
      </p>
      <Table
        source="honest"
        caption={`Quality at the true base rate. Precision, recall and F1 at score ${card.thresholds.fraud}.`}
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
          No legitimate row of the test reached {card.thresholds.fraud}, so no draw can show an error there:
          read that precision as "above{" "}
          {percent(0.05 ** (1 / Math.max(1, Math.round(evaluation.atThreshold.truePositives))), 0)}" (exact 95
          % bound for {count(evaluation.atThreshold.truePositives)} alerts without a false one), and note that
          a legitimate row stands for{" "}
          {((evaluation.transactions - evaluation.frauds) / (evaluation.rows - evaluation.frauds)).toFixed(1)}{" "}
          transactions.
        </p>
      )}
      <Row>
        <Figure svg={precisionRecallCurves("Precision and recall, honest protocol", curves)} source="honest">
          Precision and recall at the true base rate.
        </Figure>
        <Figure svg={rocCurves("ROC curves, honest protocol", curves)} source="honest">
          ROC. The same models; nearly all of what differs hides in the left edge.
        </Figure>
      </Row>
      {candidates.length > 0 && (
        <Table
          source="honest"
          caption="Versions of the registry on the same test rows, best first."
          text={[1]}
          head={["Version", "Kind", "AUPRC (95 % interval)", "AUC", "Brier"]}
          rows={[...candidates, { name: self, algorithm: card.algorithm, evaluation }]
            .sort((a, b) => b.evaluation.figures.auprc.value - a.evaluation.figures.auprc.value)
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
            exact(evaluation.atThreshold.falsePositives),
            count(original.forest.atThreshold.trueNegatives),
            count(original.forest.atThreshold.falsePositives),
          ],
          [
            "Fraud",
            exact(evaluation.atThreshold.falseNegatives),
            exact(evaluation.atThreshold.truePositives),
            count(original.forest.atThreshold.falseNegatives),
            count(original.forest.atThreshold.truePositives),
          ],
        ]}
      />
      <Table
        source="honest"
        caption="Every threshold is a trade: what an alert from that score up would mean a day."
        head={[
          "Score from",
          "Precision",
          "Recall",
          "F1",
          "Alerts a day",
          "False alerts a day",
          "Frauds missed a day",
        ]}
        rows={evaluation.thresholds.map((at) => {
          const perDay = (evaluation.perDay?.transactions ?? 0) / evaluation.transactions;
          return [
            at.threshold,
            percent(at.precision),
            percent(at.recall),
            score(at.f1),
            count((at.truePositives + at.falsePositives) * perDay),
            count(at.falsePositives * perDay),
            count(at.falseNegatives * perDay),
          ];
        })}
      />
      <Row>
        <Figure svg={calibrationChart(evaluation.balancedCalibration)} source="honest">
          Calibration: groups with about equally many frauds. Dots on the line mean that the score is the
          fraud rate.
        </Figure>
        <Figure svg={costChart(honest.cost.points)} source="assumptions">
          Cost: a missed fraud costs its own amount, a false alert {exact(honest.cost.falseAlert)}. Cheapest
          from score {best.threshold.toPrecision(2)}, {percent(best.alertRate, 2)} of transactions.
        </Figure>
      </Row>
      <h3>Where it does well and where not</h3>
      <Slices
        caption={`By hour of day, alerts from score ${card.thresholds.medium} (Medium).`}
        rows={evaluation.slices.hour}
      />
      <Slices
        caption={`By amount, alerts from score ${card.thresholds.medium} (Medium).`}
        rows={evaluation.slices.amount}
      />
      <p class="small">
        Card-Precision@100 counts distinct cards a day. The public data has no card ids; in its place: of the
        100 top-scored <i>transactions</i> a day, {percent(evaluation.perDay?.precisionAt100 ?? 0, 0)} are
        fraud.
      </p>
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
      percent(row.precision, 0),
    ])}
  />
);
