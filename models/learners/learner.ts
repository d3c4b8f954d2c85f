import type { Progress } from "../../platform/process/progress.ts";
import type { Matrix } from "../features/matrix.ts";
import type { GraphBuilder } from "../graph/graph-builder.ts";

/** What a learner is fitted on. */
export interface TrainingSet {
  /** Transformed features, n × F. */
  readonly features: Matrix;
  /** n labels: 1 is fraud. */
  readonly labels: Uint8Array;
  /** n weights: how many real transactions a row stands for (1 where the data has no weights). */
  readonly weights: Float64Array;
  /** n times, seconds as the data set's Time: what learners that stop early split off by. */
  readonly times: Float64Array;
}

export type { Progress };

export interface FitOptions {
  /** Same seed and same input: same model, bit for bit, whatever the number of threads. */
  readonly seed: number;
  /** Worker threads, default 2. */
  readonly threads?: number;
  readonly progress?: Progress;
  /** Rows that learners which stop early watch, and do not learn from; without them they set some of their own aside. */
  readonly watched?: TrainingSet;
}

/** One kind of model with its hyper-parameters set; `fit` may be called again and again. */
export interface Learner {
  /** Stable name: "random-forest", "gradient-boosting", "logistic-regression", "mlp", "ensemble". */
  readonly algorithm: string;
  /** What goes into the card's `parameters`. */
  readonly parameters: Readonly<Record<string, unknown>>;
  fit(set: TrainingSet, options: FitOptions): Promise<FittedModel>;
}

/** How `raw` becomes a probability before any calibration: as it is, or through 1 / (1 + e^−x). */
export type Link = "identity" | "logistic";

/** A fitted learner. `raw` is its score before calibration: a probability, or log-odds. */
export interface FittedModel {
  readonly algorithm: string;
  readonly link: Link;
  /** n raw scores; what the exported graph gives to within 1e-5. */
  predict(features: Matrix): Float64Array;
  /** F non-negative gain importances that sum to 1 (|coefficient| where there is no gain), or none. */
  readonly importance?: Float64Array;
  /** n out-of-bag raw scores of the rows it was fitted on (NaN where there is none), when the learner has them. */
  readonly outOfBag?: Float64Array;
  /** After an early stop: the learner with what the stop found held fast, to be fitted on more rows. */
  readonly settled?: Learner;
  /**
   * Adds the model to a graph.
   *
   * @param features name of the float32 [n, F] tensor of transformed features
   * @returns name of the float32 [n, 1] tensor of raw scores
   */
  appendTo(graph: GraphBuilder, features: string): string;
}

/** A rising map from raw score to probability, fitted on rows that the model was not. */
export interface Calibrator {
  /** "platt", "isotonic", "none", …: for the card. */
  readonly method: string;
  /** What goes into the card beside the method (slope, knots, rows it was fitted on). */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** n probabilities in [0, 1]. */
  apply(raw: ArrayLike<number>): Float64Array;
  /**
   * Adds the map to a graph.
   *
   * @param raw name of the float32 [n, 1] tensor of raw scores
   * @returns name of the float32 [n, 1] tensor of probabilities in [0, 1]
   */
  appendTo(graph: GraphBuilder, raw: string): string;
}

/** Probabilities of a model without a calibrator, by its link. */
export function uncalibrated(link: Link, raw: ArrayLike<number>): Float64Array {
  return Float64Array.from(raw, link === "identity" ? (x) => x : (x) => 1 / (1 + Math.exp(-x)));
}
