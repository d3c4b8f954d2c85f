import { DEFAULT_EDGES } from "../../domain/policy/decision-policy.ts";
import { Random } from "../../platform/math/random.ts";
import type { ModelCard } from "../../scorer/serving/registry.ts";
import { calibrate } from "../calibration/calibrate.ts";
import { evaluate, metricsOf } from "../evaluate/evaluation.ts";
import { type Matrix, takeRows } from "../features/matrix.ts";
import { type Feature, fitScaling, transform } from "../features/transform.ts";
import type { Progress, TrainingSet } from "../learners/learner.ts";
import { exportModel } from "../onnx/export-model.ts";
import { checkParity, scoreOnnx } from "../onnx/parity.ts";
import { HONEST } from "../protocol/honest.ts";
import { measuredOn } from "../protocol/measured-on.ts";
import type { Recipe } from "../protocol/recipes.ts";
import type { TrainedModel } from "../protocol/train.ts";
import type { OwnPayments } from "./own-payments.ts";
import { moment, splitOwn } from "./own-split.ts";

export interface TrainOwnOptions {
  readonly name: string;
  readonly recipe: Recipe;
  /** How late labels come, seconds. */
  readonly labelDelay: number;
  readonly seed: number;
  readonly threads: number;
  readonly libraries: Readonly<Record<string, string>>;
  readonly progress?: Progress;
}

/** Legitimate rows beyond so many are a sample that stands for all: more of them teach little and cost as much. */
const LEGITIMATE_ROWS = 200_000;
/** Rows on which the written file is held against the trainer. */
const PARITY_ROWS = 50_000;

const thresholds: ModelCard["thresholds"] = { ...DEFAULT_EDGES, fraud: 0.5 };

/**
 * Trains on a team's own payments: features of their schema → learner → calibration → one graph with the schema's columns
 * as input; judged on the last fifth by time. The rows are the stream as it is, so figures are at its true rate of fraud.
 *
 * @throws DomainError `invalid_argument` when the payments cannot be learned from or judged on
 */
export async function trainOwn(payments: OwnPayments, options: TrainOwnOptions): Promise<TrainedModel> {
  const { recipe, seed, threads, progress } = options;
  const { labels, times, amounts, features: inputs } = payments;
  const split = splitOwn(payments, options.labelDelay);
  const learned = thinned(payments, split.train, seed);
  const raw = takeRows(inputs, learned.rows);
  const sources = inputs.names.map((name) => ({ name, transform: "identity" as const, input: name }));
  const features = fitScaling(raw, sources);
  const set: TrainingSet = {
    features: transform(raw, features),
    labels: Uint8Array.from(learned.rows, (r) => labels[r] as number),
    weights: learned.weights,
    times: Float64Array.from(learned.rows, (r) => times[r] as number),
  };
  const fitting = { seed, threads, ...(progress && { progress }) };
  const model = await recipe.learner.fit(set, fitting);
  const { calibrator, fittedOn } = await calibrate(recipe.calibration, recipe.learner, model, set, fitting);
  const bytes = exportModel(options.name, features, model, calibrator, inputs.names);
  // The file's own answers, not the trainer's: what the card says is what is served.
  const testInputs = takeRows(inputs, split.test);
  const scores = await scoreOnnx(bytes, testInputs);
  const testLabels = Uint8Array.from(split.test, (r) => labels[r] as number);
  const evaluation = evaluate(
    {
      protocol: HONEST,
      scores,
      labels: testLabels,
      amounts: Float64Array.from(split.test, (r) => amounts[r] as number),
      times: Float64Array.from(split.test, (r) => times[r] as number),
    },
    { thresholds, seed, day: dayOf(payments) },
  );
  const some = takeRows(
    testInputs,
    Int32Array.from({ length: Math.min(PARITY_ROWS, testInputs.rows) }, (_, r) => r),
  );
  const expected = calibrator.apply(model.predict(transform(some, features)));
  return {
    bytes,
    card: {
      ...cardBase(payments, features, inputs, options),
      algorithm: model.algorithm,
      link: model.link,
      raw_unit: model.link === "identity" ? "probability" : "log-odds",
      split: {
        protocol: HONEST,
        train: `until ${moment(split.trainEnd)}`,
        test: `from ${moment(split.testStart)}`,
        label_delay_seconds: options.labelDelay,
        train_rows: split.train.length,
        sampled_rows: learned.rows.length,
        test_rows: split.test.length,
      },
      measured_on: measuredOn(payments, testLabels),
      calibration: { method: calibrator.method, fitted_on: fittedOn, ...calibrator.parameters },
      metrics: metricsOf(evaluation),
      parity: await checkParity(bytes, some, expected, thresholds),
      ...(model.importance && {
        importance: features
          .map(({ name }, f) => ({ feature: name, gain: model.importance?.[f] ?? 0 }))
          .sort((a, b) => b.gain - a.gain),
      }),
    },
  };
}

function cardBase(
  { file, sha256, labels, refused, unlabelled }: OwnPayments,
  features: readonly Feature[],
  inputs: Matrix,
  { name, recipe, seed, libraries }: TrainOwnOptions,
) {
  const frauds = labels.reduce((sum, label) => sum + label, 0);
  return {
    name,
    inputs: [...inputs.names],
    features: [...features],
    thresholds,
    parameters: { ...recipe.learner.parameters },
    data: {
      file,
      sha256,
      rows: labels.length,
      frauds,
      weighted: false,
      weighted_rows: labels.length,
      fraud_rate: frauds / labels.length,
      refused_rows: refused,
      unlabelled_rows: unlabelled,
    },
    seed,
    libraries: { ...libraries },
    limits: [
      "Learned from one file of a team's own payments: other customers, products and years need retraining.",
      "Fraud patterns move: watch the drift and recall of reviewed cases, and retrain.",
      "A score supports a decision about a payment; it is no proof of wrongdoing by a person.",
    ],
  };
}

/** All frauds of the rows, and so many of the legitimate ones that each of these stands for the same number. */
function thinned(
  { labels }: OwnPayments,
  rows: Int32Array,
  seed: number,
): { readonly rows: Int32Array; readonly weights: Float64Array } {
  const legitimate = rows.reduce((sum, r) => sum + Number(labels[r] === 0), 0);
  const share = Math.min(1, LEGITIMATE_ROWS / legitimate);
  const random = new Random(seed, 1);
  const kept = rows.filter((r) => labels[r] === 1 || share === 1 || random.next() < share);
  const left = kept.reduce((sum, r) => sum + Number(labels[r] === 0), 0);
  return { rows: kept, weights: Float64Array.from(kept, (r) => (labels[r] === 1 ? 1 : legitimate / left)) };
}

function dayOf({ times, labels, amounts }: OwnPayments) {
  let [first, last, frauds, fraudAmount] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (let r = 0; r < times.length; r++) {
    first = Math.min(first, times[r] as number);
    last = Math.max(last, times[r] as number);
    if (labels[r] !== 1) continue;
    frauds++;
    fraudAmount += amounts[r] as number;
  }
  const days = Math.max(1, last - first) / 86_400;
  return { transactions: times.length / days, frauds: frauds / days, fraudAmount: fraudAmount / days };
}
