/** What PaySecure promises to those who use it, declared once: alert rules, dashboards and docs are made of it. */

/** A service level objective: of all events that count, so large a share is good. */
export interface Objective {
  readonly name: string;
  readonly title: string;
  /** Share of good events over {@link PERIOD_DAYS}. */
  readonly objective: number;
  /** Bad events and all events in a second, by PromQL, of a range such as `5m`. */
  readonly bad: (range: string) => string;
  readonly all: (range: string) => string;
  /** What is counted, and when it is bad. */
  readonly means: string;
  readonly todo: string;
}

export const PERIOD_DAYS = 30;

const scoring = 'method=~"Score|ScoreBatch|ScoreStream"';
/** What a caller did wrong is not the service's doing. */
const failed = 'code=~"UNKNOWN|DEADLINE_EXCEEDED|INTERNAL|UNAVAILABLE|DATA_LOSS"';
/** Prometheus 3 keeps a whole number's bucket as "2.0", earlier versions as it was written. */
const edge = (le: string): string => (le.includes(".") ? `le="${le}"` : `le=~"${le}|${le}[.]0"`);
const slowerThan = (metric: string, labels: string, le: string) => (range: string) =>
  `sum(rate(${metric}_count{${labels}}[${range}])) - sum(rate(${metric}_bucket{${labels}${labels && ","}${edge(le)}}[${range}]))`;

export const OBJECTIVES: readonly Objective[] = [
  {
    name: "scoring_availability",
    title: "Scoring answers",
    objective: 0.999,
    bad: (range) => `sum(rate(paysecure_scorer_requests_total{${scoring},${failed}}[${range}]))`,
    all: (range) => `sum(rate(paysecure_scorer_requests_total{${scoring}}[${range}]))`,
    means:
      "calls of Score, ScoreBatch and ScoreStream; bad are those answered with UNKNOWN, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE or DATA_LOSS",
    todo: "Read the scorer's log and its `/readyz`. UNAVAILABLE: it is draining or overloaded, start another. INTERNAL: the log has the request's id; roll the champion back if it began with a promotion (`npm run models -- rollback champion`).",
  },
  {
    name: "scoring_latency",
    title: "Scoring is fast",
    objective: 0.99,
    bad: slowerThan("paysecure_scorer_request_seconds", 'method="Score"', "0.05"),
    all: (range) => `sum(rate(paysecure_scorer_request_seconds_count{method="Score"}[${range}]))`,
    means: "calls of Score; bad are those that take more than 50 ms in the scorer",
    todo: "Look at `paysecure_scorer_queued_transactions`: when it grows, there are too few scorers, or one caller floods them (`rate_per_second` of its key). Otherwise Redis may be slow, where features are read.",
  },
  {
    name: "http_availability",
    title: "The console and the API answer",
    objective: 0.999,
    bad: (range) => `sum(rate(paysecure_http_requests_total{status=~"5.."}[${range}]))`,
    all: (range) => `sum(rate(paysecure_http_requests_total[${range}]))`,
    means: "HTTP requests; bad are those answered with 5xx",
    todo: "503 says in its body what is away: PostgreSQL, Redis or the scorer (runbook). 500 is a fault of ours: its request id leads to the stack trace in the log.",
  },
  {
    name: "decision_lag",
    title: "Payments are decided at once",
    objective: 0.99,
    bad: slowerThan("paysecure_decision_lag_seconds", "", "2"),
    all: (range) => `sum(rate(paysecure_decision_lag_seconds_count[${range}]))`,
    means: "chunks of the queue; bad are those recorded more than 2 s after they arrived",
    todo: "Look at scorer and PostgreSQL first; when both serve, the workers are too few: start another. A replay or an import takes its turn behind live payments and does not count.",
  },
  {
    name: "review_sla",
    title: "Cases are decided before their deadline",
    objective: 0.95,
    bad: (range) => `sum(rate(paysecure_cases_escalated_total[${range}]))`,
    all: (range) => `sum(rate(paysecure_cases_opened_total[${range}]))`,
    means: "review cases opened; bad are those whose deadline passed while they were open",
    todo: "Too few people, or the policy sends too much: back-test a higher edge of High, or `npm run models -- retune` with what the team can do in a day.",
  },
];

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

/** `PaySecureDecisionLagBudget` */
export function alertName({ name }: Pick<Objective, "name">): string {
  const words = name.split("_").map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`);
  return `PaySecure${words.join("")}Budget`;
}

/** The series that a rule keeps: bad events' share over a range. */
export const ratioName = (range: string): string => `paysecure:slo_errors:ratio_rate${range}`;
