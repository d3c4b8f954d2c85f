import { DomainError } from "../../platform/process/errors.ts";
import { dayText } from "./calendar.ts";
import type { HandbookRows } from "./rows.ts";

/** Days of the published protocol, one part behind the other from the start on. */
export const TRAIN_DAYS = 7;
/** How long a label takes to be known; the days between training and test, not used. */
export const DELAY_DAYS = 7;
export const TEST_DAYS = 7;

/** Rows of {@link HandbookRows} to train and to judge on. */
export interface Split {
  /** Days since 1970. */
  readonly start: number;
  readonly testStart: number;
  readonly train: Int32Array;
  /** Customers that were known to be compromised are not among them. */
  readonly test: Int32Array;
}

/**
 * The published protocol: 7 days of training from `start`, 7 days of delay, the 7 days after it. From a test day those
 * customers are removed that have a fraud on a day from the start on that lies at least 8 days back: by then it is known.
 *
 * @throws DomainError `invalid_argument` when the file does not hold these days, or a part has no fraud
 */
export function publishedSplit(rows: HandbookRows, start: number): Split {
  const { days, customers, labels, firstDay, lastDay, file } = rows;
  const testStart = start + TRAIN_DAYS + DELAY_DAYS;
  const lastStart = lastDay + 1 - TRAIN_DAYS - DELAY_DAYS - TEST_DAYS;
  if (start < firstDay || start > lastStart) {
    const allowed =
      lastStart < firstDay
        ? `fewer than the ${TRAIN_DAYS + DELAY_DAYS + TEST_DAYS} that training, delay and test take`
        : `a start can be ${dayText(firstDay)} to ${dayText(lastStart)}`;
    throw new DomainError(
      "invalid_argument",
      `--start ${dayText(start)}: ${file} has the days ${dayText(firstDay)} to ${dayText(lastDay)}: ${allowed}`,
    );
  }
  const train: number[] = [];
  const frauds = new Map<number, number>();
  const test: number[] = [];
  for (let r = 0; r < days.length; r++) {
    const day = days[r]!;
    if (day < start || day >= testStart + TEST_DAYS) continue;
    if (day < start + TRAIN_DAYS) train.push(r);
    else if (day >= testStart) test.push(r);
    if (labels[r] === 1) {
      const customer = customers[r]!;
      frauds.set(customer, Math.min(day, frauds.get(customer) ?? day));
    }
  }
  const asked = test.filter(
    (r) => !((frauds.get(customers[r]!) ?? Number.POSITIVE_INFINITY) <= days[r]! - DELAY_DAYS - 1),
  );
  const split = { start, testStart, train: Int32Array.from(train), test: Int32Array.from(asked) };
  requireBoth(labels, split.train, `training days from ${dayText(start)} on`);
  requireBoth(labels, split.test, `test days from ${dayText(testStart)} on`);
  return split;
}

function requireBoth(labels: Uint8Array, rows: Int32Array, part: string): void {
  const frauds = rows.reduce((sum, r) => sum + labels[r]!, 0);
  if (frauds > 0 && frauds < rows.length) return;
  throw new DomainError(
    "invalid_argument",
    `the ${part} have ${rows.length} payments, ${frauds} of them frauds: both kinds are needed`,
  );
}

/** Payments above which a test day's customers count, for card precision. */
export const ASKED_A_DAY = 100;

/** What {@link cardPrecision} goes by; n each. */
export interface ScoredPayments {
  readonly scores: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
  readonly customers: ArrayLike<number>;
  readonly days: ArrayLike<number>;
}

/**
 * Card Precision@k as published: each day the k customers with the highest score of the day, the share of them with a
 * fraud on that day; customers found are not asked again; the mean over the days. Customers of one score are taken in the
 * order of their first payment of the day.
 */
export function cardPrecision({ scores, labels, customers, days }: ScoredPayments, k = ASKED_A_DAY): number {
  const byDay = new Map<number, Map<number, { score: number; fraud: boolean }>>();
  for (let r = 0; r < scores.length; r++) {
    const day = days[r]!;
    const asked = byDay.get(day) ?? new Map<number, { score: number; fraud: boolean }>();
    byDay.set(day, asked);
    const customer = asked.get(customers[r]!) ?? { score: Number.NEGATIVE_INFINITY, fraud: false };
    asked.set(customers[r]!, customer);
    customer.score = Math.max(customer.score, scores[r]!);
    customer.fraud ||= labels[r] === 1;
  }
  const found = new Set<number>();
  let sum = 0;
  for (const day of [...byDay.keys()].sort((a, b) => a - b)) {
    const asked = [...byDay.get(day)!]
      .filter(([customer]) => !found.has(customer))
      .sort(([, a], [, b]) => b.score - a.score)
      .slice(0, k);
    const hits = asked.filter(([, { fraud }]) => fraud);
    for (const [customer] of hits) found.add(customer);
    sum += asked.length === 0 ? 0 : hits.length / asked.length;
  }
  return sum / byDay.size;
}
