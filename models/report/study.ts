import { DomainError } from "../../platform/process/errors.ts";
import type { ModelCard, StoredModel } from "../../scorer/serving/registry.ts";
import type { DataQuality, Dataset } from "../data/dataset.ts";
import { HONEST_TEST_END, HONEST_TRAIN_END } from "../data/honest-stretches.ts";
import { metricsOf } from "../evaluate/evaluation.ts";
import { basisOf, programmeFromMetrics } from "../impact/from-metrics.ts";
import { type ImpactStudy, studyProgramme } from "../impact/study.ts";
import type { Progress } from "../learners/learner.ts";
import { honestTestRows } from "../protocol/measure-file.ts";
import { type Exploration, explore } from "./exploration.ts";
import { type HonestStudy, studyHonest } from "./honest-study.ts";
import { type ManagerFigures, managerFigures } from "./manager/figures.ts";
import { type OriginalStudy, studyOriginal } from "./original-study.ts";

/** Everything a report says, before a word of it is written. */
export interface Study {
  readonly createdAt: string;
  readonly seed: number;
  readonly card: ModelCard;
  readonly data: DataQuality & { readonly file: string; readonly sha256: string; readonly weighted: boolean };
  readonly exploration: Exploration;
  readonly original: OriginalStudy;
  readonly honest: HonestStudy;
  readonly impact: ImpactStudy;
  /** What the first page says, to somebody who decides about money and people. */
  readonly manager: ManagerFigures;
  /** What the business case counts frauds from. */
  readonly basis: string;
}

export interface StudyOptions {
  readonly seed: number;
  readonly threads: number;
  /** Other versions to compare with. */
  readonly others: readonly StoredModel[];
  /** Called when a step begins; returns how to tell of its progress. */
  readonly step: (name: string) => Progress;
  /** Bootstrap draws behind each interval of the honest protocol; default 1,000. */
  readonly draws?: number;
  /** Shuffles a column for the permutation importance; default 2. */
  readonly repeats?: number;
  readonly now?: Date;
}

/**
 * Runs the whole study: exploration, the original's notebook, the honest judgement, the business case.
 *
 * @throws DomainError `invalid_argument` when there are too few frauds to test on
 */
export async function study(data: Dataset, model: StoredModel, options: StudyOptions): Promise<Study> {
  const { seed, threads, others, step, draws = 1_000, repeats = 2 } = options;
  // Before the hard work begins.
  requireFrauds(honestTestRows(data));
  step("exploring the data");
  const exploration = explore(data);
  const { card } = model;
  const original = await studyOriginal(data, {
    seed,
    threads,
    thresholds: card.thresholds,
    progress: step("training and judging the original's models by its protocol"),
  });
  const progress = step(`judging ${model.name}@${model.version} on later time`);
  const honest = await studyHonest(data, model, {
    seed,
    others,
    day: exploration.day,
    progress,
    draws,
    repeats,
  });
  step("calculating the business impact");
  const figures = metricsOf(honest.evaluation);
  const programme = programmeFromMetrics(figures);
  return {
    createdAt: (options.now ?? new Date()).toISOString(),
    seed,
    card,
    data: { ...data.quality, file: data.file, sha256: data.sha256, weighted: data.weighted },
    exploration,
    original,
    honest,
    impact: studyProgramme(programme),
    manager: managerFigures(honest.evaluation, {
      card,
      test: honest.test,
      day: exploration.day,
      programme,
    }),
    basis: basisOf(figures),
  };
}

/** Fewer frauds than these say nothing that an interval could hold. */
const LEAST_FRAUDS = 10;

function requireFrauds({ file, labels }: Dataset): void {
  const frauds = labels.reduce((sum, label) => sum + label, 0);
  if (frauds >= LEAST_FRAUDS) return;
  throw new DomainError(
    "invalid_argument",
    `${file}: ${frauds} frauds among the test rows (${HONEST_TRAIN_END} ≤ Time < ${HONEST_TEST_END}) are too few to judge a model; at least ${LEAST_FRAUDS} are needed`,
  );
}
