import { stringify } from "yaml";
import { objectiveAlert, PERIOD_DAYS } from "../../domain/objectives.ts";
import { BURNS, HOLDS, OBJECTIVES, type Objective, RANGES, ratioName } from "./slo.ts";

const SEVERITIES = ["critical", "warning"] as const;
const RUNBOOK = "docs/operate/alerts.md";

/** Where an alert's entry of the runbook is: a heading's anchor, as GitHub makes it. */
export const runbookOf = (alert: string): string => `${RUNBOOK}#${alert.toLowerCase()}`;

/** `slo.yml`: for each objective the share of bad events over every range, and alerts by how fast the budget burns. */
export function sloRules(): string {
  const groups = OBJECTIVES.map((objective) => ({
    name: `paysecure-slo-${objective.name.replaceAll("_", "-")}`,
    rules: [
      ...RANGES.map((range) => ratioRule(objective, range)),
      ...SEVERITIES.map((severity) => alertRule(objective, severity)),
    ],
  }));
  return `# Made by npm run generate from deploy/prometheus/slo.ts. promtool check rules slo.yml\n${stringify({ groups }, { lineWidth: 0 })}`;
}

function ratioRule({ name, bad, all }: Objective, range: string): object {
  return {
    record: ratioName(range),
    // What never went wrong has no series: that is none, not unknown. Without events there is no share at all.
    expr: `((${bad(range)}) or vector(0)) / (${all(range)} > 0)`,
    labels: { slo: name },
  };
}

function alertRule(objective: Objective, severity: (typeof SEVERITIES)[number]): object {
  const { name, title, objective: wanted } = objective;
  const over = (range: string, rate: number): string =>
    `${ratioName(range)}{slo="${name}"} > ${round(rate * (1 - wanted))}`;
  const burns = BURNS.filter((burn) => burn.severity === severity);
  const alert = objectiveAlert(objective);
  return {
    alert,
    expr: burns.map(({ long, short, rate }) => `(${over(long, rate)} and ${over(short, rate)})`).join(" or "),
    for: HOLDS[severity],
    labels: { severity, slo: name },
    annotations: {
      summary: `${title}: the budget of errors burns ${burns.map(({ rate, long }) => `${rate} times too fast over ${long}`).join(", or ")}`,
      description: `{{ $value | humanizePercentage }} was bad; over ${PERIOD_DAYS} days ${round(100 * wanted)} % must be good.`,
      runbook_url: runbookOf(alert),
    },
  };
}

const round = (value: number): number => Number(value.toPrecision(6));

/** The part of the runbook that is about objectives. */
export function sloRunbook(): string {
  const rows = OBJECTIVES.map(
    ({ title, objective, means }) => `| ${title} | ${round(100 * objective)} % | ${means} |`,
  );
  const burns = BURNS.map(
    ({ severity, long, short, rate }) =>
      `| ${severity} | ${rate} | ${long} and ${short} | ${round((rate * hours(long) * 100) / (PERIOD_DAYS * 24))} % |`,
  );
  const entries = OBJECTIVES.map(
    (objective) =>
      `### ${objectiveAlert(objective)}\n${objective.title}: counted are ${objective.means}.\n\n**Do:** ${objective.todo}\n`,
  );
  return [
    "## Objectives",
    `Over ${PERIOD_DAYS} days:`,
    "",
    "| Objective | Good at least | What counts, and what is bad |",
    "| --- | --- | --- |",
    ...rows,
    "",
    "One alert for each, by how fast its budget of errors burns (The Site Reliability Workbook, chapter 5): both windows must burn, so that it begins soon and ends soon.",
    "",
    "| Severity | Times too fast | Windows | Of the budget gone by then |",
    "| --- | --- | --- | --- |",
    ...burns,
    "",
    ...entries,
  ].join("\n");
}

function hours(range: string): number {
  return Number.parseInt(range, 10) * (range.endsWith("d") ? 24 : range.endsWith("m") ? 1 / 60 : 1);
}
