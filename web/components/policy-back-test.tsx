import type { FC } from "hono/jsx";
import {
  type BackTest,
  DIFFERENCES,
  type Difference,
  type PolicyOutcome,
} from "../../pipeline/policy/back-test.ts";
import type { AskedBackTest } from "../../pipeline/policy/back-tests.ts";
import { formatCount, formatRate, formatShare } from "./format.ts";
import { moneyWords } from "./policy-words.ts";
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

export function differenceWords(difference: Difference): string {
  return DIFFERENCE_WORDS[difference];
}

/** What a back-test found. */
export const BackTestResult: FC<{ readonly id: number; readonly result: BackTest }> = ({ id, result }) => {
  const { today, tried, decisions, frauds, labelled, simulated, days } = result;
  const row = (name: string, of: (outcome: PolicyOutcome) => string) => (
    <tr>
      <th scope="row">{name}</th>
      <td data-label={today.version}>{of(today)}</td>
      <td data-label={tried.version}>{of(tried)}</td>
    </tr>
  );
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
              {row(
                "Frauds caught",
                ({ caught }) => `${formatCount(caught.payments)} of ${formatCount(frauds)}`,
              )}
              {row("… their money", ({ caught }) => moneyWords(caught))}
              {row("Frauds let through", ({ missed }) => formatCount(missed.payments))}
              {row("… their money", ({ missed }) => moneyWords(missed))}
              {row("Customers asked or refused, not known to be fraud", ({ hurt }) =>
                formatCount(hurt.payments),
              )}
              {row("… their money", ({ hurt }) => moneyWords(hurt))}
              {row("… known to be legitimate", ({ hurtLegitimate }) => formatCount(hurtLegitimate.payments))}
              {row("Reviews a day", ({ reviews }) => formatRate(reviews / days))}
              {row("Blocked", ({ actions }) =>
                formatShare(decisions === 0 ? null : actions.block / decisions),
              )}
              {row("Asked", ({ actions }) =>
                formatShare(decisions === 0 ? null : actions.verify / decisions),
              )}
            </tbody>
          </table>
        </div>
        <p class="panel-foot">
          Caught is blocked, asked or sent to people. The truth is known of{" "}
          {formatCount(labelled + simulated)} decisions: of {formatCount(labelled)} by people or chargebacks,
          of {formatCount(simulated)} because a simulation made them.
        </p>
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
                    <a href={`/policy/back-tests/${id}/payments?which=${difference}`}>
                      {DIFFERENCE_WORDS[difference]}
                    </a>
                  ) : (
                    DIFFERENCE_WORDS[difference]
                  )}
                  <div class="soft small">{moneyWords(group)}</div>
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
        {Object.entries(rules).map(([rule, { fired, failed }]) => (
          <li>
            <span class="grow mono">{rule}</span>
            {failed > 0 && <span class="field-wrong">{formatCount(failed)} could not be evaluated</span>}
            <strong>{formatCount(fired)}</strong>
          </li>
        ))}
      </ul>
    </section>
  );
