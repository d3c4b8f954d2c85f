import type { Child, FC } from "hono/jsx";
import {
  ANALYTICS_DAYS,
  type Analytics,
  FEW_VERDICTS,
  type Heat,
  type Scores,
  type Where,
  type Workload,
} from "../../domain/analytics.ts";
import { WATCH_LIMITS } from "../../domain/watch.ts";
import { formatCount, formatScore, formatShare } from "../components/format.ts";
import { HeatDrawing, HeatLegend, HeatTable } from "../components/heat-map.tsx";
import { HEAT_MEASURES, heatSentence, LEAST_FOR_SHARE, MEASURE_NAME } from "../components/heat-words.ts";
import { AnalyticsIcon } from "../components/icons.tsx";
import { ScoreChart, ScoreLegend, ScoreTable } from "../components/score-chart.tsx";
import { WhereTables, whereSentence } from "../components/where-from.tsx";
import { WorkloadTable } from "../components/workload.tsx";
import { analyticsHref, DAYS_NAME, type PageQuery } from "./analytics-query.ts";

/** In place of the charts, where no payment came. */
export const Nothing: FC<{ readonly query: PageQuery }> = ({ query }) => {
  const longer = ANALYTICS_DAYS.filter((days) => days > query.days);
  return (
    <section class="panel">
      <div class="empty">
        <AnalyticsIcon />
        <p class="strong">{`No payment in ${query.days === 1 ? "this day" : `these ${DAYS_NAME[query.days]}`}`}</p>
        <p>When payments come, this page says when, where from, and how they are scored.</p>
        {longer.length > 0 && (
          <p class="segments-row">
            {longer.map((days) => (
              <a class="button" href={analyticsHref("/analytics", { ...query, days })}>
                Look at {DAYS_NAME[days]}
              </a>
            ))}
          </p>
        )}
      </div>
    </section>
  );
};

/** Where a chart's figures and picture are to be had. */
const Files: FC<{
  readonly name: string;
  readonly what: string;
  readonly kinds: readonly ("csv" | "svg")[];
  readonly shown: PageQuery;
  readonly children?: Child;
}> = ({ name, what, kinds, shown, children }) => (
  <div class="panel-foot analytics-foot">
    <span>{children}</span>
    <span class="analytics-files">
      {kinds.map((kind) => (
        <a
          href={analyticsHref(`/analytics/${name}.${kind}`, shown)}
          download
          aria-label={`${what} as ${kind.toUpperCase()}`}
        >
          {kind.toUpperCase()}
        </a>
      ))}
    </span>
  </div>
);

/** When payments come. */
export const HeatPanel: FC<{
  readonly heat: Heat;
  readonly query: PageQuery;
  readonly shown: PageQuery;
}> = ({ heat, query, shown }) => (
  <section class="panel" aria-labelledby="heat-title">
    <div class="panel-head">
      <h2 id="heat-title">{heatSentence(heat, query.measure)}</h2>
      <span class="sub">{`${formatCount(heat.payments)} payments, ${formatCount(heat.risky)} risky (${formatShare(heat.risky / heat.payments)})`}</span>
    </div>
    <div class="panel-body heat">
      <div class="heat-head">
        <nav class="segments" aria-label="What the map shows">
          {HEAT_MEASURES.map((measure) => (
            <a
              href={`${analyticsHref("/analytics", { ...query, measure })}#heat-title`}
              aria-current={measure === query.measure ? "true" : undefined}
            >
              {MEASURE_NAME[measure]}
            </a>
          ))}
        </nav>
        <HeatLegend heat={heat} measure={query.measure} />
      </div>
      <figure class="chart">
        <HeatDrawing heat={heat} measure={query.measure} shape="wide" />
        <HeatDrawing heat={heat} measure={query.measure} shape="narrow" />
      </figure>
    </div>
    <details class="seen">
      <summary class="panel-head">
        <h2>As a table</h2>
      </summary>
      <HeatTable heat={heat} measure={query.measure} />
    </details>
    <Files name="heat" what="Hours of the week" kinds={["csv", "svg"]} shown={shown}>
      {query.measure === "payments"
        ? "Every payment is counted. Risky is what is High or Critical."
        : `Risky is what is High or Critical. An hour with fewer than ${LEAST_FOR_SHARE} payments has no share.`}
    </Files>
  </section>
);

/** "of 8,000 payments drawn evenly over 1,234,567", or of all of them. */
const drawnWords = (drawn: number, payments: number): string =>
  drawn === payments
    ? `of all ${formatCount(payments)} payments`
    : `of ${formatCount(drawn)} payments drawn evenly out of ${formatCount(payments)}`;

