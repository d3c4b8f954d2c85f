import { WATCH_LIMITS, type WatchColumn, type WatchSide, type WatchState } from "../../domain/watch.ts";
import { categoryDriftOf, driftOf } from "../../platform/math/drift.ts";
import { chiSquareP, falseDiscoveryRates, kolmogorovSmirnovP } from "../../platform/math/two-sample.ts";
import type { Sample } from "./sample.ts";

/** Values that are named one by one; all others are one. */
const NAMED = 20;
/** Rarer ones on both sides are not named: a card or a customer is no kind of payment. */
const LEAST_NAMED = 0.005;
/** Shown of each side. */
const SHOWN = 4;
const OTHERS = "others";

/** A column before the others are known, whose number decides what is sure. */
interface Found extends Omit<WatchColumn, "rate" | "missingRate" | "state" | "words"> {
  readonly p: number;
  readonly missingP: number;
}

/**
 * Holds every column of two samples against each other: how far the values moved, how much more is missing, and whether
 * chance does as much among so many columns.
 *
 * @returns those that need somebody first
 */
export function judgeColumns(now: Sample, before: Sample): WatchColumn[] {
  const found: Found[] = [numbers("score", "score", now.scores, before.scores)];
  for (const [name, values] of now.inputs)
    found.push(numbers(name, "input", values, before.inputs.get(name) ?? []));
  for (const name of new Set([...before.fields.keys(), ...now.fields.keys()])) {
    const nothing = (sample: Sample) => Array.from({ length: sample.payments }, () => null);
    found.push(
      categories(name, now.fields.get(name) ?? nothing(now), before.fields.get(name) ?? nothing(before)),
    );
  }
  const rates = falseDiscoveryRates(found.flatMap(({ p, missingP }) => [p, missingP]));
  return found
    .map(({ p: _p, missingP: _missingP, ...column }, i): WatchColumn => {
      const sure = { rate: rates[2 * i]!, missingRate: rates[2 * i + 1]! };
      return { ...column, ...sure, ...verdictOn({ ...column, ...sure }) };
    })
    .sort((a, b) => RANK[b.state] - RANK[a.state] || b.psi - a.psi);
}

const RANK: Readonly<Record<WatchState, number>> = { broken: 4, moved: 3, watch: 2, unsure: 1, steady: 0 };

const percent = (share: number): string =>
  `${(100 * share).toLocaleString("en", { maximumFractionDigits: share < 0.01 ? 2 : 1 })} %`;

function verdictOn(column: Omit<WatchColumn, "state" | "words">): Pick<WatchColumn, "state" | "words"> {
  const { now, before, psi, rate, missingRate } = column;
  const { sure, psi: limits, missing, payments } = WATCH_LIMITS;
  if (Math.min(now.payments, before.payments) < payments) {
    return { state: "unsure", words: `fewer than ${payments} payments to compare` };
  }
  if (now.missing === 1 && before.missing === 1) return { state: "steady", words: "nobody sends it" };
  if (now.missing - before.missing >= missing && missingRate <= sure) {
    const words = `missing in ${percent(now.missing)} of payments, before in ${percent(before.missing)}`;
    return { state: now.missing === 1 ? "broken" : "moved", words };
  }
  if (isConstant(now) && !isConstant(before)) {
    return { state: "broken", words: `always ${constantOf(now)} now` };
  }
  const values = (side: WatchSide): number => side.payments * (1 - side.missing);
  if (Math.min(values(now), values(before)) < payments) {
    return { state: "unsure", words: `fewer than ${payments} values to compare` };
  }
  const size = psi >= limits.moved ? "moved" : psi >= limits.watch ? "watch" : undefined;
  if (size === undefined) return { state: "steady", words: "as before" };
  if (rate > sure) return { state: "unsure", words: "chance does as much among so many columns" };
  return { state: size, words: movedWords(now, before) };
}

function isConstant({ quantiles, top, payments, missing }: WatchSide): boolean {
  if (payments * (1 - missing) < WATCH_LIMITS.payments) return false;
  if (quantiles) return quantiles[0] === quantiles[2];
  return top?.[0]?.share === 1;
}

const constantOf = ({ quantiles, top }: WatchSide): string =>
  quantiles ? number(quantiles[1]) : (top?.[0]?.value ?? "");

const number = (value: number): string => value.toLocaleString("en", { maximumSignificantDigits: 4 });

