import { Random } from "../../platform/math/random.ts";
import { averagePrecision } from "../evaluate/ranking.ts";
import { balancedWeights } from "../features/binning.ts";
import type { Matrix } from "../features/matrix.ts";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import { logisticLoss } from "./boosting-fit.ts";
import type { FitOptions, FittedModel, Learner, Progress, TrainingSet } from "./learner.ts";
import { Adam, type Layer, Network, newLayers, parametersOf } from "./mlp-network.ts";
import { checkTrainingSet, setAsideByTime, takeTrainingRows } from "./training-set.ts";

export interface MlpParameters {
  /** Widths of the hidden layers. */
  readonly hidden: readonly number[];
  readonly epochs: number;
  readonly batch: number;
  readonly learningRate: number;
  /** Decoupled L2 shrinkage of the weights per unit of learning rate. */
  readonly weightDecay: number;
  /** Factor on the weight of frauds, or "balanced": both classes weigh the same. */
  readonly positiveWeight: number | "balanced";
  /** Judge epochs on the last `share` of the rows by time, stop after `rounds` without gain; the best epoch stays. */
  readonly earlyStopping?: {
    readonly share: number;
    readonly rounds: number;
    readonly metric: "auprc" | "logloss";
  };
}

export const defaultMlp: MlpParameters = {
  hidden: [32, 16],
  epochs: 30,
  batch: 128,
  learningRate: 0.002,
  weightDecay: 0.01,
  positiveWeight: 10,
  earlyStopping: { share: 0.2, rounds: 6, metric: "auprc" },
};

/** Standardised inputs are cut off here: one wild value must not outshout a network fitted on tame ones. */
const CLIP = 8;

/**
 * A small neural network: inputs standardised and clipped to ±8, dense ReLU layers, Adam on the weighted logistic
 * loss, early stopping by time. One thread, so its bits depend on the seed alone. `raw` is log-odds.
 *
 * @throws DomainError `invalid_argument` from `fit` for data that cannot be learned from
 */
export function multilayerPerceptron(overrides: Partial<MlpParameters> = {}): Learner {
  const parameters: MlpParameters = { ...defaultMlp, ...overrides };
  return {
    algorithm: "mlp",
    parameters: { ...parameters, clip: CLIP },
    fit: async (set, options) => fitMlp(parameters, set, options),
  };
}

function fitMlp(parameters: MlpParameters, set: TrainingSet, { seed, progress }: FitOptions): MlpModel {
  checkTrainingSet(set);
  const stopping = parameters.earlyStopping;
  if (!stopping) return train(parameters, set, seed, progress);
  const { earlier, later } = setAsideByTime(set.times, stopping.share);
  return train(parameters, takeTrainingRows(set, earlier), seed, progress, takeTrainingRows(set, later));
}

function train(
  parameters: MlpParameters,
  set: TrainingSet,
  seed: number,
  progress?: Progress,
  validation?: TrainingSet,
): MlpModel {
  checkTrainingSet(set);
  if (validation) checkTrainingSet(validation);
  const { labels } = set;
  const scaling = standardisation(set.features, set.weights);
  const inputs = scaling.apply(set.features);
  const weights = lossWeights(set, parameters.positiveWeight);
  const random = new Random(seed);
  const layers = newLayers([set.features.columns, ...parameters.hidden, 1], random);
  const network = new Network(layers);
  const adam = new Adam(parametersOf(layers), parameters.learningRate, parameters.weightDecay);
  const order = Int32Array.from({ length: labels.length }, (_, r) => r);
  const history: number[] = [];
  let best = new MlpModel(scaling, layers, history);
  let bestEpoch = 0;
  for (let epoch = 1; epoch <= parameters.epochs; epoch++) {
    random.shuffle(order);
    for (let start = 0; start < order.length; start += parameters.batch) {
      const end = Math.min(order.length, start + parameters.batch);
      for (let i = start; i < end; i++) {
        const r = order[i]!;
        const p = 1 / (1 + Math.exp(-network.forward(inputs.values, r * inputs.columns)));
        network.backward(weights[r]! * (p - labels[r]!));
      }
      adam.step(network.gradients, end - start);
    }
    progress?.(epoch, parameters.epochs, "epochs");
    if (!validation) continue;
    const candidate = new MlpModel(scaling, layers, history);
    const scores = candidate.predict(validation.features);
    history.push(
      parameters.earlyStopping!.metric === "auprc"
        ? averagePrecision({ scores, labels: validation.labels, weights: validation.weights })
        : -logisticLoss(scores, validation.labels, validation.weights),
    );
    if (bestEpoch === 0 || history.at(-1)! > history[bestEpoch - 1]!) [best, bestEpoch] = [candidate, epoch];
    else if (epoch - bestEpoch >= parameters.earlyStopping!.rounds) break;
  }
  return validation ? best : new MlpModel(scaling, layers, history);
}

