import type { Learner } from "../learners/learner.ts";
import { defaultBoosting, leafyForest, publishedLearners, slowBoosting } from "./learners.ts";
import { DELAY_DAYS, TRAIN_DAYS } from "./protocol.ts";
import type { HandbookRows, SchemaName } from "./rows.ts";

/** A way to score the test days: which features, which training days, which learner. */
export interface Candidate {
  readonly name: string;
  readonly features: SchemaName;
  /** The published 7 days, or all days whose labels are known when the test begins. */
  readonly span: "week" | "all";
  /** Leave out customers that were known to be compromised, as the test days do. */
  readonly asAsked?: true;
  readonly learner: () => Learner;
}

/**
 * What `best` was chosen among, from simple to rich; the list stood before the first figure was seen (docs/handbook.md).
 */
export const CANDIDATES: readonly Candidate[] = [
  {
    name: "forest, published features, 7 days",
    features: "published",
    span: "week",
    learner: publishedLearners.forest,
  },
  {
    name: "boosting, published features, all days",
    features: "published",
    span: "all",
    learner: () => defaultBoosting(),
  },
  {
    name: "boosting, own features, 7 days",
    features: "best",
    span: "week",
    learner: () => defaultBoosting(),
  },
  {
    name: "boosting, own features, all days",
    features: "best",
    span: "all",
    learner: () => defaultBoosting(),
  },
  { name: "slow boosting, all days", features: "best", span: "all", learner: () => slowBoosting(2) },
  {
    name: "slow boosting, all days, as asked",
    features: "best",
    span: "all",
    asAsked: true,
    learner: () => slowBoosting(2),
  },
  { name: "forest, all days", features: "best", span: "all", learner: () => leafyForest() },
];

/** What the command trains as `best`: the candidate that was chosen, with three seeds' trees in one forest. */
export const BEST: Candidate = { ...CANDIDATES[6]!, learner: () => leafyForest(300) };

/** Days at the start of the data whose features have not all their windows yet: 30 days and the delay of labels. */
export const WARM_UP_DAYS = 30 + DELAY_DAYS;

/** Of legitimate training rows, one in so many is kept, and weighs as many. */
export const LEGITIMATE_ONE_IN = 3;

/** First and last training day of a span for a start, both included. */
export function spanOf(
  { span }: Pick<Candidate, "span">,
  { firstDay }: HandbookRows,
  start: number,
): [number, number] {
  const last = start + TRAIN_DAYS - 1;
  return [span === "week" ? start : Math.min(start, firstDay + WARM_UP_DAYS), last];
}

/** Rows of the days [first, last], without those of customers known to be compromised on their day where asked for. */
export function trainingRows(
  { days, customers, labels }: HandbookRows,
  [first, last]: readonly [number, number],
  asAsked = false,
): Int32Array {
  /** Days of a customer's frauds. */
  const frauds = new Map<number, number[]>();
  if (asAsked) {
    for (let r = 0; r < days.length; r++) {
      if (labels[r] !== 1 || days[r]! > last) continue;
      const of = frauds.get(customers[r]!) ?? [];
      frauds.set(customers[r]!, of);
      of.push(days[r]!);
    }
  }
  const known = (customer: number, day: number): boolean =>
    frauds.get(customer)?.some((of) => of <= day - DELAY_DAYS - 1 && of >= day - DELAY_DAYS - TRAIN_DAYS) ??
    false;
  const rows: number[] = [];
  for (let r = 0; r < days.length; r++) {
    const day = days[r]!;
    if (day >= first && day <= last && !(asAsked && known(customers[r]!, day))) rows.push(r);
  }
  return Int32Array.from(rows);
}
