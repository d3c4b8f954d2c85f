import type { ModelCard } from "../../../scorer/serving/registry.ts";
import type { StreamDay } from "../../data/dataset.ts";
import type { Interval } from "../../evaluate/bootstrap.ts";
import type { Evaluation, TestSet } from "../../evaluate/evaluation.ts";
import {
  precisionInterval,
  recallByValueInterval,
  recallInterval,
  shareInterval,
} from "../../evaluate/share-interval.ts";
import { scaledToDay } from "../../evaluate/workload.ts";
import { type Programme, programmeImpact } from "../../impact/programme.ts";
import { WALK_FORWARD } from "../../protocol/train.ts";
import { type MoneyRange, moneyRange } from "./money-range.ts";

/** So many payments looked at a day find this share of the frauds. */
export interface FoundPoint {
  readonly perDay: number;
  readonly found: Interval;
}

/** Alerts of a kind, a day, and the share of them that is fraud. */
export interface AlertGroup {
  readonly name: string;
  readonly perDay: number;
  readonly fraud: Interval;
}

/** What the page for a manager says, of the same evaluation as the rest of the report. Counts are a day's. */
export interface ManagerFigures {
  /** The quality that the card claims forward in time; undefined where it claims none. */
  readonly claim: Interval | undefined;
  /** Share of the frauds, and of their money, that the model sends to people: High and Critical. */
  readonly found: Interval;
  readonly moneyFound: Interval;
  /** Payments a day sent to people, and how many of them are of honest customers. */
  readonly looked: Interval;
  readonly honest: Interval;
  readonly curve: readonly FoundPoint[];
  /** All alerts, then Critical, High and Medium, as far as there are any. */
  readonly alerts: readonly AlertGroup[];
  readonly money: MoneyRange;
  /** What is left over a year with analysts enough for every review. */
  readonly netWithAllReviews: Interval;
}

export interface ManagerOptions {
  readonly card: Pick<ModelCard, "metrics" | "thresholds">;
  readonly test: TestSet;
  readonly day: StreamDay;
  readonly programme: Programme;
}

/** Draws the manager's figures from an evaluation and the rows that it is of. */
export function managerFigures(evaluation: Evaluation, options: ManagerOptions): ManagerFigures {
  const { card, test, day, programme } = options;
  const { medium, high } = card.thresholds;
  const found = recallInterval(test, high);
  const honest = times(honestShare(test, high), day.transactions - day.frauds);
  const looked = sumOf(times(found, day.frauds), honest);
  const { analystsNeeded } = programmeImpact(programme);
  return {
    claim: claimOf(card),
    found,
    moneyFound: recallByValueInterval(test, high, test.amounts),
    looked,
    honest,
    curve: foundCurve(evaluation, test, day, CURVE_REACH * looked.value),
    alerts: alertGroups(evaluation, test, day, medium),
    money: moneyRange(evaluation, { test, medium, base: programme }),
    netWithAllReviews: moneyRange(evaluation, {
      test,
      medium,
      base: { ...programme, analysts: analystsNeeded },
    }).net,
  };
}

/** How far the curve is drawn, as a multiple of what is looked at today. */
const CURVE_REACH = 2.5;

function claimOf({ metrics }: ManagerOptions["card"]): Interval | undefined {
  const claim = metrics.find(({ name, protocol }) => name === "auprc" && protocol === WALK_FORWARD);
  if (claim?.low === undefined || claim.high === undefined) return undefined;
  return { value: claim.value, low: claim.low, high: claim.high };
}

/** Share of the honest payments from a score up. */
function honestShare(test: TestSet, threshold: number): Interval {
  const { scores, labels } = test;
  return shareInterval(test, {
    for: (row) => labels[row] !== 1 && scores[row]! >= threshold,
    against: (row) => labels[row] !== 1 && scores[row]! < threshold,
    classes: [0, 0],
  });
}

function foundCurve({ curve }: Evaluation, test: TestSet, day: StreamDay, reach: number): FoundPoint[] {
  const points: FoundPoint[] = [];
  for (const { threshold, recall, falsePositiveRate } of curve) {
    const perDay = recall * day.frauds + falsePositiveRate * (day.transactions - day.frauds);
    if (perDay > reach) break;
    points.push({ perDay, found: { ...recallInterval(test, threshold), value: recall } });
  }
  return points;
}

function alertGroups(evaluation: Evaluation, test: TestSet, day: StreamDay, medium: number): AlertGroup[] {
  const scaled = scaledToDay(test, day);
  const tiers = (evaluation.perDay?.tiers ?? []).slice(1).reverse();
  const perDay = tiers.reduce((sum, tier) => sum + tier.transactions, 0);
  return [
    { name: "All alerts", perDay, fraud: precisionInterval(scaled, medium) },
    ...tiers.map(({ tier, transactions, fraudRateInterval: fraud }) => ({
      name: tier,
      perDay: transactions,
      fraud,
    })),
  ].filter((group) => group.perDay > 0);
}

function times({ value, low, high }: Interval, factor: number): Interval {
  return { value: factor * value, low: factor * low, high: factor * high };
}

/** A sum of two independent figures, its ends by their distances (MOVER: Zou & Donner 2008). */
function sumOf(a: Interval, b: Interval): Interval {
  const value = a.value + b.value;
  return {
    value,
    low: value - Math.hypot(a.value - a.low, b.value - b.low),
    high: value + Math.hypot(a.high - a.value, b.high - b.value),
  };
}
