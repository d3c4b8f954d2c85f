import { DomainError } from "../../platform/process/errors.ts";
import type { Calibrator } from "../learners/learner.ts";
import { checkCalibrationRows } from "./calibration-rows.ts";

/**
 * Platt scaling (Platt 1999): probability = 1 / (1 + e^−(slope · raw + offset)), the weighted maximum-likelihood fit
 * by Newton's method, with Platt's targets ((n₁ + 1) / (n₁ + 2), 1 / (n₀ + 2)) against certainty on few frauds.
 *
 * Two numbers, so it holds with few frauds, and the ranking stays what it was.
 *
 * @param raw scores of rows that the model was not fitted on; NaN rows are left out
 * @param weights how many real transactions each row stands for: they set the base rate
 * @throws DomainError `invalid_argument` when a class is missing, a number is not finite, or when a higher score does
 *   not mean more fraud
 */
export function fitPlatt(raw: ArrayLike<number>, labels: Uint8Array, weights: ArrayLike<number>): Calibrator {
  checkCalibrationRows(raw, labels, weights);
  let [fraud, legit, rows] = [0, 0, 0];
  for (let i = 0; i < raw.length; i++) {
    if (Number.isNaN(raw[i]!)) continue;
    rows++;
    if (labels[i] === 1) fraud += weights[i]!;
    else legit += weights[i]!;
  }
  const targets = [1 / (legit + 2), (fraud + 1) / (fraud + 2)] as const;
  let slope = 0;
  let offset = Math.log((fraud + 1) / (legit + 1));
  const loss = (a: number, b: number) => {
    let sum = 0;
    for (let i = 0; i < raw.length; i++) {
      if (Number.isNaN(raw[i]!)) continue;
      const z = a * raw[i]! + b;
      // log(1 + e^z) − t·z, without overflow.
      sum +=
        weights[i]! * (Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - targets[labels[i] as 0 | 1] * z);
    }
    return sum;
  };
  let current = loss(slope, offset);
  for (let iteration = 0; iteration < 100; iteration++) {
    let [ga, gb, haa, hab, hbb] = [0, 0, 1e-9, 0, 1e-9];
    for (let i = 0; i < raw.length; i++) {
      const x = raw[i]!;
      if (Number.isNaN(x)) continue;
      const p = 1 / (1 + Math.exp(-(slope * x + offset)));
      const d = weights[i]! * (p - targets[labels[i] as 0 | 1]);
      const h = weights[i]! * p * (1 - p);
      ga += d * x;
      gb += d;
      haa += h * x * x;
      hab += h * x;
      hbb += h;
    }
    const determinant = haa * hbb - hab * hab;
    const da = (hbb * ga - hab * gb) / determinant;
    const db = (haa * gb - hab * ga) / determinant;
    let step = 1;
    let next = loss(slope - da, offset - db);
    for (; next > current && step > 1e-10; next = loss(slope - step * da, offset - step * db)) step /= 2;
    slope -= step * da;
    offset -= step * db;
    const gained = current - next;
    current = next;
    if (gained < 1e-10 * Math.abs(current)) break;
  }
  if (!(slope > 0)) {
    throw new DomainError(
      "invalid_argument",
      `cannot calibrate: a higher score does not mean more fraud (slope ${slope.toPrecision(3)})`,
    );
  }
  const scaling = plattOf(Math.fround(slope), Math.fround(offset));
  return {
    ...scaling,
    parameters: { ...scaling.parameters, rows, fraud_weight: fraud, legitimate_weight: legit },
  };
}

/** Platt scaling by the two numbers of an earlier fit, 32-bit. */
export function plattOf(slope: number, offset: number): Calibrator {
  return {
    method: "platt",
    parameters: { slope, offset },
    apply: (given) => Float64Array.from(given, (x) => 1 / (1 + Math.exp(-(slope * x + offset)))),
    appendTo(graph, rawTensor) {
      const scaled = graph.node("Mul", [rawTensor, graph.floats("slope", [slope])]);
      return graph.node("Sigmoid", [graph.node("Add", [scaled, graph.floats("offset", [offset])])]);
    },
  };
}
