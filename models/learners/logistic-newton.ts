import type { Matrix } from "../features/matrix.ts";

/** How an optimisation ended. */
export interface Convergence {
  readonly converged: boolean;
  readonly iterations: number;
  /** Largest partial derivative of the objective over the total weight. */
  readonly gradientNorm: number;
}

/**
 * Minimises ½‖w‖² + Σ weight · ln(1 + e^−z) over w and a free intercept, z the margin on the label's side.
 *
 * @param report called after each iteration with the gradient norm
 * @returns F coefficients and, last, the intercept
 */
export function minimizeNewton(
  features: Matrix,
  labels: Uint8Array,
  weights: Float64Array,
  { maxIterations, tolerance }: { readonly maxIterations: number; readonly tolerance: number },
  report: (iteration: number, gradientNorm: number) => void = () => {},
): { solution: Float64Array; convergence: Convergence } {
  const size = features.columns + 1;
  const totalWeight = weights.reduce((a, b) => a + b, 0);
  let solution: Float64Array = new Float64Array(size);
  let objective = objectiveAt(solution, features, labels, weights);
  for (let iteration = 0; ; iteration++) {
    const { gradient, hessian } = derivativesAt(solution, features, labels, weights);
    const gradientNorm = gradient.reduce((most, g) => Math.max(most, Math.abs(g)), 0) / totalWeight;
    report(iteration, gradientNorm);
    const converged = gradientNorm <= tolerance;
    if (converged || iteration === maxIterations) {
      return { solution, convergence: { converged, iterations: iteration, gradientNorm } };
    }
    const step = solveCholesky(hessian, gradient);
    let slope = 0;
    for (let i = 0; i < size; i++) slope += gradient[i]! * step[i]!;
    // Backtracking (Armijo): full steps near the optimum, shorter ones where the curvature misleads.
    // The last step to the optimum gains less than the objective's own rounding, hence the slack.
    const slack = 1e-13 * Math.abs(objective);
    let length = 1;
    let candidate: Float64Array;
    let reached: number;
    do {
      candidate = solution.map((w, i) => w - length * step[i]!);
      reached = objectiveAt(candidate, features, labels, weights);
      length /= 2;
    } while (!(reached <= objective - 2e-4 * length * slope + slack) && length > 1e-10);
    solution = candidate;
    objective = reached;
  }
}

/** The objective at a point; exported for tests of the derivatives. */
export function objectiveAt(
  point: Float64Array,
  features: Matrix,
  labels: Uint8Array,
  weights: Float64Array,
): number {
  const margins = marginsAt(point, features);
  let sum = 0;
  for (let i = 0; i < features.columns; i++) sum += 0.5 * point[i]! * point[i]!;
  for (let r = 0; r < margins.length; r++) {
    const z = labels[r] === 1 ? margins[r]! : -margins[r]!;
    sum += weights[r]! * (z > 0 ? Math.log1p(Math.exp(-z)) : Math.log1p(Math.exp(z)) - z);
  }
  return sum;
}

/** Gradient, and the lower triangle of the hessian (row-major, size × size). */
export function derivativesAt(
  point: Float64Array,
  features: Matrix,
  labels: Uint8Array,
  weights: Float64Array,
): { gradient: Float64Array; hessian: Float64Array } {
  const { rows, columns, values } = features;
  const size = columns + 1;
  const margins = marginsAt(point, features);
  const gradient = new Float64Array(size);
  const hessian = new Float64Array(size * size);
  const row = new Float64Array(size).fill(1);
  for (let r = 0; r < rows; r++) {
    const p = 1 / (1 + Math.exp(-margins[r]!));
    const g = weights[r]! * (p - labels[r]!);
    const h = weights[r]! * p * (1 - p);
    for (let c = 0; c < columns; c++) row[c] = values[r * columns + c]!;
    for (let i = 0; i < size; i++) {
      const x = row[i]!;
      gradient[i]! += g * x;
      const hx = h * x;
      const at = i * size;
      for (let j = 0; j <= i; j++) hessian[at + j]! += hx * row[j]!;
    }
  }
  for (let i = 0; i < columns; i++) {
    gradient[i]! += point[i]!;
    hessian[i * size + i]! += 1;
  }
  return { gradient, hessian };
}

function marginsAt(point: Float64Array, { rows, columns, values }: Matrix): Float64Array {
  const margins = new Float64Array(rows).fill(point[columns]!);
  for (let r = 0, i = 0; r < rows; r++) {
    let sum = margins[r]!;
    for (let c = 0; c < columns; c++, i++) sum += point[c]! * values[i]!;
    margins[r] = sum;
  }
  return margins;
}

/** Solves A x = b for a symmetric positive definite A given by its lower triangle, which is overwritten. */
export function solveCholesky(a: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  const x = b.slice();
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= a[i * n + k]! * a[j * n + k]!;
      // A pivot lost to rounding (every row saturated) is lifted off zero: the step gets short, not infinite.
      a[i * n + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / a[j * n + j]!;
    }
  }
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i]! -= a[i * n + k]! * x[k]!;
    x[i]! /= a[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i]! -= a[k * n + i]! * x[k]!;
    x[i]! /= a[i * n + i]!;
  }
  return x;
}
