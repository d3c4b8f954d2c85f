import { DomainError } from "../../platform/process/errors.ts";
import { balancedWeights } from "../features/binning.ts";
import type { Matrix } from "../features/matrix.ts";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { FitOptions, FittedModel, Learner, TrainingSet } from "./learner.ts";
import { type Convergence, minimizeNewton } from "./logistic-newton.ts";
import { checkTrainingSet } from "./training-set.ts";

export interface LogisticParameters {
  /** Inverse of the L2 penalty, as scikit-learn's C: ½‖w‖² + C Σ weight · loss; the intercept is free. */
  readonly c: number;
  /** "balanced": both classes weigh the same, as scikit-learn's class_weight; "none": rows as the data weighs them. */
  readonly classWeight: "balanced" | "none";
  readonly maxIterations: number;
  /** Converged when no partial derivative exceeds this share of the total weight. */
  readonly tolerance: number;
}

/** The original's logistic regression. */
export const originalLogistic: LogisticParameters = {
  c: 1,
  classWeight: "balanced",
  maxIterations: 100,
  tolerance: 1e-8,
};

/**
 * L2-penalised logistic regression, fitted by Newton's method (IRLS) with a line search: the problem is strictly
 * convex, so the optimum is the one scikit-learn's solvers go for. Wants scaled features. `raw` is log-odds.
 *
 * @throws DomainError `invalid_argument` from `fit` for data that cannot be learned from, and when the optimum was
 *   not reached within `maxIterations`: a half-fitted model is not handed out
 */
export function logisticRegression(overrides: Partial<LogisticParameters> = {}): Learner {
  const parameters: LogisticParameters = { ...originalLogistic, ...overrides };
  if (!(parameters.c > 0)) throw new RangeError(`logistic regression: c cannot be ${parameters.c}`);
  return {
    algorithm: "logistic-regression",
    parameters: { ...parameters },
    fit: async (set, options) => fitLogistic(parameters, set, options),
  };
}

function fitLogistic(
  parameters: LogisticParameters,
  set: TrainingSet,
  { progress }: FitOptions,
): LogisticModel {
  checkTrainingSet(set);
  const { features, labels, weights } = set;
  const balanced = parameters.classWeight === "balanced" ? balancedWeights(labels, weights) : weights;
  const scaled = balanced.map((w) => w * parameters.c);
  const { solution, convergence } = minimizeNewton(features, labels, scaled, parameters, (iteration, norm) =>
    progress?.(iteration, parameters.maxIterations, `gradient ${norm.toExponential(1)}`),
  );
  if (!convergence.converged) {
    throw new DomainError(
      "invalid_argument",
      `logistic regression did not converge in ${convergence.iterations} iterations: the gradient is ` +
        `${convergence.gradientNorm.toExponential(2)} of the total weight, above ${parameters.tolerance}; ` +
        "scale the features or allow more iterations",
    );
  }
  return new LogisticModel(solution.subarray(0, features.columns), solution[features.columns]!, convergence);
}

/** A fitted logistic regression: raw = intercept + Σ coefficient · feature. */
export class LogisticModel implements FittedModel {
  readonly algorithm = "logistic-regression";
  readonly link = "logistic";
  /** Float32: the numbers of the exported graph. */
  readonly coefficients: Float32Array;
  readonly intercept: number;
  readonly importance: Float64Array;
  readonly convergence: Convergence;

  constructor(coefficients: ArrayLike<number>, intercept: number, convergence: Convergence) {
    this.coefficients = Float32Array.from(coefficients);
    this.intercept = Math.fround(intercept);
    const total = this.coefficients.reduce((sum, w) => sum + Math.abs(w), 0);
    this.importance = Float64Array.from(this.coefficients, (w) => (total > 0 ? Math.abs(w) / total : 0));
    this.convergence = convergence;
  }

  predict({ rows, columns, values }: Matrix): Float64Array {
    const raw = new Float64Array(rows).fill(this.intercept);
    for (let r = 0, i = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++, i++) raw[r]! += this.coefficients[c]! * values[i]!;
    }
    return raw;
  }

  appendTo(graph: GraphBuilder, features: string): string {
    const weights = graph.floats("coefficients", this.coefficients, [this.coefficients.length, 1]);
    return graph.node("Gemm", [features, weights, graph.floats("intercept", [this.intercept])]);
  }
}
