import { Hono } from "hono";
import type { FC } from "hono/jsx";
import type { LabelSpan, WatchColumn, WatchReport, WatchSide, WatchState } from "../../domain/watch.ts";
import { WATCH_LIMITS } from "../../domain/watch.ts";
import { readWatchReport } from "../../pipeline/watch/reports.ts";
import { requireRight } from "../auth/guard.ts";
import { formatCount, formatShare } from "../components/format.ts";
import { Page } from "../components/layout.tsx";
import { type View, viewOf } from "../components/view.ts";
import { When } from "../components/when.tsx";
import type { AppEnv, Deps } from "../context.ts";

const STATES: Readonly<Record<WatchState, { readonly name: string; readonly severity?: string }>> = {
  broken: { name: "Broken", severity: "critical" },
  moved: { name: "Moved", severity: "warning" },
  watch: { name: "Watch", severity: "warning" },
  unsure: { name: "Not known" },
  steady: { name: "Steady" },
};

const KINDS: Readonly<Record<WatchColumn["kind"], string>> = {
  score: "what the model said",
  input: "what it read",
  field: "what was sent",
};

const NEEDS: ReadonlySet<WatchState> = new Set(["broken", "moved", "watch"]);

const number = (value: number): string => value.toLocaleString("en", { maximumSignificantDigits: 3 });
/** Below a thousandth nobody reads digits. */
const rate = (value: number): string => (value < 0.001 ? "< 0.001" : value.toFixed(3));

const Side: FC<{ readonly side: WatchSide }> = ({ side: { quantiles, top, missing } }) => (
  <>
    {quantiles && (
      <span class="nowrap">
        {number(quantiles[1])}{" "}
        <span class="faint">
          ({number(quantiles[0])} to {number(quantiles[2])})
        </span>
      </span>
    )}
    {top?.map(({ value, share }, i) => (
      <>
        {i > 0 && ", "}
        <span class="nowrap">
          {value} <span class="faint">{formatShare(share)}</span>
        </span>
      </>
    ))}
    {missing > 0 && (
      <span class="faint nowrap">
        {quantiles || (top && top.length > 0) ? "; " : ""}
        {formatShare(missing)} missing
      </span>
    )}
  </>
);

