import type { ModelCard } from "../../scorer/serving/registry.ts";
import type { Dataset } from "../data/dataset.ts";
import { type Evaluation, evaluate } from "../evaluate/evaluation.ts";
import { type OriginalImpact, originalImpact } from "../impact/original-calculator.ts";
import { randomForest } from "../learners/forest.ts";
import { type Learner, type Progress, uncalibrated } from "../learners/learner.ts";
import { logisticRegression } from "../learners/logistic.ts";
import { ORIGINAL, prepareOriginal } from "../protocol/original.ts";
import { published } from "./published.ts";

/** A feature with how much of the trees' gain it brought. */
export interface FeatureGain {
  readonly feature: string;
  readonly gain: number;
}

/** The original's notebook, run again here. */
export interface OriginalStudy {
  readonly before: { readonly legitimate: number; readonly frauds: number };
  readonly after: { readonly legitimate: number; readonly frauds: number; readonly synthetic: number };
  readonly trainRows: number;
  readonly testRows: number;
  /** Test rows that SMOTE made. */
  readonly syntheticTestRows: number;
  readonly forest: Evaluation;
  readonly forestSeconds: number;
  readonly logistic: Evaluation;
  readonly importance: readonly FeatureGain[];
  /** The original's calculator on the published confusion matrix, and on the one reproduced here. */
  readonly publishedImpact: OriginalImpact;
  readonly reproducedImpact: OriginalImpact;
}

export interface OriginalStudyOptions {
  readonly thresholds: ModelCard["thresholds"];
  readonly seed: number;
  readonly threads: number;
  readonly progress?: Progress;
}

/** Trains and judges the original's two models by the original's protocol. */
export async function studyOriginal(data: Dataset, options: OriginalStudyOptions): Promise<OriginalStudy> {
  const { seed, threads, progress, thresholds } = options;
  const prepared = prepareOriginal(data, seed);
  const { trainSet, testFeatures, testLabels, testRows } = prepared;
  const amounts = Float64Array.from(testRows, (row) => (row < 0 ? 0 : data.amounts[row]!));
  const judge = async (learner: Learner) => {
    const started = performance.now();
    const model = await learner.fit(trainSet, { seed, threads, ...(progress && { progress }) });
    const seconds = (performance.now() - started) / 1000;
    const scores = uncalibrated(model.link, model.predict(testFeatures));
    const test = { scores, labels: testLabels, protocol: ORIGINAL, amounts };
    return { model, seconds, evaluation: evaluate(test, { thresholds, seed, draws: 200 }) };
  };
  const forest = await judge(randomForest());
  const logistic = await judge(logisticRegression());
  const gains = forest.model.importance ?? new Float64Array(prepared.features.length);
  const { truePositives, falsePositives } = forest.evaluation.atThreshold;
  const { frauds } = data.quality;
  const count = (labels: Uint8Array, label: number): number => labels.filter((x) => x === label).length;
  const afterFrauds = count(trainSet.labels, 1) + count(testLabels, 1);
  return {
    before: { legitimate: data.rows - frauds, frauds },
    after: {
      legitimate: count(trainSet.labels, 0) + count(testLabels, 0),
      frauds: afterFrauds,
      synthetic: afterFrauds - frauds,
    },
    trainRows: trainSet.labels.length,
    testRows: testLabels.length,
    syntheticTestRows: testRows.filter((row) => row < 0).length,
    forest: forest.evaluation,
    forestSeconds: forest.seconds,
    logistic: logistic.evaluation,
    importance: prepared.features
      .map((feature, i) => ({ feature: feature.name, gain: gains[i]! }))
      .sort((a, b) => b.gain - a.gain),
    publishedImpact: originalImpact(published.impact),
    reproducedImpact: originalImpact({ truePositives, falsePositives }),
  };
}
