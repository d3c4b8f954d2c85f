import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { objectiveAlert } from "../../domain/objectives.ts";
import { projectRoot } from "../../platform/process/config.ts";
import { runbookOf } from "./rules.ts";
import { OBJECTIVES, type Objective } from "./slo.ts";

const folder = mkdtempSync(join(tmpdir(), "paysecure-slo-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Rule {
  readonly alert?: string;
  readonly labels?: { readonly severity?: string };
  readonly annotations?: { readonly runbook_url?: string };
}

const alerts = ["alerts.yml", "slo.yml"].flatMap((file) => {
  const { groups } = parse(readFileSync(join(import.meta.dirname, file), "utf8")) as {
    groups: { rules: Rule[] }[];
  };
  return groups.flatMap(({ rules }) => rules.filter(({ alert }) => alert !== undefined));
});

test("every alert has a severity and an entry of its own in the runbook, and no entry is of none", () => {
  const page = readFileSync(join(projectRoot, "docs/operate/alerts.md"), "utf8");
  const entries = [...page.matchAll(/^### (\w+)\n[^#]*?\*\*Do:\*\* \S/gm)].map(([, name]) => name);
  const names = [...new Set(alerts.map(({ alert }) => alert))];
  expect(entries.toSorted()).toEqual(names.toSorted());
  for (const { alert = "", labels, annotations } of alerts) {
    expect(["critical", "warning"]).toContain(labels?.severity);
    expect(annotations?.runbook_url).toBe(runbookOf(alert));
  }
});

/** Of an objective, the series of a service that answers `a second`, of them `bad`. */
const SERIES: Readonly<Record<string, (bad: number, all: number) => Readonly<Record<string, number>>>> = {
  scoring_availability: (bad, all) => ({
    'paysecure_scorer_requests_total{method="Score",code="OK"}': all - bad,
    'paysecure_scorer_requests_total{method="ScoreBatch",code="INTERNAL"}': bad,
    // The caller's own fault, and another method: neither counts.
    'paysecure_scorer_requests_total{method="Score",code="INVALID_ARGUMENT"}': 0,
    'paysecure_scorer_requests_total{method="GetModel",code="INTERNAL"}': 50,
  }),
  scoring_latency: (bad, all) => ({
    'paysecure_scorer_request_seconds_bucket{method="Score",le="0.05"}': all - bad,
    'paysecure_scorer_request_seconds_count{method="Score"}': all,
    'paysecure_scorer_request_seconds_bucket{method="ScoreBatch",le="0.05"}': 0,
    'paysecure_scorer_request_seconds_count{method="ScoreBatch"}': 90,
  }),
  http_availability: (bad, all) => ({
    'paysecure_http_requests_total{route="/",status="200"}': all - bad,
    'paysecure_http_requests_total{route="/",status="503"}': bad,
    'paysecure_http_requests_total{route="/",status="404"}': 0,
  }),
  // Of two workers: one read by Prometheus 3, which writes the edge anew, one kept from before.
  decision_lag: (bad, all) => ({
    'paysecure_decision_lag_seconds_bucket{instance="a",le="2"}': (all - bad) / 2,
    'paysecure_decision_lag_seconds_bucket{instance="b",le="2.0"}': (all - bad) / 2,
    'paysecure_decision_lag_seconds_bucket{instance="b",le="20.0"}': all / 2,
    paysecure_decision_lag_seconds_count: all,
  }),
  review_sla: (bad, all) => ({ paysecure_cases_escalated_total: bad, paysecure_cases_opened_total: all }),
};

const ALL = 1_000;
/** Minutes between samples: the shortest window has two. */
const STEP = 2;
/** Minutes: longer than the longest window. */
const DAYS = 3.5 * 24 * 60;

interface Story {
  readonly name: string;
  /** Bad share as a multiple of what the objective allows, between two minutes; none before and after. */
  readonly burn: number;
  readonly from: number;
  readonly until: number;
  /** Looked at, minutes; and which severities fire then. */
  readonly at: number;
  readonly fires: readonly ("critical" | "warning")[];
}

const STORIES: readonly Story[] = [
  { name: "nothing is wrong", burn: 0, from: 0, until: 300, at: 300, fires: [] },
  { name: "a little less than the budget, for days", burn: 0.9, from: 0, until: DAYS, at: DAYS, fires: [] },
  { name: "a little more than it, for days", burn: 1.3, from: 0, until: DAYS, at: DAYS, fires: ["warning"] },
  // 16 times for an hour fills the first window, and of the few hours that there are it is more than the budget.
  {
    name: "burns fast for an hour",
    burn: 16,
    from: 300,
    until: 370,
    at: 366,
    fires: ["critical", "warning"],
  },
  { name: "burnt fast and is well again", burn: 16, from: 300, until: 360, at: 380, fires: ["warning"] },
  { name: "two bad minutes", burn: 16, from: 300, until: 302, at: 310, fires: [] },
];

const promtool = spawnSync("promtool", ["--version"]).status === 0;

test.skipIf(!promtool).each(OBJECTIVES.map((objective) => [objective.name, objective] as const))(
  "alerts of %s fire by its burn rates, and are silent otherwise",
  (_, objective) => {
    const rules = parse(readFileSync(join(import.meta.dirname, "slo.yml"), "utf8")) as Groups;
    writeFileSync(join(folder, "rules.yml"), stringify(groupOf(rules, objective), { lineWidth: 0 }));
    // Days are looked at every half hour: every minute of them would take as long as a training.
    for (const [days, every] of [
      [false, "2m"],
      [true, "30m"],
    ] as const) {
      const stories = STORIES.filter(({ at }) => (at === DAYS) === days);
      const file = join(folder, "rules.test.yml");
      const tests = stories.map((story) => storyTest(objective, story));
      writeFileSync(
        file,
        stringify({ rule_files: ["rules.yml"], evaluation_interval: every, tests }, { lineWidth: 0 }),
      );
      const done = spawnSync("promtool", ["test", "rules", file], { encoding: "utf8", timeout: 100_000 });
      expect(done.stdout + done.stderr).toContain("SUCCESS");
      expect(done.status).toBe(0);
    }
  },
);

function storyTest(objective: Objective, { name, burn, from, until, at, fires }: Story): object {
  // An objective of 95 % cannot burn faster than 20 times: all of it is bad then.
  const bad = Math.round(Math.min(1, burn * (1 - objective.objective)) * ALL * 1_000) / 1_000;
  const series = SERIES[objective.name]!;
  const [well, ill] = [series(0, ALL), series(bad, ALL)];
  const input = Object.keys(well).map((key) => {
    const parts: string[] = [];
    let sum = 0;
    const rise = (perSecond: number, minutes: number): void => {
      const [step, times] = [perSecond * 60 * STEP, minutes / STEP];
      if (times > 0) parts.push(`${sum}+${step}x${times - 1}`);
      sum = Math.round((sum + step * times) * 1_000) / 1_000;
    };
    rise(well[key]!, from);
    rise(ill[key]!, until - from);
    rise(well[key]!, Math.max(0, at + 2 * STEP - until));
    return { series: key, values: parts.join(" ") };
  });
  return {
    ...{ name, interval: `${STEP}m`, input_series: input },
    alert_rule_test: [
      {
        ...{ eval_time: `${at}m`, alertname: objectiveAlert(objective) },
        exp_alerts: fires.map((severity) => ({ exp_labels: { severity, slo: objective.name } })),
      },
    ],
  };
}

interface Groups {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Record<string, unknown>[] }[];
}

/** The objective's rules without annotations: promtool compares them to the letter, with the figure in them. */
function groupOf({ groups }: Groups, { name }: Objective): Groups {
  return {
    groups: groups
      .filter((group) => group.name.endsWith(name.replaceAll("_", "-")))
      .map((group) => ({
        ...group,
        rules: group.rules.map(({ annotations: _annotations, ...rule }) => rule),
      })),
  };
}
