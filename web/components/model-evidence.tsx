import type { FC } from "hono/jsx";
import {
  type GateReport,
  type JudgedFigures,
  LABEL_WAYS,
  type RunData,
  type TrainingRun,
} from "../../domain/model-care.ts";
import { formatCount, formatDay, formatShare, sentence } from "./format.ts";
import { Versus } from "./model-comparison.tsx";
import { figure, WAY_WORDS } from "./model-words.ts";
import type { View } from "./view.ts";

/** Every question of the gate with what was found, those that were not passed first. */
export const GateChecks: FC<{ readonly gate: GateReport }> = ({ gate: { passed, checks } }) => {
  const failed = checks.filter((check) => !check.passed);
  return (
    <section class="panel" aria-labelledby="gate-title">
      <div class="panel-head">
        <h2 id="gate-title">The gate</h2>
        <span class="sub">
          {passed
            ? `all ${checks.length} questions passed`
            : `${failed.length} of ${checks.length} questions not passed`}
        </span>
      </div>
      <div class="table-wrap">
        <table class="audit">
          <caption class="visually-hidden">Questions of the gate, those not passed first</caption>
          <thead>
            <tr>
              <th scope="col">Question</th>
              <th scope="col">Passed</th>
              <th scope="col">What was asked</th>
              <th scope="col">What was found</th>
            </tr>
          </thead>
          <tbody>
            {[...failed, ...checks.filter((check) => check.passed)].map((check) => (
              <tr>
                <td>
                  <strong class="mono">{check.name}</strong>
                </td>
                <td>
                  <span class="tag" data-kind={check.passed ? "legitimate" : "fraud"}>
                    {check.passed ? "passed" : "not passed"}
                  </span>
                </td>
                <td data-label="Asked:">{check.asked}</td>
                <td data-label="Found:">{check.found}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
};

const FIGURES: readonly (readonly [string, (figures: JudgedFigures) => string])[] = [
  ["AUPRC", ({ auprc }) => figure(auprc)],
  ["Frauds caught at the champion's load", ({ recall }) => formatShare(recall)],
  ["Fraud in what is flagged at that load", ({ precision }) => formatShare(precision)],
  ["Mean score ÷ share of frauds (1 is right)", ({ calibration }) => calibration.toFixed(2)],
  ["Payments that its own edges send to people", ({ load }) => formatShare(load)],
];

/** Whether there was enough to judge on: without it there are no figures. */
export function wasJudged({ candidate, champion }: GateReport): boolean {
  return candidate.auprc > 0 || champion.auprc > 0;
}

/** What both models did with the judged payments, side by side. */
export const GateFigures: FC<{
  readonly run: TrainingRun;
  readonly gate: GateReport;
  readonly view: View;
}> = ({
  run: { model, champion },
  gate: { candidate, champion: champions, rows, frauds, since, holdsFor },
  view,
}) => (
  <section class="panel" aria-labelledby="judged-title">
    <div class="panel-head">
      <h2 id="judged-title">Side by side</h2>
      <span class="sub">
        on {formatCount(rows)} payments, {formatCount(frauds)} of them fraud, decided from{" "}
        {formatDay(new Date(since), view.timeZone)} on
      </span>
    </div>
    <Versus
      caption="Figures of the candidate and of the champion"
      heads={[model === "" ? "candidate" : model, champion]}
      rows={FIGURES.map(([name, of]) => ({ name, of: [of(candidate), of(champions)] }))}
    />
    <p class="panel-foot">Holds for {holdsFor}.</p>
  </section>
);

const Counts: FC<{ readonly title: string; readonly counts: readonly (readonly [string, number])[] }> = ({
  title,
  counts,
}) => (
  <div>
    <h3>{title}</h3>
    <dl class="model-counts">
      {counts.map(([name, count]) => (
        <div>
          <dt>{name}</dt>
          <dd>{formatCount(count)}</dd>
        </div>
      ))}
    </dl>
  </div>
);

/** What a run learned from, and what it left out and why. */
export const RunDataPanel: FC<{ readonly data: RunData; readonly view: View }> = ({ data, view }) => {
  const ways = LABEL_WAYS.map((way) => [WAY_WORDS[way], data.ways[way] ?? 0] as const);
  const left = Object.entries(data.leftOut).toSorted(([, a], [, b]) => b - a);
  return (
    <section class="panel" aria-labelledby="data-title">
      <div class="panel-head">
        <h2 id="data-title">What it was made of</h2>
        <span class="sub">
          {formatCount(data.rows)} labelled payments, {formatCount(data.frauds)} of them fraud, from{" "}
          {formatDay(new Date(data.from), view.timeZone)} to {formatDay(new Date(data.until), view.timeZone)}
        </span>
      </div>
      <div class="panel-body model-columns">
        <Counts title="How their labels came about" counts={ways.filter(([, rows]) => rows > 0)} />
        {left.length === 0 ? (
          <p class="soft">No labelled payment was left out.</p>
        ) : (
          <Counts title="Left out" counts={left.map(([why, rows]) => [sentence(why).slice(0, -1), rows])} />
        )}
      </div>
    </section>
  );
};

/** What it takes to make the same again. */
export const RunRecipe: FC<{ readonly run: TrainingRun }> = ({ run: { data, seed, code } }) => (
  <section class="panel" aria-labelledby="recipe-title">
    <div class="panel-head">
      <h2 id="recipe-title">To make the same again</h2>
    </div>
    <dl class="facts model-recipe">
      {data && (
        <div class="whole">
          <dt>SHA-256 of the data</dt>
          <dd class="mono">{data.sha256}</dd>
        </div>
      )}
      <div>
        <dt>Seed</dt>
        <dd class="mono">{seed}</dd>
      </div>
      {Object.entries(code).map(([name, version]) => (
        <div>
          <dt>{name}</dt>
          <dd class="mono">{version}</dd>
        </div>
      ))}
    </dl>
  </section>
);
