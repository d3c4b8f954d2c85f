import {
  type Objective as Declared,
  type ObjectiveName,
  OBJECTIVES as PROMISES,
} from "../../domain/objectives.ts";

/** What is promised (domain/objectives.ts), as Prometheus counts it. */
export interface Objective extends Declared, Queries {}

/** Bad events and all events in a second, by PromQL, of a range such as `5m`. */
interface Queries {
  readonly bad: (range: string) => string;
  readonly all: (range: string) => string;
}

const scoring = 'method=~"Score|ScoreBatch|ScoreStream"';
/** What a caller did wrong is not the service's doing. */
const failed = 'code=~"UNKNOWN|DEADLINE_EXCEEDED|INTERNAL|UNAVAILABLE|DATA_LOSS"';
/** Prometheus 3 keeps a whole number's bucket as "2.0", earlier versions as it was written. */
const edge = (le: string): string => (le.includes(".") ? `le="${le}"` : `le=~"${le}|${le}[.]0"`);
const slowerThan = (metric: string, labels: string, le: string) => (range: string) =>
  `sum(rate(${metric}_count{${labels}}[${range}])) - sum(rate(${metric}_bucket{${labels}${labels && ","}${edge(le)}}[${range}]))`;

const QUERIES: Readonly<Record<ObjectiveName, Queries>> = {
  scoring_availability: {
    bad: (range) => `sum(rate(paysecure_scorer_requests_total{${scoring},${failed}}[${range}]))`,
    all: (range) => `sum(rate(paysecure_scorer_requests_total{${scoring}}[${range}]))`,
  },
  scoring_latency: {
    bad: slowerThan("paysecure_scorer_request_seconds", 'method="Score"', "0.05"),
    all: (range) => `sum(rate(paysecure_scorer_request_seconds_count{method="Score"}[${range}]))`,
  },
  http_availability: {
    bad: (range) => `sum(rate(paysecure_http_requests_total{status=~"5.."}[${range}]))`,
    all: (range) => `sum(rate(paysecure_http_requests_total[${range}]))`,
  },
  decision_lag: {
    bad: slowerThan("paysecure_decision_lag_seconds", "", "2"),
    all: (range) => `sum(rate(paysecure_decision_lag_seconds_count[${range}]))`,
  },
  review_sla: {
    bad: (range) => `sum(rate(paysecure_cases_escalated_total[${range}]))`,
    all: (range) => `sum(rate(paysecure_cases_opened_total[${range}]))`,
  },
};

export const OBJECTIVES: readonly Objective[] = PROMISES.map((promise) => ({
  ...promise,
  ...QUERIES[promise.name],
}));

/**
 * Windows and burn rates by which an alert is neither late nor for nothing: The Site Reliability Workbook (Beyer et al. 2018),
 * chapter 5, table 5-8. A burn rate of 1 uses up the whole budget of errors in the period.
 */
export const BURNS = [
  { severity: "critical", long: "1h", short: "5m", rate: 14.4 },
  { severity: "critical", long: "6h", short: "30m", rate: 6 },
  { severity: "warning", long: "1d", short: "2h", rate: 3 },
  { severity: "warning", long: "3d", short: "6h", rate: 1 },
] as const;

/** Either of its burns is enough for an alert of a severity, once it has been so for as long. */
export const HOLDS = { critical: "2m", warning: "15m" } as const;

export const RANGES = [...new Set(BURNS.flatMap(({ long, short }) => [short, long]))];

/** The series that a rule keeps: bad events' share over a range. */
export const ratioName = (range: string): string => `paysecure:slo_errors:ratio_rate${range}`;
