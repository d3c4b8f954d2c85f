import { BURNS, OBJECTIVES, ratioName } from "./slo.ts";

type Unit = "short" | "ops" | "s" | "percentunit";

interface Graph {
  readonly title: string;
  readonly unit: Unit;
  /** PromQL, by what its lines are called; `{{label}}` is a label's value. */
  readonly lines: Readonly<Record<string, string>>;
  /** What it tells, for who has not seen it before. */
  readonly about: string;
}

const quantiles = (metric: string, labels = ""): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [0.5, 0.99].map((q) => [
      `p${q * 100}`,
      `histogram_quantile(${q}, sum by (le) (rate(${metric}_bucket${labels}[$__rate_interval])))`,
    ]),
  );

/** From whether promises are kept down to why not: who is paged reads from the top. */
const ROWS: readonly { readonly title: string; readonly graphs: readonly Graph[] }[] = [
  {
    title: "Promises",
    graphs: OBJECTIVES.map(({ name, title, means, objective }) => ({
      title,
      unit: "percentunit",
      lines: {
        "bad, 1 h": `${ratioName("1h")}{slo="${name}"}`,
        "bad, 6 h": `${ratioName("6h")}{slo="${name}"}`,
        "pages above": `vector(${Number((BURNS[0].rate * (1 - objective)).toPrecision(6))})`,
      },
      about: `Share that was bad. Counted are ${means}.`,
    })),
  },
  {
    title: "Payments",
    graphs: [
      {
        title: "Decided a second",
        unit: "ops",
        lines: {
          "{{source}} {{result}}":
            "sum by (source, result) (rate(paysecure_transactions_total[$__rate_interval]))",
        },
        about: "By where they came from and what became of them.",
      },
      {
        title: "From arrival to record",
        unit: "s",
        lines: quantiles("paysecure_decision_lag_seconds"),
        about: "Chunks of the queue, from their arrival to the commit of their decisions.",
      },
      {
        title: "Answers by tier",
        unit: "ops",
        lines: { "{{tier}}": "sum by (tier) (rate(paysecure_scorer_answers_total[$__rate_interval]))" },
        about: "What the scorer said, over all models that are served.",
      },
      {
        title: "Dead letters",
        unit: "short",
        lines: { "{{queue}}": "sum by (queue) (increase(paysecure_dead_letters_total[$__rate_interval]))" },
        about: "Put aside because they could not be decided: npm run dead-letters, or the page of that name.",
      },
    ],
  },
  {
    title: "Queues and outbox",
    graphs: [
      {
        title: "Jobs",
        unit: "short",
        lines: { "{{queue}} {{state}}": "max by (queue, state) (paysecure_queue_jobs)" },
        about: "What waits and what is worked on.",
      },
      {
        title: "Oldest message of the outbox",
        unit: "s",
        lines: { age: "max(paysecure_outbox_oldest_seconds)" },
        about: "Timers, alerts and live news leave by it: seconds are normal, minutes are not.",
      },
      {
        title: "Stages of a chunk",
        unit: "s",
        lines: {
          "{{stage}}":
            "histogram_quantile(0.99, sum by (le, stage) (rate(paysecure_chunk_stage_seconds_bucket[$__rate_interval])))",
        },
        about: "Where a worker's time goes, p99.",
      },
    ],
  },
  {
    title: "Scorer",
    graphs: [
      {
        title: "Calls a second",
        unit: "ops",
        lines: {
          "{{method}} {{code}}":
            "sum by (method, code) (rate(paysecure_scorer_requests_total[$__rate_interval]))",
        },
        about: "By method and status code.",
      },
      {
        title: "Time of a Score",
        unit: "s",
        lines: quantiles("paysecure_scorer_request_seconds", '{method="Score"}'),
        about: "In the scorer, without the network.",
      },
      {
        title: "Waiting to be scored",
        unit: "short",
        lines: { "{{instance}}": "paysecure_scorer_queued_transactions" },
        about: "What autoscaling goes by.",
      },
    ],
  },
  {
    title: "Console, API and reviews",
    graphs: [
      {
        title: "Requests a second",
        unit: "ops",
        lines: { "{{status}}": "sum by (status) (rate(paysecure_http_requests_total[$__rate_interval]))" },
        about: "By status.",
      },
      {
        title: "Time to answer",
        unit: "s",
        lines: quantiles("paysecure_http_request_seconds"),
        about: "A stream counts until its head is sent.",
      },
      {
        title: "Review cases",
        unit: "short",
        lines: { "{{state}}": "max by (state) (paysecure_review_cases)" },
        about: "Open, in work, overdue.",
      },
      {
        title: "Cases opened and past their deadline, a second",
        unit: "ops",
        lines: {
          opened: "sum(rate(paysecure_cases_opened_total[$__rate_interval]))",
          "past deadline": "sum(rate(paysecure_cases_escalated_total[$__rate_interval]))",
        },
        about: "When the second line rises, people are too few or the policy sends too much.",
      },
    ],
  },
];

const SOURCE = { type: "prometheus", uid: "prometheus" };
const COLUMNS = 24;
const HEIGHT = 8;

/** `dashboards/paysecure.json`, as Grafana provisions it (schema 39, Grafana 10 and later). */
export function dashboard(): string {
  const panels: object[] = [];
  let y = 0;
  const next = (): number => panels.length + 1;
  for (const { title, graphs } of ROWS) {
    panels.push({
      id: next(),
      type: "row",
      title,
      collapsed: false,
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
      panels: [],
    });
    y += 1;
    const perRow = Math.min(graphs.length, 3);
    const width = COLUMNS / perRow;
    graphs.forEach((graph, i) => {
      const place = { x: (i % perRow) * width, y: y + Math.floor(i / perRow) * HEIGHT, w: width, h: HEIGHT };
      panels.push({ id: next(), ...panelOf(graph), gridPos: place });
    });
    y += Math.ceil(graphs.length / perRow) * HEIGHT;
  }
  const board = {
    ...{ uid: "paysecure", title: "PaySecure", tags: ["paysecure"], schemaVersion: 39, editable: false },
    ...{ refresh: "30s", time: { from: "now-6h", to: "now" }, timezone: "browser", panels },
  };
  return `${JSON.stringify(board, null, 2)}\n`;
}

function panelOf({ title, unit, lines, about }: Graph): object {
  return {
    ...{ type: "timeseries", title, description: about, datasource: SOURCE },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    options: { legend: { displayMode: "list", placement: "bottom" }, tooltip: { mode: "multi" } },
    targets: Object.entries(lines).map(([legendFormat, expr], i) => ({
      refId: String.fromCharCode(65 + i),
      ...{ datasource: SOURCE, expr, legendFormat },
    })),
  };
}
