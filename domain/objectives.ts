/** What PaySecure promises to those who use it, declared once: alert rules, dashboards, docs and `/status` are made of it. */

/** A service level objective: of all events that count, so large a share is good. */
export interface Objective {
  readonly name: string;
  readonly title: string;
  /** Share of good events over {@link PERIOD_DAYS}. */
  readonly objective: number;
  /** What is counted, and when it is bad. */
  readonly means: string;
  readonly todo: string;
}

export const PERIOD_DAYS = 30;

export const OBJECTIVES = [
  {
    name: "scoring_availability",
    title: "Scoring answers",
    objective: 0.999,
    means:
      "calls of Score, ScoreBatch and ScoreStream; bad are those answered with UNKNOWN, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE or DATA_LOSS",
    todo: "Read the scorer's log and its `/readyz`. UNAVAILABLE: it is draining or overloaded, start another. INTERNAL: the log has the request's id; roll the champion back if it began with a promotion (`npm run models -- rollback champion`).",
  },
  {
    name: "scoring_latency",
    title: "Scoring is fast",
    objective: 0.99,
    means: "calls of Score; bad are those that take more than 50 ms in the scorer",
    todo: "Look at `paysecure_scorer_queued_transactions`: when it grows, there are too few scorers, or one caller floods them (`rate_per_second` of its key). Otherwise Redis may be slow, where features are read.",
  },
  {
    name: "http_availability",
    title: "The console and the API answer",
    objective: 0.999,
    means: "HTTP requests; bad are those answered with 5xx",
    todo: "503 says in its body what is away: PostgreSQL, Redis or the scorer (runbook). 500 is a fault of ours: its request id leads to the stack trace in the log.",
  },
  {
    name: "decision_lag",
    title: "Payments are decided at once",
    objective: 0.99,
    means: "chunks of the queue; bad are those recorded more than 2 s after they arrived",
    todo: "Look at scorer and PostgreSQL first; when both serve, the workers are too few: start another. A replay or an import takes its turn behind live payments and does not count.",
  },
  {
    name: "review_sla",
    title: "Cases are decided before their deadline",
    objective: 0.95,
    means: "review cases opened; bad are those whose deadline passed while they were open",
    todo: "Too few people, or the policy sends too much: back-test a higher edge of High, or `npm run models -- retune` with what the team can do in a day.",
  },
] as const satisfies readonly Objective[];

export type ObjectiveName = (typeof OBJECTIVES)[number]["name"];

/** The alert of Prometheus that says that a budget burns: `PaySecureDecisionLagBudget`. */
export function objectiveAlert({ name }: Pick<Objective, "name">): string {
  const words = name.split("_").map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`);
  return `PaySecure${words.join("")}Budget`;
}
