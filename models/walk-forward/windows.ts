import { DomainError } from "../../platform/process/errors.ts";
import type { TrainingSet } from "../learners/learner.ts";
import { spanOf } from "./span.ts";

/** A window of time to judge on, and what may be known when it begins. */
export interface Window {
  /** Rows whose labels have come before the window begins. */
  readonly train: Uint32Array;
  /** Rows from `start` to before `end`. */
  readonly judged: Uint32Array;
  /** Seconds, as the times of the rows. */
  readonly start: number;
  readonly end: number;
  readonly frauds: number;
}

/** Rows before the first window hold this share of the frauds: something to learn from. */
const FIRST_SHARE = 0.4;
/** A model of fewer than half of the frauds is worse than the one of all that is served, and says too little of it. */
export const CLAIM_FIRST_SHARE = 0.5;
/** Fewer frauds than this in a window say next to nothing. */
const LEAST_FRAUDS = 10;
/** So many frauds steady a window's figure more than another window would steady the mean. */
const FRAUDS_WANTED = 30;
const LEAST_WINDOWS = 3;
const MOST_WINDOWS = 10;
/** One begins when a third of the one before has gone by: what a mean says hangs less on where the cuts happen to lie. */
const STEPS = 3;

/**
 * Cuts time into windows, each fitted on what lies before it: as many frauds in each as can be, so that each says as much,
 * and as many windows side by side as the frauds are enough for; they overlap by two thirds. Rows of one time stay together.
 *
 * @param delay how late labels come, seconds: training rows end so long before their window begins
 * @param firstShare of the frauds, before the first window
 * @throws DomainError `invalid_argument` when there are too few frauds, with what can still be said
 */
export function windowsOf(
  { times, labels }: Pick<TrainingSet, "times" | "labels">,
  delay: number,
  firstShare = FIRST_SHARE,
): Window[] {
  const frauds = times.filter((_, r) => labels[r] === 1).sort();
  const judged = Math.floor((1 - firstShare) * frauds.length);
  const first = frauds.length - judged;
  if (judged < LEAST_WINDOWS * LEAST_FRAUDS) {
    throw tooFew(`${frauds.length} frauds, the last ${judged} of them to judge on`, frauds.length);
  }
  const count = Math.min(MOST_WINDOWS, Math.max(LEAST_WINDOWS, Math.floor(judged / FRAUDS_WANTED)));
  const cuts = Array.from(
    { length: count * STEPS },
    (_, c) => frauds[first + Math.floor((c * judged) / (count * STEPS))] as number,
  );
  const rows = Uint32Array.from(times.keys());
  const starts = [...new Set(cuts)];
  const windows = starts.slice(0, Math.max(1, starts.length - STEPS + 1)).map((start, w) => {
    const end = starts[w + STEPS] ?? Number.POSITIVE_INFINITY;
    const within = rows.filter((r) => times[r]! >= start && times[r]! < end);
    return {
      train: rows.filter((r) => times[r]! < start - delay),
      judged: within,
      start,
      end,
      frauds: fraudsOf(within, labels),
    };
  });
  const usable = windows.filter(
    ({ train, judged: within, frauds: own }) =>
      fraudsOf(train, labels) >= LEAST_FRAUDS &&
      fraudsOf(train, labels) < train.length &&
      own > 0 &&
      own < within.length,
  );
  if (apart(usable).length < LEAST_WINDOWS) {
    throw tooFew(
      `${apart(usable).length} windows of time with frauds in and before them, labels coming ${spanOf(delay)} late`,
      frauds.length,
    );
  }
  return usable;
}

/** Where the windows are that lie side by side: each begins when the one before has ended. No row is in two of them. */
export function apart(windows: readonly Pick<Window, "start" | "end">[]): number[] {
  let ended = Number.NEGATIVE_INFINITY;
  return windows.flatMap(({ start, end }, w) => {
    if (start < ended) return [];
    ended = end;
    return [w];
  });
}

function fraudsOf(rows: Uint32Array, labels: Uint8Array): number {
  return rows.reduce((sum, r) => sum + Number(labels[r] === 1), 0);
}

function tooFew(what: string, frauds: number): DomainError {
  const chance = Math.round(98 / Math.sqrt(Math.max(1, frauds)));
  return new DomainError(
    "invalid_argument",
    `too few frauds to choose a model by: ${what}; ${LEAST_WINDOWS} windows with some ${LEAST_FRAUDS} frauds each are wanted. ` +
      `What can still be said: a model of a kind decided beforehand can be trained (npm run train), and a share of these frauds, ` +
      `such as recall, is known to about ±${Math.min(100, chance)} points in a hundred; which of two kinds is better is not`,
  );
}
