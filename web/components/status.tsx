import type { Child, FC } from "hono/jsx";
import {
  alertRunbook,
  COUNTED_HERE,
  type PartState,
  type PromiseSpan,
  promiseOf,
  promiseRunbook,
  STATUS_PARTS,
  type Status,
  type StatusAlert,
  type StatusPart,
  type StatusPromise,
} from "../../domain/status.ts";
import { Severity } from "./alerts.tsx";
import { formatShare, sentence } from "./format.ts";
import { runbookHref } from "./runbook-pages.ts";
import type { View } from "./view.ts";
import { When } from "./when.tsx";

const STATES: Readonly<Record<PartState, string>> = {
  well: "Well",
  unknown: "Not known",
  degraded: "Needs somebody",
  failing: "Failing",
};

const State: FC<{ readonly state: PartState }> = ({ state }) => (
  <span class="tag" data-state={state}>
    {STATES[state]}
  </span>
);

const Runbook: FC<{ readonly to: string; readonly about: string }> = ({ to, about }) => (
  <a href={runbookHref(to)} aria-label={`Runbook: ${about}`}>
    Runbook
  </a>
);

const Part: FC<{ readonly part: StatusPart; readonly view: View }> = ({
  part: { name, state, since, words },
  view,
}) => {
  const { title, todo, runbook, place } = STATUS_PARTS[name];
  return (
    <tr>
      <td>
        <strong>{place ? <a href={place}>{title}</a> : title}</strong>
      </td>
      <td>
        <State state={state} />
      </td>
      <td class="alert-what">
        {sentence(words)}
        {(state === "failing" || state === "degraded") && <span class="second">{todo}</span>}
      </td>
      <td class="nowrap" data-label={since ? "Since" : undefined}>
        {since && <When at={since} view={view} style="short" />}
      </td>
      <td>
        <Runbook to={runbook} about={title} />
      </td>
    </tr>
  );
};

const Parts: FC<{ readonly status: Status; readonly view: View }> = ({ status, view }) => (
  <section class="panel" aria-labelledby="parts-title">
    <div class="panel-head">
      <h2 id="parts-title">Parts</h2>
      <span class="sub">each had two seconds to answer</span>
    </div>
    <div class="table-wrap">
      <table class="audit status-table">
        <caption class="visually-hidden">Each part, how it is, since when, and what to do</caption>
        <thead>
          <tr>
            <th scope="col">Part</th>
            <th scope="col">State</th>
            <th scope="col">What it says, and what to do</th>
            <th scope="col">Since</th>
            <th scope="col">Look up</th>
          </tr>
        </thead>
        <tbody>
          {status.parts.map((part) => (
            <Part part={part} view={view} />
          ))}
        </tbody>
      </table>
    </div>
  </section>
);

const Alert: FC<{ readonly alert: StatusAlert; readonly view: View }> = ({ alert, view }) => (
  <tr>
    <td class="alert-what">
      <strong dir="auto">{alert.title}</strong>
      <span class="second" dir="auto">
        {alert.body}
      </span>
    </td>
    <td>
      <Severity severity={alert.severity} />
    </td>
    <td class="nowrap" data-label="Since">
      <When at={alert.firedAt} view={view} style="short" />
      {alert.state === "acknowledged" && <span class="second">somebody has it</span>}
    </td>
    <td>
      <Runbook to={alertRunbook(alert.kind)} about={alert.title} />
    </td>
  </tr>
);

const Alerts: FC<{ readonly alerts: Status["alerts"]; readonly view: View }> = ({ alerts, view }) => (
  <section class="panel" aria-labelledby="open-alerts-title">
    <div class="panel-head">
      <h2 id="open-alerts-title">
        <a href="/alerts">Alerts</a>
      </h2>
      <span class="sub">that are not over, the newest first</span>
    </div>
    {alerts === null ? (
      <p class="panel-body soft">Cannot be asked: PostgreSQL gave no answer in time.</p>
    ) : alerts.length === 0 ? (
      <p class="panel-body soft">Nothing fires.</p>
    ) : (
      <div class="table-wrap">
        <table class="audit status-table">
          <caption class="visually-hidden">Alerts that are not over</caption>
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col">Severity</th>
              <th scope="col">Since</th>
              <th scope="col">Look up</th>
            </tr>
          </thead>
          <tbody>
            {alerts.map((alert) => (
              <Alert alert={alert} view={view} />
            ))}
          </tbody>
        </table>
      </div>
    )}
  </section>
);

