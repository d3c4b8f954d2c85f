import type { FC } from "hono/jsx";
import { type BackTest, SIDES, type Side } from "../../pipeline/policy/back-test.ts";
import {
  DIFFERENCES,
  type Difference,
  type Figure,
  type Group,
  type PolicyOutcome,
} from "../../pipeline/policy/back-test-figures.ts";
import type { AskedBackTest } from "../../pipeline/policy/back-tests.ts";
import { formatCount, formatRate, formatShare } from "./format.ts";
import { convertedMoney, moneyWords } from "./policy-words.ts";
import type { View } from "./view.ts";
import { When } from "./when.tsx";

/** A span to try a version on. */
export const AskBackTest: FC<{ readonly version: string }> = ({ version }) => (
  <form class="panel-body form inline" method="post" action={`/policy/${version}/back-tests`}>
    <label class="field">
      <span>Decisions of the last</span>
      <select name="days">
        {[1, 7, 30, 90].map((days) => (
          <option value={String(days)} selected={days === 30}>
            {days === 1 ? "day" : `${days} days`}
          </option>
        ))}
      </select>
    </label>
    <button type="submit" class="button">
      Try it on them
    </button>
  </form>
);

/** What a version was tried on. */
export const BackTestList: FC<{ readonly tests: readonly AskedBackTest[]; readonly view: View }> = ({
  tests,
  view,
}) =>
  tests.length === 0 ? (
    <p class="panel-body soft">Not tried on any yet.</p>
  ) : (
    <ul class="rows">
      {tests.map(({ id, since, until, state, askedBy, askedAt, result }) => (
        <li>
          <div class="grow">
            <a class="strong" href={`/policy/back-tests/${id}`}>
              <When at={since} view={view} style="short" /> to <When at={until} view={view} style="short" />
            </a>
            <div class="soft small">
              {askedBy.name}, <When at={askedAt} view={view} style="short" />
              {result && ` · ${formatCount(result.decisions)} decisions`}
            </div>
          </div>
          {state !== "done" && <span class="tag">{state}</span>}
        </li>
      ))}
    </ul>
  );

/** How far a back-test is; asks again by itself. */
export const BackTestProgress: FC<{ readonly test: AskedBackTest }> = ({ test }) => {
  const share = test.expected === 0 ? 0 : Math.min(1, test.lookedAt / test.expected);
  return (
    <div
      id="back-test"
      hx-get={`/policy/back-tests/${test.id}/result`}
      hx-trigger="every 1s"
      hx-swap="outerHTML"
    >
      <section class="panel" aria-label="Progress">
        <div class="panel-body stack">
          <p role="status">
            {test.state === "waiting"
              ? "Waits for a worker."
              : `${formatCount(test.lookedAt)} of about ${formatCount(test.expected)} decisions looked at.`}
          </p>
          <progress max="1" value={String(share)}></progress>
        </div>
      </section>
    </div>
  );
};

const DIFFERENCE_WORDS: Readonly<Record<Difference, string>> = {
  newly_caught: "Frauds caught in addition",
  no_longer_caught: "Frauds caught no more",
  newly_hurt: "Customers asked or refused in addition, not known to be fraud",
  no_longer_hurt: "Customers asked or refused no more, not known to be fraud",
  newly_reviewed: "Reviews in addition",
  no_longer_reviewed: "Reviews no more",
};

const FIGURE_WORDS: Readonly<Record<Figure, string>> = {
  caught: "Frauds caught",
  missed: "Frauds let through",
  hurt: "Customers asked or refused, not known to be fraud",
  hurt_legitimate: "Customers asked or refused, known to be legitimate",
  reviews: "Sent to people",
  blocked: "Blocked",
  asked: "Asked",
};

/** What a list of payments behind a figure is called. */
export function behindWords(which: Figure | Difference): string {
  return which in FIGURE_WORDS ? FIGURE_WORDS[which as Figure] : DIFFERENCE_WORDS[which as Difference];
}

/** Where the payments behind a figure are listed. @param by whose figure; left out for a difference of the two */
export function behindHref(id: number, which: Figure | Difference, by?: Side): string {
  return `/policy/back-tests/${id}/payments?which=${which}${by ? `&by=${by}` : ""}`;
}

/** A figure: of how many payments, in words, and what goes below. */
type Cell = readonly [payments: number, words: string, below?: string | undefined];

function counted({ payments }: Group): Cell {
  return [payments, formatCount(payments)];
}

function money(group: Group): Cell {
  return [group.payments, moneyWords(group), convertedMoney(group)];
}

