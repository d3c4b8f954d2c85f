import type { FC } from "hono/jsx";
import { rankedBars } from "../charts/bars.ts";
import { colours } from "../charts/draw.ts";
import { percent, score } from "../format.ts";
import { Figure, Row, Table } from "../parts.tsx";
import type { Study } from "../study.ts";

/** What the model looks at, and drift of what it looks at. */
export const ReasonsSection: FC<{ study: Study }> = ({ study: { honest } }) => {
  const { gain, permutation, explanations, drift } = honest;
  const top = <T,>(rows: readonly T[]): readonly T[] => rows.slice(0, 10);
  return (
    <section class="page">
      <h2>What the model looks at</h2>
      <p>
        Three questions, three answers: which features the training found useful (gain), how much worse the
        ranking gets without one (permutation, on test rows), and how far each moves single scores
        (contributions).
      </p>
      <Row>
        {gain.length > 0 && (
          <Figure
            svg={rankedBars(
              "Gain importance",
              top(gain).map((f) => ({ name: f.feature, value: f.gain })),
              "share of the gain",
            )}
            source="honest"
          >
            Gain in training.
          </Figure>
        )}
        <Figure
          svg={rankedBars(
            "Permutation importance",
            top(permutation).map((f) => ({ name: f.input, value: f.loss, spread: f.spread })),
            "AUPRC lost when shuffled",
            colours.good,
          )}
          source="honest"
        >
          Permutation on the test rows, with its spread.
        </Figure>
      </Row>
      {"unsupported" in explanations ? (
        <p class="warning">Single scores of this version cannot be explained: {explanations.unsupported}</p>
      ) : (
        <>
          <h3>Explaining single scores</h3>
          <p>
            Every score can be taken apart: baseline plus one contribution a feature equals the score before
            calibration, here in {explanations.unit}. Method: {explanations.method}. On {explanations.rows}{" "}
            random test transactions the parts add up to the model's raw output within{" "}
            {explanations.largestGap.toExponential(1)}.
          </p>
          <Figure
            svg={rankedBars(
              "Mean contribution",
              top(explanations.strength).map((f) => ({ name: f.feature, value: f.gain })),
              `mean |contribution|, ${explanations.unit}`,
              colours.legitimate,
              { width: 720, height: 250 },
            )}
            source="honest"
          >
            Mean absolute contribution over those transactions.
          </Figure>
          {explanations.example && (
            <Table
              source="honest"
              caption={`The five strongest reasons of one caught fraud (score ${score(explanations.example.probability, 2)}), as an analyst reads them.`}
              text={[1]}
              head={["Code", "In words", "Contribution"]}
              rows={explanations.example.reasons.map((reason) => [
                reason.code,
                reason.text,
                `${reason.contribution >= 0 ? "+" : "−"}${Math.abs(reason.contribution).toFixed(3)}`,
              ])}
            />
          )}
        </>
      )}
      {drift.length > 0 && (
        <>
          <h3>Drift between the two days</h3>
          <p>
            The second day against the same hours of the first. A population stability index (PSI) under 0.1
            is stable, to 0.25 to be watched, above it the stream has moved and the model should be checked.{" "}
            {drift[0]!.psi < 0.1
              ? "No input reached 0.1."
              : `${drift.filter((d) => d.psi >= 0.1).length} of ${drift.length} inputs reached 0.1.`}
          </p>
          <Row>
            <Figure
              svg={rankedBars(
                "Population stability index",
                top(drift).map((d) => ({ name: d.feature, value: d.psi })),
                "PSI",
                colours.third,
              )}
              source="data"
            >
              The ten inputs that moved most.
            </Figure>
            <Table
              source="data"
              caption="The same in figures."
              head={["Input", "PSI", "KS distance"]}
              rows={top(drift).map((d) => [d.feature, score(d.psi), percent(d.ks)])}
            />
          </Row>
        </>
      )}
    </section>
  );
};
