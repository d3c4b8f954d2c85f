import type { ModelCard } from "../../scorer/serving/registry.ts";
import type { Matrix } from "./matrix.ts";
import { newMatrix } from "./matrix.ts";

/** A feature as the card states it: value = (f(raw input) − center) / scale, every step in float32. */
export type Feature = ModelCard["features"][number];
/** A feature before its scaling is fitted. */
export type FeatureSource = Pick<Feature, "name" | "transform" | "input">;

/** The features of deployed models: V1–V28, log1p(Amount), hour of day; raw Time is left out, it only grows. */
export const deployedFeatures: readonly FeatureSource[] = [
  ...Array.from({ length: 28 }, (_, i) => identity(`V${i + 1}`)),
  { name: "log_amount", transform: "log1p", input: "Amount" },
  { name: "hour", transform: "hour", input: "Time" },
];

/** The original's 32 columns: `hour` there is the hour since the start of the data (0–47). */
export const originalFeatures: readonly FeatureSource[] = [
  identity("Time"),
  ...Array.from({ length: 28 }, (_, i) => identity(`V${i + 1}`)),
  identity("Amount"),
  { name: "hour", transform: "hour_index", input: "Time" },
  { name: "Amount_log", transform: "log1p", input: "Amount" },
];

function identity(input: string): FeatureSource {
  return { name: input, transform: "identity", input };
}

/**
 * f of a raw float32 input, float32. In the graph the logarithm runs in float64 and is then rounded, as here:
 * float32 logarithms of two libraries differ in the last bit, and a threshold may lie between.
 */
const steps: Readonly<Record<Feature["transform"], (x: number) => number>> = {
  identity: (x) => x,
  log1p: (x) => Math.fround(Math.log(1 + x)),
  hour: (x) => Math.fround((x % 86_400) / 3_600),
  hour_index: (x) => Math.floor(Math.fround(x / 3_600)),
};

/** The features before scaling. */
export function derive(inputs: Matrix, sources: readonly FeatureSource[]): Matrix {
  const derived = newMatrix(
    inputs.rows,
    sources.map((source) => source.name),
  );
  for (const [c, source] of sources.entries()) {
    const from = inputs.names.indexOf(source.input);
    if (from < 0) throw new RangeError(`feature ${source.name} reads ${source.input}, which is no input`);
    const step = steps[source.transform];
    for (let r = 0; r < inputs.rows; r++) {
      derived.values[r * derived.columns + c] = step(inputs.values[r * inputs.columns + from]!);
    }
  }
  return derived;
}

/**
 * Robust scaling (median and interquartile range, as scikit-learn's RobustScaler; a range of 0 counts as 1),
 * fitted on derived features. With weights, on their weighted quantiles.
 */
export function fitScaling(
  derived: Matrix,
  sources: readonly FeatureSource[],
  weights?: ArrayLike<number>,
): Feature[] {
  const column = new Float32Array(derived.rows);
  return sources.map((source, c) => {
    for (let r = 0; r < derived.rows; r++) column[r] = derived.values[r * derived.columns + c]!;
    const [low, middle, high] = weights
      ? weightedQuartiles(column, weights)
      : quartiles(column.slice().sort());
    const range = Math.fround(high - low);
    return { ...source, center: Math.fround(middle), scale: range > 0 ? range : 1 };
  });
}

/** Scales derived features in place: the float32 subtraction and division of the graph. */
export function scale(derived: Matrix, features: readonly Feature[]): Matrix {
  const { rows, columns, values } = derived;
  for (let c = 0; c < columns; c++) {
    const { center, scale: divisor } = features[c]!;
    for (let r = 0, i = c; r < rows; r++, i += columns) {
      values[i] = Math.fround(values[i]! - center) / divisor;
    }
  }
  return derived;
}

/** Raw inputs to the features a learner reads. */
export function transform(inputs: Matrix, features: readonly Feature[]): Matrix {
  return scale(derive(inputs, features), features);
}

function quartiles(sorted: Float32Array): [number, number, number] {
  const at = (q: number) => {
    const position = q * (sorted.length - 1);
    const low = Math.floor(position);
    const next = sorted[Math.min(low + 1, sorted.length - 1)]!;
    return sorted[low]! + (position - low) * (next - sorted[low]!);
  };
  return [at(0.25), at(0.5), at(0.75)];
}

function weightedQuartiles(column: Float32Array, weights: ArrayLike<number>): [number, number, number] {
  const order = Uint32Array.from(column.keys()).sort((a, b) => column[a]! - column[b]!);
  let total = 0;
  for (let r = 0; r < column.length; r++) total += weights[r]!;
  const at = (q: number) => {
    let sum = 0;
    for (const r of order) {
      sum += weights[r]!;
      if (sum >= q * total) return column[r]!;
    }
    return column[order.at(-1)!]!;
  };
  return [at(0.25), at(0.5), at(0.75)];
}