/** Where they come from. */
export const WherePanel: FC<{
  readonly where: Where;
  readonly payments: number;
  readonly shown: PageQuery;
}> = ({ where, payments, shown }) => (
  <section class="analytics-where" aria-labelledby="where-title">
    <div class="panel where-head">
      <div class="panel-head">
        <h2 id="where-title">{whereSentence(where)}</h2>
        <span class="sub">{drawnWords(where.drawn, payments)}</span>
      </div>
      <p class="panel-body soft">
        {`Of all, ${formatShare(where.risky.share)} are risky: the line in each picture. `}
        Marked is what chance does not do among so many rows; it comes first. Each share has the interval that
        it lies in with 95 %.
      </p>
      <Files name="where" what="Origins" kinds={["csv", "svg"]} shown={shown}>
        {where.verdicts.of > 0
          ? `Verdicts: the newest ${formatCount(where.verdicts.of)}, ${formatCount(where.verdicts.hits)} of them fraud. People look at risky payments, so nothing follows for the others.`
          : "Nobody gave a verdict in this range."}
      </Files>
    </div>
    <WhereTables where={where} file={analyticsHref("/analytics/where.csv", shown)} />
  </section>
);

/** How they are scored, now and before. */
export const ScoresPanel: FC<{ readonly figures: Analytics; readonly shown: PageQuery }> = ({
  figures,
  shown,
}) => {
  const { scores, heat } = figures;
  return (
    <section class="panel" aria-labelledby="scores-title">
      <div class="panel-head">
        <h2 id="scores-title">{scores.words}</h2>
        <span class="sub">{drawnWords(scores.drawn, heat.payments)}</span>
      </div>
      <div class="panel-body score-body">
        <ScoreChart scores={scores} />
        <div class="score-side">
          <ScoreLegend scores={scores} />
          <dl class="score-figures">
            <div>
              <dt>Median</dt>
              <dd>{scores.median === null ? "–" : formatScore(scores.median)}</dd>
            </div>
            <div>
              <dt>Median before</dt>
              <dd>{scores.medianBefore === null ? "–" : formatScore(scores.medianBefore)}</dd>
            </div>
            <div>
              <dt>
                <abbr title="Population stability index">PSI</abbr>
              </dt>
              <dd>{scores.psi === null ? "–" : scores.psi.toFixed(3)}</dd>
            </div>
          </dl>
          <p class="soft small">{psiWords(scores)}</p>
        </div>
      </div>
      <details class="seen">
        <summary class="panel-head">
          <h2>As a table</h2>
        </summary>
        <ScoreTable scores={scores} />
      </details>
      <Files name="scores" what="Scores" kinds={["csv", "svg"]} shown={shown}>
        Shares of payments on a log scale: each line is ten times the one below.
      </Files>
    </section>
  );
};

function psiWords({ psi, drawnBefore }: Scores): string {
  const { watch, moved } = WATCH_LIMITS.psi;
  const scale = `Under ${watch} scores are as before, to ${moved} they moved a little, from there they moved.`;
  return psi === null ? scale : `Against ${formatCount(drawnBefore)} payments of the range before. ${scale}`;
}

/** Who judged them, for whoever leads. */
export const WorkloadPanel: FC<{ readonly workload: Workload; readonly shown: PageQuery }> = ({
  workload,
  shown,
}) => (
  <section class="panel" aria-labelledby="workload-title">
    <div class="panel-head">
      <h2 id="workload-title">Who decided</h2>
      <span class="sub">
        {`${formatCount(workload.cases)} verdicts${workload.cut ? ", the newest" : ""}, by name · `}
        <a href="/reviews?show=decided">decided cases</a>
      </span>
    </div>
    {workload.people.length === 0 ? (
      <p class="panel-body soft">Nobody decided a case in this range.</p>
    ) : (
      <>
        <WorkloadTable workload={workload} />
        <p class="panel-body soft">
          {`No ranking: cases are not alike, and whoever takes the hard ones is slower and is corrected more. With fewer than ${FEW_VERDICTS} verdicts a share says nothing, and where intervals overlap two people are not told apart. A verdict stood when nobody corrected it and no chargeback said otherwise so far; chargebacks come weeks later, and a correction of one's own counts too.`}
        </p>
        <Files name="workload" what="Who decided" kinds={["csv"]} shown={shown}>
          Seen by whoever leads.
        </Files>
      </>
    )}
  </section>
);
