import type { FC } from "hono/jsx";
import type { ModelCard } from "../../../scorer/serving/registry.ts";
import { atTrueBaseRate, type DataQuality } from "../../data/dataset.ts";
import { exactMoney, money } from "../../impact/money.ts";
import {
  amountDistribution,
  classBalance,
  correlationHeatmap,
  transactionsAgainstTime,
} from "../charts/data.ts";
import { wide } from "../charts/draw.ts";
import { describeModel } from "../describe-model.ts";
import { count, percent } from "../format.ts";
import { Figure, Row, Table } from "../parts.tsx";
import type { Study } from "../study.ts";

/** Exploration: what the data holds before any model. */
export const DataSection: FC<{ study: Study }> = ({ study: { data, exploration } }) => {
  const { legitimate, frauds } = exploration;
  return (
    <section class="page">
      <h2>The data</h2>
      <p>
        Card payments in the form of the public data set of Worldline and the Machine Learning Group of ULB
        (European card holders, two days of September 2013). Each row has a time in seconds, an amount in
        euros, and 28 principal components (V1–V28) of attributes that the owner keeps secret.{" "}
        {data.weighted
          ? `The file holds every fraud but only a sample of the legitimate rows; a row's weight says how many transactions it stands for. Figures are weighted unless they are the original's.`
          : "Every row stands for itself."}{" "}
        Figures a day, here and everywhere below, are those of the whole file over its span of time.
      </p>
      {data.laterRows > 0 && (
        <p class="warning">
          {count(data.laterRows)} rows with {count(data.laterFrauds)} frauds lie after the stretch of time
          that the honest protocol tests on: it neither trains nor tests on them.
        </p>
      )}
      <Table
        source="data"
        caption="What the file holds."
        head={["", "Legitimate", "Fraud", "All"]}
        rows={[
          ["Rows", count(legitimate.rows), count(frauds.rows), count(data.rows)],
          [
            "Transactions they stand for",
            count(legitimate.transactions),
            count(frauds.transactions),
            count(data.weightedRows),
          ],
          [
            "Share",
            percent(legitimate.transactions / data.weightedRows, 2),
            percent(frauds.transactions / data.weightedRows, 3),
            "100 %",
          ],
          ["Mean amount", exactMoney(legitimate.meanAmount), exactMoney(frauds.meanAmount), ""],
          ["Exact duplicates", "", "", count(data.duplicates)],
          ["Amount of zero", "", "", count(data.zeroAmounts)],
          ["Largest amount", "", "", exactMoney(data.maxAmount)],
          ["Time span, seconds", "", "", `${count(data.firstTime)} to ${count(data.lastTime)}`],
          [
            "Transactions a day",
            count(exploration.day.transactions - exploration.day.frauds),
            count(exploration.day.frauds),
            count(exploration.day.transactions),
          ],
          ["Money of the frauds a day", "", money(exploration.day.fraudAmount), ""],
          ["Rows later than the honest test", "", count(data.laterFrauds), count(data.laterRows)],
        ]}
      />
      <Figure
        svg={classBalance("Class balance", legitimate.transactions, frauds.transactions, wide)}
        source="data"
      >
        Class balance. The axis is logarithmic; on a plain one the frauds could not be seen.
      </Figure>
      <Figure svg={transactionsAgainstTime(exploration)} source="data">
        Transactions against time, by class. From midnight to six, {percent(exploration.nightFraudRate, 2)} of
        payments are fraud; over the rest of the day {percent(exploration.dayFraudRate, 2)}.
      </Figure>
      <Figure svg={amountDistribution(exploration)} source="data">
        Amounts by class. {percent(exploration.tinyFrauds, 0)} of the frauds take less than two euros, the
        size of a card being tried out; they cost little and announce more.
      </Figure>
      <Figure svg={correlationHeatmap(exploration)} source="data">
        Correlations of inputs and class, rows unweighted as in the original. Components are uncorrelated over
        the whole data by construction; with frauds over-represented in the sample they are not quite. What
        correlates with Class is what a linear model can use.
      </Figure>
    </section>
  );
};

/** Features, balancing and training: how the two protocols prepare and learn. */
export const PreparationSection: FC<{ study: Study }> = ({ study: { original, card, data } }) => {
  const { before, after } = original;
  const described = {
    identity: "as it is",
    log1p: "ln(1 + x)",
    hour: "hour of day",
    hour_index: "hour since start",
  };
  const other = card.features.filter((feature) => !/^V\d+$/.test(feature.name));
  return (
    <section class="page">
      <h2>Features, balancing, training</h2>
      <p>
        The model reads {card.features.length} features: V1 to V28
        {other
          .map((feature) => `, ${feature.name} (${described[feature.transform]} of ${feature.input})`)
          .join("")}
        , each less its median and divided by its interquartile range. The steps are part of the model file,
        so that what is served is what was trained. Raw Time is{" "}
        {card.features.some((f) => f.name === "Time")
          ? "among them"
          : "left out: it only grows, and a model that knows the date learns it by heart"}
        .
      </p>
      <p>
        The original evens out the classes with SMOTE before it splits: {count(after.synthetic)} synthetic
        frauds are drawn between real ones. {count(original.syntheticTestRows)} of the{" "}
        {count(original.testRows)} test rows are then synthetic, each between two frauds that are mostly in
        the training part. That leak, and a test set that is half fraud, is where an AUC of 0.9997 comes from.
        The honest protocol draws no rows: it trains on the stream as it is, with weights.
      </p>
      <Row>
        <Figure
          svg={classBalance("Class balance before SMOTE", before.legitimate, before.frauds)}
          source="original"
        >
          Class balance before SMOTE (rows).
        </Figure>
        <Figure
          svg={classBalance("Class balance after SMOTE", after.legitimate, after.frauds)}
          source="original"
        >
          Class balance after SMOTE (rows).
        </Figure>
      </Row>
      <Table
        source="data"
        caption="How the two protocols differ."
        text={[1, 2]}
        head={["", "Original protocol", "Honest protocol"]}
        rows={[
          ["Balancing", "SMOTE on all rows, before the split", `none; ${rateOf(data)}`],
          ["Scaling", "median and range of all rows, test included", "median and range of the training part"],
          ["Split", "random, 80 % to 20 %", "by time: before and after second 100,000"],
          [
            "Test set",
            `${count(original.testRows)} rows, half of them fraud`,
            "the later stretch, one fraud in hundreds",
          ],
          ["Duplicates", "may stand on both sides", "share their time, so never on both sides"],
          [
            "Model",
            "random forest, 100 trees of depth 10, and logistic regression, classes balanced",
            describeModel(card),
          ],
          ["Training rows", count(original.trainRows), count(Number(card.split["train_rows"] ?? 0))],
          ["Calibration", "none: the score is not a probability", describeCalibration(card)],
          ["Answers", "how well a notebook can look", "how it does on later time, once"],
        ]}
      />
    </section>
  );
};

function rateOf(data: DataQuality): string {
  return atTrueBaseRate(data) ? "rows weighted to the true base rate" : "the file's own rate of fraud";
}

/** The card's calibration in words: method and what it was fitted with. */
export function describeCalibration(card: ModelCard): string {
  const calibration = card["calibration"];
  if (typeof calibration !== "object" || calibration === null) return "none";
  const entries = Object.entries(calibration).filter(
    ([, value]) => typeof value === "number" || typeof value === "string",
  );
  return entries
    .map(([name, value]) => {
      const words = typeof value === "number" ? String(Number(value.toPrecision(5))) : String(value);
      return name === "method" ? words : `${name.replaceAll("_", " ")} ${words}`;
    })
    .join(", ");
}
