import { sql } from "kysely";

/** What counters count, but for the amount: columns of every table of counters. */
export const COUNTED = [
  "transactions",
  "fraud_predicted",
  "truth_known",
  "truth_fraud",
  "true_positives",
  "false_positives",
  "cases_opened",
  "cases_escalated",
  "verdicts_fraud",
  "verdicts_legitimate",
] as const;

/** … and of those, what is counted over decisions, in the order of {@link countsOfDecisions}. */
export const COUNTED_OF_DECISIONS = [
  "transactions",
  "fraud_predicted",
  "truth_known",
  "truth_fraud",
  "true_positives",
  "false_positives",
  "cases_opened",
] as const satisfies readonly (typeof COUNTED)[number][];

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