/** Row weights of the loss, their mean 1. */
function lossWeights({ labels, weights }: TrainingSet, positiveWeight: number | "balanced"): Float64Array {
  const given =
    positiveWeight === "balanced"
      ? balancedWeights(labels, weights)
      : weights.map((w, r) => (labels[r] === 1 ? w * positiveWeight : w));
  const mean = given.reduce((a, b) => a + b, 0) / given.length;
  return given.map((w) => w / mean);
}

/** (x − mean) / deviation, clipped; every step in float32, as in the graph. */
class Standardisation {
  readonly mean: Float32Array;
  readonly deviation: Float32Array;

  constructor(mean: Float32Array, deviation: Float32Array) {
    this.mean = mean;
    this.deviation = deviation;
  }

  apply(matrix: Matrix): Matrix {
    const { columns } = matrix;
    const values = matrix.values.map((x, i) => {
      const standard = Math.fround(Math.fround(x - this.mean[i % columns]!) / this.deviation[i % columns]!);
      return Math.min(CLIP, Math.max(-CLIP, standard));
    });
    return { ...matrix, values };
  }
}

function standardisation({ rows, columns, values }: Matrix, weights: Float64Array): Standardisation {
  const mean = new Float64Array(columns);
  const square = new Float64Array(columns);
  let total = 0;
  for (let r = 0; r < rows; r++) {
    const w = weights[r]!;
    total += w;
    for (let c = 0; c < columns; c++) mean[c]! += w * values[r * columns + c]!;
  }
  for (let c = 0; c < columns; c++) mean[c]! /= total;
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++)
      square[c]! += (weights[r]! / total) * (values[r * columns + c]! - mean[c]!) ** 2;
  }
  const deviation = Float32Array.from(square, (s) => Math.sqrt(s) || 1);
  return new Standardisation(Float32Array.from(mean), deviation);
}

/** A fitted network, its weights rounded to the float32 of the exported graph. */
export class MlpModel implements FittedModel {
  readonly algorithm = "mlp";
  readonly link = "logistic";
  readonly layers: readonly Layer[];
  /** Validation metric after each epoch, when there was early stopping. */
  readonly history: readonly number[];
  readonly #scaling: Standardisation;

  constructor(scaling: Standardisation, layers: readonly Layer[], history: readonly number[]) {
    this.#scaling = scaling;
    this.layers = layers.map((l) => ({
      ...l,
      weights: l.weights.map(Math.fround),
      biases: l.biases.map(Math.fround),
    }));
    this.history = history;
  }

  predict(features: Matrix): Float64Array {
    const { rows, columns, values } = this.#scaling.apply(features);
    const network = new Network(this.layers);
    return Float64Array.from({ length: rows }, (_, r) => network.forward(values, r * columns));
  }

  appendTo(graph: GraphBuilder, features: string): string {
    const { mean, deviation } = this.#scaling;
    const centered = graph.node("Sub", [features, graph.floats("mlp_mean", mean)]);
    const standard = graph.node("Div", [centered, graph.floats("mlp_deviation", deviation)]);
    let tensor = graph.node("Clip", [
      standard,
      graph.floats("low", [-CLIP], []),
      graph.floats("high", [CLIP], []),
    ]);
    for (const [l, { inputs, outputs, weights, biases }] of this.layers.entries()) {
      const w = graph.floats(`layer${l + 1}_weights`, weights, [outputs, inputs]);
      const b = graph.floats(`layer${l + 1}_biases`, biases);
      tensor = graph.node("Gemm", [tensor, w, b], { transB: { int: 1 } });
      if (l < this.layers.length - 1) tensor = graph.node("Relu", [tensor]);
    }
    return tensor;
  }
}
