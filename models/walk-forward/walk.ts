import { DomainError } from "../../platform/process/errors.ts";
import { averagePrecision } from "../evaluate/ranking.ts";
import { runTasks } from "../learners/worker-pool.ts";
import { type Scored, simplestWithinOneError } from "./choose.ts";
import { isEligible, type WalkRows } from "./field.ts";
import { fitWindow, type WalkSetup, type WalkTask } from "./fit-window.ts";
import { apart, type Window, windowsOf } from "./windows.ts";

export interface WalkOptions {
  /** Of the rows' field, simplest first. */
  readonly names: readonly string[];
  /** Fits of each, by the seeds 1, 2, …; a figure is the mean of theirs. */
  readonly seeds: number;
  readonly threads: number;
  /** How late labels come, seconds. */
  readonly labelDelay: number;
  /** Called after each fit. */
  readonly done?: ((finished: number, of: number) => void) | undefined;
}

/** A candidate on every window. */
export interface Walked extends Scored {
  /** Raw scores of every window's rows, in the order of its rows, by each seed. */
  readonly raw: readonly (readonly Float64Array[])[];
}

/** A walk forward and who won it. */
export interface Walk {
  readonly windows: readonly Window[];
  readonly walked: readonly Walked[];
  readonly chosen: Walked;
}

/**
 * Walks forward through the rows: every candidate is fitted on what lies before a window and judged on it (AUPRC, rows
 * weighted), a figure being the mean over seeds; of those that may be chosen, the simplest within one standard error of the best of
 * them is. The result
 * depends on rows and options but for `threads`.
 *
 * @throws DomainError `invalid_argument` when there are too few frauds
 */
export async function walkForward(
  rows: WalkRows,
  { names, seeds, threads, labelDelay, done }: WalkOptions,
): Promise<Walk> {
  if (!names.some((name) => isEligible(rows.field, name))) {
    throw new DomainError(
      "invalid_argument",
      `none of ${names.join(", ")} can be chosen: they were put together while test rows were looked at, and are rivals alone`,
    );
  }
  const windows = windowsOf(rows, labelDelay);
  const walked = await judgeOn(rows, windows, { names, seeds, threads, done });
  const chosen = simplestWithinOneError(
    walked.filter(({ name }) => isEligible(rows.field, name)),
    apart(windows).length,
  );
  return { windows, walked, chosen };
}

/**
 * Each candidate on each window, fitted on what the window may know: what one fit brings, whichever seed it has.
 *
 * @throws DomainError `invalid_argument` as learners do
 */
export async function judgeOn(
  rows: WalkRows,
  windows: readonly Window[],
  { names, seeds, threads, done }: Omit<WalkOptions, "labelDelay">,
): Promise<Walked[]> {
  const tasks: WalkTask[] = names.flatMap((candidate) =>
    windows.flatMap((_, window) =>
      Array.from({ length: seeds }, (__, s) => ({ candidate, window, seed: s + 1 })),
    ),
  );
  const scores = await fitAll(rows, windows, tasks, threads, (finished) => done?.(finished, tasks.length));
  return names.map((name, c): Walked => {
    const raw = windows.map((_, w) => {
      const from = (c * windows.length + w) * seeds;
      return scores.slice(from, from + seeds);
    });
    return { name, raw, windows: windows.map((window, w) => meanPrecision(rows, window, raw[w]!)) };
  });
}

/** Raw scores of every task, in their order: by workers that know the rows' field, else one after the other here. */
async function fitAll(
  { field, ...rows }: WalkRows,
  windows: readonly Window[],
  tasks: readonly WalkTask[],
  threads: number,
  done: (finished: number) => void,
): Promise<Float64Array[]> {
  const setup: WalkSetup = { rows, windows };
  if (field.worker) {
    return await runTasks<WalkSetup, WalkTask, Float64Array>(field.worker, setup, tasks, threads, done);
  }
  const scores: Float64Array[] = [];
  for (const task of tasks) {
    scores.push(await fitWindow(setup, field, task));
    done(scores.length);
  }
  return scores;
}

function meanPrecision(rows: WalkRows, window: Window, seeds: readonly Float64Array[]): number {
  return seeds.reduce((sum, scores) => sum + precision(rows, window, scores), 0) / seeds.length;
}

function precision({ labels, weights }: WalkRows, { judged }: Window, scores: Float64Array): number {
  return averagePrecision({
    scores,
    labels: Uint8Array.from(judged, (r) => labels[r]!),
    weights: Float64Array.from(judged, (r) => weights[r]!),
  });
}