const Columns: FC<{ readonly columns: readonly WatchColumn[]; readonly caption: string }> = ({
  columns,
  caption,
}) => (
  <div class="table-wrap">
    <table class="audit">
      <caption class="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">Column</th>
          <th scope="col">State</th>
          <th scope="col">What it is</th>
          <th scope="col">Now</th>
          <th scope="col">Before</th>
          <th scope="col" class="number">
            PSI
          </th>
          <th scope="col" class="number">
            <abbr title="False discovery rate: of all differences taken for real at this rate, so many are chance">
              FDR
            </abbr>
          </th>
        </tr>
      </thead>
      <tbody>
        {columns.map(({ name, kind, state, words, now, before, psi, rate: found, missingRate }) => (
          <tr>
            <td>
              <strong>{name}</strong> <span class="faint small nowrap">{KINDS[kind]}</span>
            </td>
            <td>
              <span class="tag" data-severity={STATES[state].severity}>
                {STATES[state].name}
              </span>
            </td>
            <td class="alert-what">{words}</td>
            <td data-label="Now">
              <Side side={now} />
            </td>
            <td data-label="Before">
              <Side side={before} />
            </td>
            <td class="number" data-label="PSI">
              {now.missing < 1 && before.missing < 1 ? psi.toFixed(3) : "–"}
            </td>
            <td class="number nowrap" data-label="FDR">
              {rate(Math.min(found, missingRate))}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

function sentenceOf({ columns }: WatchReport): string {
  const needs = columns.filter(({ state }) => NEEDS.has(state));
  if (columns.length === 0) return "Nothing to compare yet: payments of both spans are needed.";
  if (needs.length === 0) return `All ${columns.length} columns are as before.`;
  const [first] = needs;
  const rest = needs.length === 1 ? "" : ` and ${needs.length - 1} more`;
  return `${first?.name}${rest} of ${columns.length} columns changed.`;
}

const Weeks: FC<{ readonly weeks: readonly LabelSpan[] }> = ({ weeks }) => (
  <section class="panel" aria-labelledby="weeks-title">
    <div class="panel-head">
      <h2 id="weeks-title">Scores and labels, week by week</h2>
      <span class="sub">of payments with a label alone: mostly those that were sent to people</span>
    </div>
    {weeks.length === 0 ? (
      <p class="panel-body soft">No payment of the last twelve weeks has a label yet.</p>
    ) : (
      <div class="table-wrap">
        <table class="audit">
          <caption class="visually-hidden">
            What scores expected and labels said, the oldest week first
          </caption>
          <thead>
            <tr>
              <th scope="col">Week from (UTC)</th>
              <th scope="col" class="number">
                Labels
              </th>
              <th scope="col" class="number">
                Frauds expected
              </th>
              <th scope="col" class="number">
                Frauds found
              </th>
              <th scope="col">True share, 95 %</th>
              <th scope="col">Scores are</th>
            </tr>
          </thead>
          <tbody>
            {weeks.map(({ from, labels, frauds, expected, low, high }) => (
              <tr>
                <td class="nowrap">{from.slice(0, 10)}</td>
                <td class="number" data-label="Labels">
                  {formatCount(labels)}
                </td>
                <td class="number" data-label="Frauds expected">
                  {number(expected * labels)}
                </td>
                <td class="number" data-label="Frauds found">
                  {formatCount(frauds)}
                </td>
                <td class="nowrap" data-label="True share, 95 %">
                  {formatShare(low)} to {formatShare(high)}
                </td>
                <td data-label="Scores are">
                  {expected < low ? "too low" : expected > high ? "too high" : "not told from right"}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    )}
  </section>
);

const Report: FC<{ readonly report: WatchReport; readonly view: View }> = ({ report, view }) => {
  const needs = report.columns.filter(({ state }) => NEEDS.has(state));
  const others = report.columns.filter(({ state }) => !NEEDS.has(state));
  return (
    <>
      <section class="panel" aria-labelledby="watch-title">
        <div class="panel-head">
          <h2 id="watch-title">{sentenceOf(report)}</h2>
          <span class="sub">
            {formatCount(report.now)} payments of {report.hours} hours to{" "}
            <When at={new Date(report.at)} view={view} style="short" /> against {formatCount(report.before)}{" "}
            of the {report.days} days before{report.model && `; ${report.model}`}
          </span>
        </div>
        {needs.length > 0 && <Columns columns={needs} caption="Columns that changed, the worst first" />}
        {others.length > 0 && (
          <details class="seen" open={needs.length === 0}>
            <summary class="panel-head">
              <h2>{formatCount(others.length)} did not change</h2>
            </summary>
            <Columns columns={others} caption="Columns that did not change" />
          </details>
        )}
        <p class="panel-body soft">
          A column changed when its population stability index is at least {WATCH_LIMITS.psi.watch} (moved
          from {WATCH_LIMITS.psi.moved}) and chance does not do as much among so many columns (false discovery
          rate up to {WATCH_LIMITS.sure}). Of numbers the median is shown, and where nine in ten lie.
        </p>
      </section>
      <Weeks weeks={report.weeks} />
    </>
  );
};

/** `/watch`: what payments bring, lately and before. */
export function watchPageRoutes(deps: Deps): Hono<AppEnv> {
  return new Hono<AppEnv>().get("/watch", requireRight("operations.read"), async (c) => {
    const view = viewOf(c);
    const report = await readWatchReport(deps.db);
    return c.html(
      <Page
        title="Watch"
        heading="Watch"
        sub="Whether the payments that come are like those of the weeks before"
        view={view}
        live="/live/frame"
      >
        {report ? (
          <Report report={report} view={view} />
        ) : (
          <section class="panel">
            <p class="panel-body soft">
              No report yet: a worker makes the first within minutes, and a new one every hour.
            </p>
          </section>
        )}
      </Page>,
    );
  });
}
