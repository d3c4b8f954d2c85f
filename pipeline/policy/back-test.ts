import type { Kysely } from "kysely";
import { unitsOf } from "../../domain/money.ts";
import type { PolicyDecision } from "../../domain/policy/decide.ts";
import type { RiskTier } from "../../domain/tiers.ts";
import type { Label } from "../../domain/verdicts.ts";
import { readAllRates } from "../store/exchange-rates.ts";
import type { Database } from "../store/schema.ts";
import {
  DIFFERENCES,
  type Difference,
  differencesOf,
  type Figure,
  type Group,
  GroupSum,
  goesByTruth,
  isFraud,
  isIn,
  OutcomeSum,
  type PolicyOutcome,
} from "./back-test-figures.ts";
import { type Compared, compare, type Policies } from "./back-test-rows.ts";

/** A back-test's whole result. */
export interface BackTest {
  readonly since: string;
  readonly until: string;
  readonly decisions: number;
  /** Days that the decisions lie in, at least one hour: what `reviews a day` divides by. */
  readonly days: number;
  /** Decisions whose truth is known: by a label, or by the simulation that made the payment. */
  readonly labelled: number;
  readonly simulated: number;
  readonly frauds: number;
  /**
   * Decisions for which a rule of either policy could not be told, because what the model read was not kept: the rule did
   * nothing. Left out by earlier versions.
   */
  readonly notKnown?: number;
  /** By today's policy, and by the one that is tried. Both are run by the same engine, with the lists as they are now. */
  readonly today: PolicyOutcome;
  readonly tried: PolicyOutcome;
  readonly differences: Readonly<Record<Difference, Group>>;
}

/** A payment behind a figure, and what the two policies make of it. */
export interface PaymentBehind {
  readonly seq: number;
  readonly transactionId: string;
  readonly decidedAt: Date;
  readonly amount: number;
  readonly currency: string;
  readonly probability: number;
  readonly tier: RiskTier;
  readonly today: PolicyDecision;
  readonly tried: PolicyDecision;
  readonly label: Label | null;
}

/** Which payments of a back-test: where the two policies differ, or what counts in a figure of one of them. */
export type Which = { readonly difference: Difference } | { readonly figure: Figure; readonly by: Side };

/** Whose figure: today's policy, or the one that is tried. */
export const SIDES = ["today", "tried"] as const;
export type Side = (typeof SIDES)[number];

export interface BackTestOptions extends Policies {
  /** Told how many decisions were looked at; throws to stop. */
  readonly progress?: (lookedAt: number) => Promise<void>;
}

/**
 * Decides the stored decisions of a span again, by today's policy and by another, and compares. One pass, oldest first, in
 * bounded memory. A rule that reads what the store did not keep does nothing, and is counted.
 *
 * @throws PolicyError when one of the policies cannot be read; the database's error
 */
export async function backTest(db: Kysely<Database>, options: BackTestOptions): Promise<BackTest> {
  const { since, until, progress } = options;
  const rates = await readAllRates(db);
  const sums = { decisions: 0, labelled: 0, simulated: 0, frauds: 0, notKnown: 0 };
  const outcomes = {
    today: new OutcomeSum(options.today.version, rates),
    tried: new OutcomeSum(options.tried.version, rates),
  };
  const differences = new Map(DIFFERENCES.map((difference) => [difference, new GroupSum(rates)]));
  let first: Date | undefined;
  let last = since;
  for await (const rows of compare(db, options)) {
    for (const { row, today, tried } of rows) {
      first ??= row.decidedAt;
      last = row.decidedAt;
      sums.decisions++;
      if (row.label !== null) sums.labelled++;
      else if (row.truth !== null) sums.simulated++;
      if (isFraud(row)) sums.frauds++;
      if (today.notKnown.size + tried.notKnown.size > 0) sums.notKnown++;
      outcomes.today.add(row, today);
      outcomes.tried.add(row, tried);
      for (const difference of differencesOf(row, today.decision, tried.decision))
        differences.get(difference)?.add(row);
    }
    await progress?.(sums.decisions);
  }
  const spanMs = Math.max(3_600_000, last.getTime() - (first ?? since).getTime());
  return {
    since: since.toISOString(),
    until: until.toISOString(),
    ...sums,
    days: spanMs / 86_400_000,
    today: outcomes.today.outcome(),
    tried: outcomes.tried.outcome(),
    differences: Object.fromEntries(
      DIFFERENCES.map((difference) => [difference, (differences.get(difference) as GroupSum).group()]),
    ) as Record<Difference, Group>,
  };
}

/**
 * The payments behind a figure of {@link backTest}, oldest first. Where a figure goes by the truth, payments whose truth only
 * a simulation knows are left out: a list of them would answer the question that is put to people (pipeline/store/
 * decision-list.ts).
 *
 * @param after only those behind this seq
 */
export async function paymentsBehind(
  db: Kysely<Database>,
  options: Policies,
  which: Which,
  { after = 0, limit = 50 }: { readonly after?: number; readonly limit?: number } = {},
): Promise<PaymentBehind[]> {
  const found: PaymentBehind[] = [];
  const byTruth = goesByTruth("figure" in which ? which.figure : which.difference);
  for await (const rows of compare(db, options)) {
    for (const compared of rows) {
      const { row, today, tried } = compared;
      if (row.seq <= after || !counts(which, compared)) continue;
      if (byTruth && row.label === null && row.truth !== null) continue;
      const { seq, transactionId, decidedAt, currency, probability, tier } = row;
      const amount = unitsOf(row.amountMinor, currency);
      const what = { seq, transactionId, decidedAt, amount, currency, probability, tier };
      found.push({ ...what, today: today.decision, tried: tried.decision, label: row.label });
      if (found.length >= limit) return found;
    }
  }
  return found;
}

function counts(which: Which, { row, today, tried }: Compared): boolean {
  if ("difference" in which)
    return differencesOf(row, today.decision, tried.decision).includes(which.difference);
  return isIn(which.figure, row, (which.by === "today" ? today : tried).decision);
}
