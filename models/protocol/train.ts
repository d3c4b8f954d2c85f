import type { ModelCard } from "../../platform/model-registry.ts";
import { fitPlatt } from "../calibration/platt.ts";
import { type Dataset, inputNames } from "../data/dataset.ts";
import { HONEST_TEST_END, HONEST_TRAIN_END } from "../data/splits.ts";
import type { Matrix } from "../features/matrix.ts";
import { type Feature, transform } from "../features/transform.ts";
import {
  type Calibrator,
  type FittedModel,
  type Learner,
  type Progress,
  uncalibrated,
} from "../learners/learner.ts";
import { exportModel } from "../onnx/export-model.ts";
import { checkParity } from "../onnx/parity.ts";
import type { CardDraft } from "../registry.ts";
import { HONEST, prepareHonest } from "./honest.ts";
import { measure } from "./measure.ts";
import { ORIGINAL, prepareOriginal } from "./original.ts";

export interface TrainOptions {
  readonly name: string;
  readonly learner: Learner;
  readonly seed: number;
  readonly threads: number;
  readonly libraries: Readonly<Record<string, string>>;
  readonly progress?: Progress;
}

/** A trained model, not yet in the registry. */
export interface TrainedModel {
  readonly bytes: Uint8Array;
  readonly card: CardDraft;
}

/** Tiers of the design: policy, to be re-tuned to capacity or cost; fraud_predicted from 0.5. */
const thresholds: ModelCard["thresholds"] = { medium: 0.1, high: 0.3, critical: 0.7, fraud: 0.5 };

const limits = [
  "Learned from two days of European card transactions of September 2013 (ULB): other countries, channels and years need retraining.",
  "V1–V28 are principal components computed by the data's owner; they cannot be computed from a raw transaction.",
  "Fraud patterns move: watch the drift and recall of reviewed cases, and retrain.",
  "A score supports a decision about a payment; it is no proof of wrongdoing by a person.",
];

/** Trains by the honest protocol: what a deployed version is made with. */
export async function trainHonest(data: Dataset, options: TrainOptions): Promise<TrainedModel> {
  const { learner, seed, threads } = options;
  const honest = prepareHonest(data);
  const model = await learner.fit(honest.trainSet, { seed, threads, ...progressOf(options) });
  const { labels, weights } = honest.train;
  const held = model.outOfBag;
  const calibrator = held ? fitPlatt(held, labels, weights) : undefined;
  const probabilities = probability(model, calibrator, honest.testFeatures);
  const sample = { scores: probabilities, labels: honest.test.labels, weights: honest.test.weights };
  const bytes = exportModel(options.name, honest.features, model, calibrator);
  return {
    bytes,
    card: {
      ...cardBase(data, honest.features, model, options),
      split: {
        protocol: HONEST,
        train: `Time < ${HONEST_TRAIN_END}`,
        test: `${HONEST_TRAIN_END} ≤ Time < ${HONEST_TEST_END}`,
        train_rows: honest.train.rows,
        test_rows: honest.test.rows,
        calibration: calibrator ? "out-of-bag scores of the training rows" : "none",
      },
      calibration: calibrator ? { method: calibrator.method, ...calibrator.parameters } : { method: "none" },
      metrics: measure(sample, thresholds, HONEST, seed),
      parity: await parity(bytes, data, honest.features, model, calibrator),
    },
  };
}

/**
 * Trains by the original's protocol, whose figures come from leaked, balanced test rows. The version is for the
 * record; it takes every second transaction for a fraud in a world where one in 580 is.
 */
export async function trainOriginal(data: Dataset, options: TrainOptions): Promise<TrainedModel> {
  const { learner, seed, threads } = options;
  const original = prepareOriginal(data, seed);
  const model = await learner.fit(original.trainSet, { seed, threads, ...progressOf(options) });
  const sample = {
    scores: probability(model, undefined, original.testFeatures),
    labels: original.testLabels,
  };
  const bytes = exportModel(options.name, original.features, model);
  return {
    bytes,
    card: {
      ...cardBase(data, original.features, model, options),
      split: {
        protocol: ORIGINAL,
        train_rows: original.trainSet.labels.length,
        test_rows: original.testLabels.length,
      },
      calibration: { method: "none" },
      metrics: measure(sample, thresholds, ORIGINAL, seed),
      parity: await parity(bytes, data, original.features, model),
      limits: ["Not for deployment: trained on half synthetic fraud and never calibrated.", ...limits],
    },
  };
}

function cardBase(
  data: Dataset,
  features: readonly Feature[],
  model: FittedModel,
  { name, learner, seed, libraries }: TrainOptions,
) {
  const { rows, frauds, weightedRows, fraudRate } = data.quality;
  const { importance } = model;
  return {
    name,
    algorithm: model.algorithm,
    link: model.link,
    raw_unit: model.link === "identity" ? "probability" : "log-odds",
    inputs: [...inputNames],
    features: [...features],
    thresholds,
    parameters: { ...learner.parameters },
    data: {
      file: data.file,
      sha256: data.sha256,
      rows,
      frauds,
      weighted: data.weighted,
      weighted_rows: weightedRows,
      fraud_rate: fraudRate,
    },
    seed,
    libraries: { ...libraries },
    ...(importance && {
      importance: features
        .map((feature, f) => ({ feature: feature.name, gain: importance[f]! }))
        .sort((a, b) => b.gain - a.gain),
    }),
    limits,
  };
}

function parity(
  bytes: Uint8Array,
  data: Dataset,
  features: readonly Feature[],
  model: FittedModel,
  calibrator?: Calibrator,
): Promise<ModelCard["parity"]> {
  const expected = probability(model, calibrator, transform(data.inputs, features));
  return checkParity(bytes, data.inputs, expected, thresholds);
}

function probability(model: FittedModel, calibrator: Calibrator | undefined, features: Matrix): Float64Array {
  const raw = model.predict(features);
  return calibrator ? calibrator.apply(raw) : uncalibrated(model.link, raw);
}

function progressOf({ progress }: TrainOptions): { progress?: Progress } {
  return progress ? { progress } : {};
}