function movedWords(now: WatchSide, before: WatchSide): string {
  if (now.quantiles && before.quantiles) {
    const [[low, median, high], [lowBefore, medianBefore, highBefore]] = [now.quantiles, before.quantiles];
    return (
      `median ${number(median)}, before ${number(medianBefore)}; ` +
      `nine in ten from ${number(low)} to ${number(high)}, before ${number(lowBefore)} to ${number(highBefore)}`
    );
  }
  const shareIn = (side: WatchSide, value: string): number =>
    side.top?.find((each) => each.value === value)?.share ?? 0;
  const values = [...new Set([...(now.top ?? []), ...(before.top ?? [])].map(({ value }) => value))];
  const most = values.reduce(
    (a, b) =>
      Math.abs(shareIn(now, b) - shareIn(before, b)) > Math.abs(shareIn(now, a) - shareIn(before, a)) ? b : a,
    values[0] ?? "",
  );
  return `${most}: ${percent(shareIn(now, most))}, before ${percent(shareIn(before, most))}`;
}

function numbers(
  name: string,
  kind: WatchColumn["kind"],
  now: readonly (number | null)[],
  before: readonly (number | null)[],
): Found {
  const there = (values: readonly (number | null)[]): number[] =>
    values.filter((value): value is number => value !== null && Number.isFinite(value));
  const [a, b] = [there(now), there(before)];
  const known = a.length > 0 && b.length > 0;
  const { psi, ks } = known ? driftOf(name, { values: b }, { values: a }) : { psi: 0, ks: 0 };
  return {
    ...{ name, kind, psi, distance: ks },
    now: { ...sideOf(now.length, a.length), ...quantilesOf(a) },
    before: { ...sideOf(before.length, b.length), ...quantilesOf(b) },
    p: known ? kolmogorovSmirnovP(ks, a.length, b.length) : 1,
    missingP: missingTest(now.length, a.length, before.length, b.length),
  };
}

function categories(
  name: string,
  now: readonly (string | null)[],
  before: readonly (string | null)[],
): Found {
  const countOf = (values: readonly (string | null)[]): Map<string, number> => {
    const counts = new Map<string, number>();
    for (const value of values) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
    return counts;
  };
  const [a, b] = [countOf(now), countOf(before)];
  const total = (counts: Map<string, number>): number => [...counts.values()].reduce((x, y) => x + y, 0);
  const [n, m] = [total(a), total(b)];
  const names = [...new Set([...b.keys(), ...a.keys()])]
    .sort((x, y) => (b.get(y) ?? 0) + (a.get(y) ?? 0) - (b.get(x) ?? 0) - (a.get(x) ?? 0))
    .filter((value) => (a.get(value) ?? 0) >= LEAST_NAMED * n || (b.get(value) ?? 0) >= LEAST_NAMED * m)
    .slice(0, NAMED);
  const row = (counts: Map<string, number>, all: number): number[] => {
    const each = names.map((value) => counts.get(value) ?? 0);
    return [...each, all - each.reduce((x, y) => x + y, 0)];
  };
  const [countsA, countsB] = [row(a, n), row(b, m)];
  const shares = (counts: readonly number[], all: number): number[] =>
    counts.map((count) => (all ? count / all : 0));
  const known = n > 0 && m > 0;
  const { psi, ks } = known
    ? categoryDriftOf(name, shares(countsB, m), shares(countsA, n))
    : { psi: 0, ks: 0 };
  const top = (counts: readonly number[], all: number): WatchSide["top"] =>
    counts
      .map((count, i) => ({ value: names[i] ?? OTHERS, share: all ? count / all : 0 }))
      .filter(({ share }) => share > 0)
      .sort((x, y) => y.share - x.share)
      .slice(0, SHOWN);
  return {
    ...{ name, kind: "field", psi, distance: ks },
    now: { ...sideOf(now.length, n), top: top(countsA, n) },
    before: { ...sideOf(before.length, m), top: top(countsB, m) },
    p: known ? chiSquareP(countsA, countsB) : 1,
    missingP: missingTest(now.length, n, before.length, m),
  };
}

const missingTest = (now: number, nowThere: number, before: number, beforeThere: number): number =>
  chiSquareP([now - nowThere, nowThere], [before - beforeThere, beforeThere]);

function sideOf(payments: number, there: number): WatchSide {
  return { payments, missing: payments === 0 ? 0 : 1 - there / payments, quantiles: null, top: null };
}

function quantilesOf(values: readonly number[]): Pick<WatchSide, "quantiles"> {
  if (values.length === 0) return { quantiles: null };
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))]!;
  return { quantiles: [at(0.05), at(0.5), at(0.95)] };
}