/** What a back-test found. */
export const BackTestResult: FC<{ readonly id: number; readonly result: BackTest }> = ({ id, result }) => {
  const { today, tried, decisions, frauds, labelled, simulated, days, notKnown = 0 } = result;
  const row = (name: string, figure: Figure, of: (outcome: PolicyOutcome) => Cell) => (
    <tr>
      <th scope="row">{name}</th>
      {SIDES.map((side) => {
        const outcome = result[side];
        const [payments, words, below] = of(outcome);
        return (
          <td data-label={outcome.version}>
            {payments > 0 ? <a href={behindHref(id, figure, side)}>{words}</a> : words}
            {below && <div class="soft small">{below}</div>}
          </td>
        );
      })}
    </tr>
  );
  const share = (count: number): Cell => [count, formatShare(decisions === 0 ? null : count / decisions)];
  return (
    <div id="back-test" class="stack-l">
      <section class="panel" aria-labelledby="compare-title">
        <div class="panel-head">
          <h2 id="compare-title">{formatCount(decisions)} decisions, decided again</h2>
          <span class="sub">both by the same engine, with the lists as they were when this ran</span>
        </div>
        <div class="table-wrap">
          <table class="back-test">
            <thead>
              <tr>
                <th scope="col">What</th>
                <th scope="col">{today.version}, today's</th>
                <th scope="col">{tried.version}</th>
              </tr>
            </thead>
            <tbody>
              {row("Frauds caught", "caught", ({ caught: { payments } }) => [
                payments,
                `${formatCount(payments)} of ${formatCount(frauds)}`,
              ])}
              {row("… their money", "caught", ({ caught }) => money(caught))}
              {row("Frauds let through", "missed", ({ missed }) => counted(missed))}
              {row("… their money", "missed", ({ missed }) => money(missed))}
              {row("Customers asked or refused, not known to be fraud", "hurt", ({ hurt }) => counted(hurt))}
              {row("… their money", "hurt", ({ hurt }) => money(hurt))}
              {row("… known to be legitimate", "hurt_legitimate", ({ hurtLegitimate }) =>
                counted(hurtLegitimate),
              )}
              {row("Reviews a day", "reviews", ({ reviews }) => [reviews, formatRate(reviews / days)])}
              {row("Blocked", "blocked", ({ actions }) => share(actions.block))}
              {row("Asked", "asked", ({ actions }) => share(actions.verify))}
            </tbody>
          </table>
        </div>
        <p class="panel-foot">
          Caught is blocked, asked or sent to people. The truth is known of{" "}
          {formatCount(labelled + simulated)} decisions: of {formatCount(labelled)} by people or chargebacks,
          of {formatCount(simulated)} because a simulation made them.
        </p>
        {notKnown > 0 && (
          <p class="panel-foot not-known">
            <strong>
              Not known for {formatCount(notKnown)} {notKnown === 1 ? "decision" : "decisions"}:
            </strong>{" "}
            what the model read was not kept with {notKnown === 1 ? "it" : "them"}, so rules over features
            could not be told and did nothing. The figures take them as if those rules were not there.
          </p>
        )}
      </section>
      <section class="panel" aria-labelledby="differences-title">
        <div class="panel-head">
          <h2 id="differences-title">What would be different</h2>
        </div>
        <ul class="rows">
          {DIFFERENCES.map((difference) => {
            const group = result.differences[difference];
            return (
              <li>
                <div class="grow">
                  {group.payments > 0 ? (
                    <a href={behindHref(id, difference)}>{DIFFERENCE_WORDS[difference]}</a>
                  ) : (
                    DIFFERENCE_WORDS[difference]
                  )}
                  <div class="soft small">
                    {[moneyWords(group), convertedMoney(group)].filter(Boolean).join(" · ")}
                  </div>
                </div>
                <strong>{formatCount(group.payments)}</strong>
              </li>
            );
          })}
        </ul>
      </section>
      <Rules outcome={tried} />
    </div>
  );
};

const Rules: FC<{ readonly outcome: PolicyOutcome }> = ({ outcome: { rules } }) =>
  Object.keys(rules).length === 0 ? null : (
    <section class="panel" aria-labelledby="fired-title">
      <div class="panel-head">
        <h2 id="fired-title">How often rules fired</h2>
      </div>
      <ul class="rows">
        {Object.entries(rules).map(([rule, { fired, failed, notKnown = 0 }]) => (
          <li>
            <span class="grow mono">{rule}</span>
            {notKnown > 0 && <span class="soft">not known for {formatCount(notKnown)}</span>}
            {failed > 0 && <span class="field-wrong">{formatCount(failed)} could not be evaluated</span>}
            <strong>{formatCount(fired)}</strong>
          </li>
        ))}
      </ul>
    </section>
  );
