import type { ScoreBin, ScoreState, Scores, Span } from "../../domain/analytics.ts";
import { WATCH_LIMITS } from "../../domain/watch.ts";
import { driftOf } from "../../platform/math/drift.ts";
import { kolmogorovSmirnovP } from "../../platform/math/two-sample.ts";
import { medianOf } from "./shares.ts";

const BINS = 20;

/**
 * The distribution of scores, held against that of the range before.
 *
 * @param span of the range before; null where nothing of it is kept
 */
export function compareScores(now: readonly number[], before: readonly number[], span: Span | null): Scores {
  const known = now.length > 0 && before.length > 0;
  const { psi, ks } = known ? driftOf("score", { values: before }, { values: now }) : { psi: null, ks: 0 };
  const [median, medianBefore] = [medianOf(now), medianOf(before)];
  const verdict = judge({
    ...{ psi, median, medianBefore, kept: span !== null },
    least: Math.min(now.length, before.length),
    chance: known ? kolmogorovSmirnovP(ks, now.length, before.length) : 1,
  });
  return {
    ...{ drawn: now.length, drawnBefore: before.length, before: span, median, medianBefore, psi },
    bins: binsOf(now, before),
    ...verdict,
  };
}

function binsOf(now: readonly number[], before: readonly number[]): ScoreBin[] {
  const count = (scores: readonly number[]): number[] => {
    const counts = Array.from({ length: BINS }, () => 0);
    for (const score of scores) counts[Math.min(BINS - 1, Math.floor(score * BINS))]! += 1;
    return counts;
  };
  const [a, b] = [count(now), count(before)];
  return a.map((each, i) => ({ low: i / BINS, high: (i + 1) / BINS, now: each, before: b[i]! }));
}

interface Compared {
  readonly psi: number | null;
  readonly median: number | null;
  readonly medianBefore: number | null;
  readonly kept: boolean;
  /** Payments of the smaller side. */
  readonly least: number;
  /** How often chance alone does as much. */
  readonly chance: number;
}

function judge({ psi, median, medianBefore, kept, least, chance }: Compared): {
  state: ScoreState;
  words: string;
} {
  if (!kept) {
    return {
      state: "alone",
      words: "Nothing to compare with: minutes of the range before are no longer kept.",
    };
  }
  const { psi: limits, payments, sure } = WATCH_LIMITS;
  if (psi === null || least < payments) {
    const words = `Too few payments to compare: it takes ${payments} of this range and of the one before.`;
    return { state: "unsure", words };
  }
  if (psi < limits.watch) return { state: "steady", words: "Scores are as in the range before." };
  if (chance > sure) {
    return { state: "unsure", words: "Scores differ from the range before no more than chance does." };
  }
  const middle = `The median is ${score(median)}, before ${score(medianBefore)}.`;
  return psi < limits.moved
    ? { state: "watch", words: `Scores moved a little against the range before. ${middle}` }
    : { state: "moved", words: `Scores moved against the range before. ${middle}` };
}

const score = (value: number | null): string =>
  (value ?? 0).toLocaleString("en", { maximumSignificantDigits: 3 });
