import { sql } from "kysely";

/** What is counted over decisions, in the order of {@link countsOfDecisions}. */
export const COUNTED_OF_DECISIONS = [
  "transactions",
  "fraud_predicted",
  "truth_known",
  "truth_fraud",
  "true_positives",
  "false_positives",
  "cases_opened",
] as const;

/** What counters count, but for the amount: columns of every table of counters. */
export const COUNTED = [
  ...COUNTED_OF_DECISIONS,
  "cases_escalated",
  "verdicts_fraud",
  "verdicts_legitimate",
] as const;

/** Said once, for counting and for recounting. */
export const countsOfDecisions = sql`
  count(*) as transactions,
  count(*) filter (where fraud_predicted) as fraud_predicted,
  count(truth) as truth_known,
  count(*) filter (where truth) as truth_fraud,
  count(*) filter (where truth and fraud_predicted) as true_positives,
  count(*) filter (where not truth and fraud_predicted) as false_positives,
  count(*) filter (where review) as cases_opened`;

/** Names of columns as SQL. */
export function columns(names: readonly string[]) {
  return sql.join(names.map((name) => sql.ref(name)));
}

/** The sums of columns, each under its column's name. */
export function sumsOf(names: readonly string[]) {
  return sql.join(names.map((name) => sql`sum(${sql.ref(name)}) as ${sql.ref(name)}`));
}

/** … as whole numbers that JavaScript takes. */
export function countsOf(names: readonly string[]) {
  return sql.join(names.map((name) => sql`sum(${sql.ref(name)})::int8 as ${sql.ref(name)}`));
}

/** Counters as they are now, as a table of SQL: what was folded and what was not yet. */
export const countedNow = sql`(
  select risk_tier, currency, amount_minor, ${columns(COUNTED)} from counters_total
  union all
  select risk_tier, currency, amount_minor, ${columns(COUNTED)} from counter_deltas)`;

/** What a row of {@link countedNow} adds to the open cases. */
export const casesLeftOpen = sql`(cases_opened - verdicts_fraud - verdicts_legitimate)`;
