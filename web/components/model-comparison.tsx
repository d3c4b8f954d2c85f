import type { Child, FC } from "hono/jsx";
import type { Arm, ArmsComparison, LifeComparison, LifeFigures } from "../../domain/model-care.ts";
import { formatCount, formatShare } from "./format.ts";
import {
  difference,
  eValue,
  evidenceWords,
  figure,
  moneyByCurrency,
  pValue,
  toldApart,
  toldOf,
} from "./model-words.ts";
import type { View } from "./view.ts";
import { When } from "./when.tsx";

/** One line of a table that holds two models against each other. */
export interface VersusRow {
  readonly name: string;
  readonly of: readonly [first: Child, second: Child];
}

interface VersusProps {
  readonly caption: string;
  readonly heads: readonly [first: string, second: string];
  readonly rows: readonly VersusRow[];
}

/** Two models side by side; narrow enough for a phone as it is. */
export const Versus: FC<VersusProps> = ({ caption, heads, rows }) => (
  <div class="table-wrap">
    <table class="versus">
      <caption class="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          <td></td>
          {heads.map((head) => (
            <th scope="col" class="number">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, of }) => (
          <tr>
            <th scope="row">{name}</th>
            {of.map((value) => (
              <td class="number">{value}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

const FIGURES: readonly (readonly [string, (figures: LifeFigures) => Child])[] = [
  ["AUPRC", ({ auprc }) => figure(auprc)],
  ["Frauds it sends to people", ({ recall }) => formatShare(recall)],
  ["Fraud in what it sends", ({ precision }) => formatShare(precision)],
  ["Payments it sends", ({ reviews }) => formatCount(Math.round(reviews))],
  [
    "Money of frauds caught",
    ({ caught }) => moneyByCurrency(caught).map((money) => <span class="money">{money}</span>),
  ],
];

const ARM: readonly (readonly [string, (arm: Arm) => number])[] = [
  ["Payments", ({ payments }) => payments],
  ["Sent to people", ({ reviewed }) => reviewed],
  ["… with a label", ({ labelled }) => labelled],
  ["… of those fraud", ({ frauds }) => frauds],
  ["Frauds not sent to people", ({ missed }) => missed],
];

const AS_SURE = "20 is as sure as 5 %, and may be looked at any time";

const Difference: FC<{ readonly of: LifeComparison["auc"] }> = ({ of }) => (
  <>
    <span class="nowrap">{difference(of.difference)}</span>{" "}
    <span class="faint">
      ({difference(of.low)} to {difference(of.high)}, 95 %{toldApart(of) ? "" : "; not told from none"})
    </span>
  </>
);

/** What the evidence of an A/B test says, in plain words. */
function armsWords({ evidence }: ArmsComparison, champion: string, other: string): string {
  if (evidence.favours === "") return "neither: as many of their reviews find fraud, as far as is known";
  return `${evidence.favours === "challenger" ? other : champion}: more of its reviews find fraud`;
}

const Arms: FC<{ readonly comparison: LifeComparison; readonly view: View }> = ({
  comparison: { arms, champion, other },
  view,
}) =>
  arms && (
    <>
      <h3>
        Cards that each decided for{" "}
        <span class="faint">
          {formatShare(arms.share)} for {other}, since{" "}
          <When at={new Date(arms.since)} view={view} style="short" />
        </span>
      </h3>
      <div class="model-columns">
        <Versus
          caption={`What ${champion} and ${other} did with their own cards`}
          heads={[champion, other]}
          rows={ARM.map(([name, of]) => ({
            name,
            of: [formatCount(of(arms.champion)), formatCount(of(arms.challenger))],
          }))}
        />
        <dl class="model-facts">
          <div>
            <dt>Evidence favours</dt>
            <dd>
              {armsWords(arms, champion, other)}
              <span class="second">
                {eValue(arms.evidence.value)}; {AS_SURE}
              </span>
            </dd>
          </div>
        </dl>
      </div>
    </>
  );

const Comparison: FC<{ readonly comparison: LifeComparison; readonly view: View }> = ({
  comparison,
  view,
}) => {
  const { champion, other, role, rows, frauds, unscored, champions, others, mcnemar } = comparison;
  return (
    <article class="model-comparison">
      <header>
        <h3 class="title-row">
          {other} against {champion} <span class="tag">{role}</span>
        </h3>
        <p class="soft small">
          {formatCount(rows)} labelled payments, {formatCount(frauds)} of them fraud, decided from{" "}
          <When at={new Date(comparison.since)} view={view} style="short" /> to{" "}
          <When at={new Date(comparison.at)} view={view} style="short" />: neither learned from them
          {unscored > 0 && `; ${formatCount(unscored)} more could not be scored by both`}
        </p>
      </header>
      <p>{toldOf(comparison.words)}</p>
      <div class="model-columns">
        <Versus
          caption={`Figures of ${champion} and ${other}`}
          heads={[champion, other]}
          rows={FIGURES.map(([name, of]) => ({ name, of: [of(champions), of(others)] }))}
        />
        <dl class="model-facts">
          <div>
            <dt>Evidence favours</dt>
            <dd>
              {evidenceWords(comparison)}
              <span class="second">
                {eValue(comparison.evidence.value)}; {AS_SURE}
              </span>
            </dd>
          </div>
          <div>
            <dt>Frauds that one alone would send to people</dt>
            <dd>
              {formatCount(mcnemar.onlyOther)} by {other}, {formatCount(mcnemar.onlyChampion)} by {champion}
              <span class="second">McNemar p {pValue(mcnemar.p)}</span>
            </dd>
          </div>
          <div>
            <dt>AUC, {other} more or less</dt>
            <dd>
              <Difference of={comparison.auc} />
            </dd>
          </div>
          <div>
            <dt>AUPRC, {other} more or less</dt>
            <dd>
              <Difference of={comparison.auprc} />
            </dd>
          </div>
        </dl>
      </div>
      <Arms comparison={comparison} view={view} />
      <p class="faint small">Holds for {comparison.holdsFor}.</p>
    </article>
  );
};

/** How models that have a part do beside the champion, on payments whose truth is known by now. */
export const ModelComparisons: FC<{
  readonly comparisons: readonly LifeComparison[];
  readonly view: View;
}> = ({ comparisons, view }) => (
  <section id="model-comparisons" class="panel" aria-labelledby="comparisons-title">
    <div class="panel-head">
      <h2 id="comparisons-title">Compared in life</h2>
      <span class="sub">on the same payments, once their truth is known</span>
    </div>
    {comparisons.length === 0 ? (
      <p class="panel-body soft">
        Nothing was compared yet: that needs a challenger or a shadow, and payments with labels.
      </p>
    ) : (
      comparisons.map((comparison) => <Comparison comparison={comparison} view={view} />)
    )}
  </section>
);