/** Of how many events so many were good; nothing of none. */
const Span: FC<{ readonly name: string; readonly span: PromiseSpan; readonly wanted: number }> = ({
  name,
  span: { bad, all },
  wanted,
}) => {
  const good = all === 0 ? null : Math.max(0, 1 - bad / all);
  return (
    <td class="number" data-label={name}>
      <span class={good !== null && good < wanted ? "missed" : undefined}>{formatShare(good)}</span>
      <span class="second">{all === 0 ? "no case" : `${bad} late, ${all} opened`}</span>
    </td>
  );
};

const Objective: FC<{ readonly promise: StatusPromise }> = ({ promise: { name, spans } }) => {
  const { title, objective, means } = promiseOf(name);
  return (
    <tr>
      <td class="alert-what">
        <strong>{title}</strong>
        <span class="second">{means}</span>
      </td>
      <td class="number nowrap" data-label="Good at least">
        {Number((objective * 100).toFixed(3))} %
      </td>
      {spans ? (
        <>
          <Span name="Last hour" span={spans.hour} wanted={objective} />
          <Span name="Last day" span={spans.day} wanted={objective} />
          <Span name="28 days" span={spans.days} wanted={objective} />
        </>
      ) : (
        <td colspan={3} class="faint">
          {COUNTED_HERE.has(name)
            ? "Cannot be asked: PostgreSQL gave no answer in time."
            : "Only Prometheus knows: processes count it, the store does not."}
        </td>
      )}
      <td>
        <Runbook to={promiseRunbook(name)} about={title} />
      </td>
    </tr>
  );
};

const Promises: FC<{ readonly promises: Status["promises"] }> = ({ promises }) => (
  <section class="panel" aria-labelledby="promises-title">
    <div class="panel-head">
      <h2 id="promises-title">What is promised</h2>
      <span class="sub">over 30 days; here by the store's own counters, days in UTC</span>
    </div>
    <div class="table-wrap">
      <table class="audit status-table">
        <caption class="visually-hidden">Objectives, and what the store knows of them</caption>
        <thead>
          <tr>
            <th scope="col">Objective</th>
            <th scope="col" class="number">
              Good at least
            </th>
            <th scope="col" class="number">
              Last hour
            </th>
            <th scope="col" class="number">
              Last day
            </th>
            <th scope="col" class="number">
              28 days
            </th>
            <th scope="col">Look up</th>
          </tr>
        </thead>
        <tbody>
          {promises.map((promise) => (
            <Objective promise={promise} />
          ))}
        </tbody>
      </table>
    </div>
  </section>
);

const Fact: FC<{ readonly name: string; readonly children?: Child }> = ({ name, children }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

const Versions: FC<{ readonly status: Status; readonly view: View }> = ({
  status: { code, versions, lastBackup },
  view,
}) => {
  const models = versions?.models;
  const unasked = versions === null ? "cannot be asked" : undefined;
  return (
    <section class="panel" aria-labelledby="versions-title">
      <div class="panel-head">
        <h2 id="versions-title">What runs</h2>
        {models && (
          <span class="sub">
            models as a worker saw them <When at={models.seenAt} view={view} style="short" />
          </span>
        )}
      </div>
      <dl class="facts status-facts">
        <Fact name="Code">{code}</Fact>
        <Fact name="Schema">{unasked ?? versions?.schema ?? "none"}</Fact>
        <Fact name="Policy">{unasked ?? versions?.policy ?? "none"}</Fact>
        <Fact name="Champion">{unasked ?? models?.champion ?? "no worker has looked"}</Fact>
        <Fact name="Challenger">{unasked ?? models?.challenger ?? "nobody"}</Fact>
        <Fact name="Shadows">
          {unasked ?? (models && models.shadows.length > 0 ? models.shadows.join(", ") : "nobody")}
        </Fact>
        <Fact name="Last backup">
          {lastBackup ? (
            <When at={lastBackup} view={view} style="full" />
          ) : (
            "not known: nobody ran npm run backup here"
          )}
        </Fact>
      </dl>
    </section>
  );
};

/** Everything of `/status` that follows along: one sentence, then what it is made of. */
export const StatusLive: FC<{ readonly status: Status; readonly view: View }> = ({ status, view }) => (
  <>
    <section class="panel status-top" data-state={status.state} aria-label="In one sentence">
      <p class="status-sentence">{status.sentence}</p>
      <p class="soft">
        as of <When at={status.at} view={view} style="full" />
      </p>
    </section>
    <Parts status={status} view={view} />
    <Alerts alerts={status.alerts} view={view} />
    <Promises promises={status.promises} />
    <Versions status={status} view={view} />
  </>
);
