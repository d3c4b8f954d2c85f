import { DomainError } from "../../platform/process/errors.ts";
import type { Matrix } from "../features/matrix.ts";
import { takeRows } from "../features/matrix.ts";
import type { Progress } from "../learners/learner.ts";
import { runTasks } from "../learners/worker-pool.ts";
import { BEST, type Candidate, LEGITIMATE_ONE_IN, spanOf, trainingRows } from "./best.ts";
import { dayText, readDay } from "./calendar.ts";
import type { FeaturesTask } from "./features-task.ts";
import type { FeaturesAnswer } from "./features-worker.ts";
import { type PublishedLearner, publishedLearners } from "./learners.ts";
import { publishedSplit, type Split } from "./protocol.ts";
import { type HandbookRows, readHandbookRows } from "./rows.ts";
import {
  type FeaturesFrom,
  type Figures,
  fitAndJudge,
  standardised,
  thinned,
  trainingSet,
} from "./training.ts";

/** What the command prints. */
export interface HandbookReport {
  /** The first training day. */
  readonly start: string;
  /** Of the published protocol; `best` may train on more days. */
  readonly train_rows: number;
  readonly train_frauds: number;
  readonly test_rows: number;
  readonly test_frauds: number;
  readonly models: Readonly<Partial<Record<PublishedLearner | "best", Figures>>>;
}

export interface HandbookOptions {
  readonly start: string;
  readonly models: readonly (PublishedLearner | "best")[];
  readonly threads: number;
  readonly seed: number;
  /** A part of the work with its name, how far it is. */
  readonly progress?: (part: string) => Progress;
}

/**
 * Schema, features, training and test by the published protocol.
 *
 * @throws DomainError `invalid_argument` for a start that the file does not allow, and for a broken file
 */
export async function runHandbook(
  path: string,
  { start, models, threads, seed, progress }: HandbookOptions,
): Promise<HandbookReport> {
  const day = readDay(start);
  const rows = await readHandbookRows(path);
  const split = publishedSplit(rows, day);
  const published = models.filter((name) => name !== "best");
  const bestSpan = spanOf(BEST, rows, day);
  const tasks: FeaturesTask[] = [];
  if (published.length > 0) tasks.push({ path, schema: "published", ...range(rows, day, split) });
  if (models.includes("best"))
    tasks.push({ path, schema: BEST.features, ...range(rows, bestSpan[0], split) });
  const made = await featuresOf(tasks, threads, progress?.("features"));
  const figures: Partial<Record<PublishedLearner | "best", Figures>> = {};
  for (const name of published) {
    figures[name] = await judgePublished(
      name,
      rows,
      split,
      { from: tasks[0]!.from, matrix: made[0]! },
      {
        seed,
        threads,
        ...(progress && { progress: progress(name) }),
      },
    );
  }
  if (models.includes("best")) {
    const features = { from: tasks.at(-1)!.from, matrix: made.at(-1)! };
    figures.best = await judgeCandidate(BEST, rows, split, features, {
      seed,
      threads,
      ...(progress && { progress: progress("best") }),
    });
  }
  const frauds = (of: Int32Array) => of.reduce((sum, r) => sum + rows.labels[r]!, 0);
  return {
    start: dayText(day),
    train_rows: split.train.length,
    train_frauds: frauds(split.train),
    test_rows: split.test.length,
    test_frauds: frauds(split.test),
    models: figures,
  };
}

interface Fit {
  readonly seed: number;
  readonly threads: number;
  readonly progress?: Progress;
}

async function judgePublished(
  name: PublishedLearner,
  rows: HandbookRows,
  split: Split,
  features: FeaturesFrom,
  fit: Fit,
): Promise<Figures> {
  const set = trainingSet(rows, features, split.train);
  const test = takeRows(
    features.matrix,
    split.test.map((r) => r - features.from),
  );
  const given = name === "logistic" ? standardised(set, test) : { set, test };
  return fitAndJudge(publishedLearners[name](), given.set, given.test, rows, split, fit);
}

/** Trains a candidate on the days that it asks for, and judges it. @param features its own columns */
export async function judgeCandidate(
  candidate: Candidate,
  rows: HandbookRows,
  split: Split,
  features: FeaturesFrom,
  fit: Fit,
): Promise<Figures> {
  const chosen = trainingRows(rows, spanOf(candidate, rows, split.start), candidate.asAsked);
  const set = trainingSet(rows, features, chosen);
  const given = candidate.span === "all" ? thinned(set, LEGITIMATE_ONE_IN, fit.seed) : set;
  const test = takeRows(
    features.matrix,
    split.test.map((r) => r - features.from),
  );
  return fitAndJudge(candidate.learner(), given, test, rows, split, fit);
}

/** From the first row of a day on to the last of the test days, in the file's order. */
function range({ days }: HandbookRows, firstDay: number, { test }: Split): { from: number; to: number } {
  const from = days.findIndex((day) => day >= firstDay);
  return { from, to: test.reduce((most, r) => Math.max(most, r), 0) + 1 };
}

/**
 * Matrices of the tasks, each on a thread of its own.
 *
 * @throws DomainError `invalid_argument` for a row that a schema refuses
 */
export async function featuresOf(
  tasks: readonly FeaturesTask[],
  threads: number,
  progress?: Progress,
): Promise<Matrix[]> {
  const module = new URL(
    import.meta.url.endsWith(".ts") ? "./features-worker.ts" : "./features-worker.js",
    import.meta.url,
  );
  progress?.(0, tasks.length, "schemas");
  const answers = await runTasks<undefined, FeaturesTask, FeaturesAnswer>(
    module,
    undefined,
    tasks,
    threads,
    (done) => progress?.(done, tasks.length, "schemas"),
  );
  return answers.map((answer) => {
    if ("refused" in answer) throw new DomainError("invalid_argument", answer.refused);
    return answer.matrix;
  });
}
