import type { FC } from "hono/jsx";
import type { Evaluation } from "../../evaluate/evaluation.ts";
import { rankedBars } from "../charts/bars.ts";
import { colours } from "../charts/draw.ts";
import { precisionRecallCurves, rocCurves } from "../charts/quality.ts";
import { count, percent, score } from "../format.ts";
import { Figure, Row, Table } from "../parts.tsx";
import { published } from "../published.ts";
import type { Study } from "../study.ts";

/** The original's results, reproduced and set beside what it published. */
export const OriginalSection: FC<{ study: Study }> = ({ study: { original } }) => {
  const { forest, logistic } = original;
  const fraud = (evaluation: Evaluation) => evaluation.atThreshold;
  const legitimate = ({ atThreshold: q }: Evaluation) => ({
    precision: q.trueNegatives / (q.trueNegatives + q.falseNegatives),
    recall: q.trueNegatives / (q.trueNegatives + q.falsePositives),
  });
  const curves = [
    { name: "Random forest", points: forest.curve, colour: colours.legitimate },
    { name: "Logistic regression", points: logistic.curve, colour: colours.third },
  ];
  const total = forest.tiers.reduce((sum, tier) => sum + tier.transactions, 0);
  const publishedTotal = Object.values(published.forest.tiers).reduce((sum, n) => sum + n, 0);
  return (
    <section class="page">
      <h2>The original's results, reproduced</h2>
      <p>
        Both of the original's models, trained again in TypeScript on {count(original.trainRows)} rows (the
        forest in {original.forestSeconds.toFixed(1)} s) and tested on {count(original.testRows)}. The
        original's published figures are of the full data of 284,807 rows. None of these figures says how the
        model would do in production.
      </p>
      <Table
        source="original"
        caption="Results table: published by the original, and reproduced here."
        head={["", "Forest, published", "Forest, here", "Logistic, published", "Logistic, here"]}
        rows={[
          [
            "AUC",
            score(published.forest.auc, 5),
            score(forest.figures.auc.value, 5),
            score(published.logistic.auc, 5),
            score(logistic.figures.auc.value, 5),
          ],
          [
            "Accuracy",
            score(published.forest.accuracy, 2),
            score(fraud(forest).accuracy, 3),
            score(published.logistic.accuracy, 2),
            score(fraud(logistic).accuracy, 3),
          ],
          [
            "Precision, fraud",
            score(published.forest.precision, 2),
            score(fraud(forest).precision, 3),
            score(published.logistic.precision, 2),
            score(fraud(logistic).precision, 3),
          ],
          [
            "Recall, fraud",
            score(published.forest.recall, 2),
            score(fraud(forest).recall, 3),
            score(published.logistic.recall, 2),
            score(fraud(logistic).recall, 3),
          ],
          [
            "Precision, legitimate",
            "0.99",
            score(legitimate(forest).precision, 3),
            "0.97",
            score(legitimate(logistic).precision, 3),
          ],
          [
            "Recall, legitimate",
            "1.00",
            score(legitimate(forest).recall, 3),
            "0.99",
            score(legitimate(logistic).recall, 3),
          ],
        ]}
      />
      <Table
        source="original"
        caption="Confusion matrix of the test rows at 0.5, reproduced."
        head={[
          "Rows",
          "Forest: called legitimate",
          "called fraud",
          "Logistic: called legitimate",
          "called fraud",
        ]}
        rows={[
          [
            "Legitimate",
            count(fraud(forest).trueNegatives),
            count(fraud(forest).falsePositives),
            count(fraud(logistic).trueNegatives),
            count(fraud(logistic).falsePositives),
          ],
          [
            "Fraud",
            count(fraud(forest).falseNegatives),
            count(fraud(forest).truePositives),
            count(fraud(logistic).falseNegatives),
            count(fraud(logistic).truePositives),
          ],
        ]}
      />
      <Row>
        <Figure svg={rocCurves("ROC curves, original protocol", curves)} source="original">
          ROC: on half-synthetic test rows both models look perfect.
        </Figure>
        <Figure
          svg={precisionRecallCurves("Precision and recall, original protocol", curves)}
          source="original"
        >
          Precision and recall where every second row is a fraud.
        </Figure>
      </Row>
      <Row>
        <Figure
          svg={rankedBars(
            "Ten most important features of the original's forest",
            original.importance.slice(0, 10).map((f) => ({ name: f.feature, value: f.gain })),
            "share of the Gini gain",
          )}
          source="original"
        >
          Ten most important features of the reproduced forest. The original published{" "}
          {published.forest.topFeatures.join(", ")} as its five strongest.
        </Figure>
        <Table
          source="original"
          caption="Risk tiers of the forest on the original's test set."
          head={["Tier", "Published", "Share", "Here", "Share", "Fraud rate"]}
          rows={forest.tiers.map((tier) => [
            tier.tier,
            count(published.forest.tiers[tier.tier] ?? 0),
            percent((published.forest.tiers[tier.tier] ?? 0) / publishedTotal),
            count(tier.transactions),
            percent(tier.transactions / total),
            percent(tier.fraudRate),
          ])}
        />
      </Row>
    </section>
  );
};
