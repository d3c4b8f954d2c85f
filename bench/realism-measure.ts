import type { Dataset } from "../models/data/dataset.ts";
import { rocAuc } from "../models/evaluate/ranking.ts";
import { createGenerator } from "../pipeline/simulator/generator.ts";
import type { SimulatorProfile } from "../pipeline/simulator/profile-schema.ts";
import { Random } from "../platform/math/random.ts";
import type { OnnxModel } from "../scorer/scoring/model.ts";

const WIDTH = 30;

/** How much simulated and real transactions may differ: AUC, means in standard deviations, ratio of spreads. */
export const REALISM_LIMITS = { auc: 0.02, mean: 0.1, spread: [0.85, 1.15] } as const;

/** Labelled rows as the model takes them. */
export interface LabelledRows {
  /** count × 30. */
  readonly inputs: Float32Array;
  readonly labels: Uint8Array;
  readonly weights: Float64Array;
}

/** How far simulated values are from real ones, for one variable of one class. */
export interface VariableGap {
  readonly variable: string;
  /** |difference of the means| in real standard deviations. */
  readonly mean: number;
  /** Simulated standard deviation / real one. */
  readonly spread: number;
}

/** What was measured; `failures` is empty when every limit holds. */
export interface RealismReport {
  readonly realAuc: number;
  readonly simulatedAucs: readonly number[];
  /** Mean of simulatedAucs − realAuc. */
  readonly aucDifference: number;
  readonly gaps: { readonly legitimate: readonly VariableGap[]; readonly fraud: readonly VariableGap[] };
  readonly failures: readonly string[];
}

/**
 * Compares simulated with real transactions.
 *
 * @param unseen real rows that the model was not trained on, and its AUC there
 * @param real all real rows, for means and spreads
 * @param perClass transactions to draw of each class, for an AUC and for means and spreads (rare large values decide
 *   a spread: it needs more)
 */
export async function measureRealism(
  model: OnnxModel,
  profile: SimulatorProfile,
  unseen: { readonly rows: LabelledRows; readonly auc: number },
  real: LabelledRows,
  perClass: { readonly auc: number; readonly spread: number; readonly seeds: readonly number[] },
): Promise<RealismReport> {
  const simulatedAucs: number[] = [];
  for (const seed of perClass.seeds) {
    simulatedAucs.push(await modelAuc(model, simulate(profile, unseen.rows, perClass.auc, seed)));
  }
  const simulated = simulate(profile, real, perClass.spread, perClass.seeds[0]!);
  const gaps = { legitimate: variableGaps(real, simulated, 0), fraud: variableGaps(real, simulated, 1) };
  const aucDifference = simulatedAucs.reduce((a, b) => a + b) / simulatedAucs.length - unseen.auc;
  const failures =
    Math.abs(aucDifference) > REALISM_LIMITS.auc ? [`AUC differs by ${aucDifference.toFixed(4)}`] : [];
  const [narrowest, widest] = REALISM_LIMITS.spread;
  for (const [name, list] of Object.entries(gaps)) {
    for (const { variable, mean, spread } of list) {
      if (mean > REALISM_LIMITS.mean)
        failures.push(`${name} ${variable}: means differ by ${mean.toFixed(3)} sd`);
      if (spread < narrowest || spread > widest) {
        failures.push(`${name} ${variable}: spread is ${spread.toFixed(3)} of the real one`);
      }
    }
  }
  return { realAuc: unseen.auc, simulatedAucs, aucDifference, gaps, failures };
}

/** Draws `count` transactions of each class at the hours of the real ones; weights bring them to the true fraud rate. */
export function simulate(
  profile: SimulatorProfile,
  real: LabelledRows,
  count: number,
  seed: number,
): LabelledRows {
  const random = new Random(seed);
  const generator = createGenerator(profile, random);
  const hours = [hourShares(real, 0), hourShares(real, 1)] as const;
  const inputs = new Float32Array(2 * count * WIDTH);
  const labels = new Uint8Array(2 * count);
  const weights = new Float64Array(2 * count);
  for (let i = 0; i < 2 * count; i++) {
    const fraud = i >= count;
    const time = (random.pick(hours[fraud ? 1 : 0]) + random.next()) * 3_600;
    const { v, amount } = generator.draw(fraud, time);
    inputs.set([time, ...v, amount], i * WIDTH);
    labels[i] = fraud ? 1 : 0;
    weights[i] = fraud ? profile.fraudRate : 1 - profile.fraudRate;
  }
  return { inputs, labels, weights };
}

function hourShares({ inputs, labels, weights }: LabelledRows, label: 0 | 1): number[] {
  const shares = Array<number>(24).fill(0);
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] === label) shares[Math.floor((inputs[i * WIDTH]! % 86_400) / 3_600)]! += weights[i]!;
  }
  return shares;
}

/** Rows of a dataset with `from` ≤ Time < `to`. */
export function realRows(data: Dataset, from: number, to: number): LabelledRows {
  const rows = [...data.times.keys()].filter((r) => data.times[r]! >= from && data.times[r]! < to);
  const inputs = new Float32Array(rows.length * WIDTH);
  for (const [i, r] of rows.entries()) {
    inputs.set(data.inputs.values.subarray(r * WIDTH, (r + 1) * WIDTH), i * WIDTH);
  }
  return {
    inputs,
    labels: Uint8Array.from(rows, (r) => data.labels[r]!),
    weights: Float64Array.from(rows, (r) => data.weights[r]!),
  };
}

/** Weighted AUC of a model over labelled rows. */
export async function modelAuc(model: OnnxModel, { inputs, labels, weights }: LabelledRows): Promise<number> {
  const scores = new Float32Array(labels.length);
  for (let at = 0; at < labels.length; at += 2_000) {
    const end = Math.min(labels.length, at + 2_000);
    scores.set(await model.score(inputs.slice(at * WIDTH, end * WIDTH), end - at), at);
  }
  return rocAuc({ scores, labels, weights });
}

/** Means and spreads of V1…V28 and log(1 + Amount), simulated against real, of one class. */
export function variableGaps(real: LabelledRows, simulated: LabelledRows, label: 0 | 1): VariableGap[] {
  return Array.from({ length: 29 }, (_, v) => {
    const transform = v === 28 ? Math.log1p : (x: number): number => x;
    const a = weightedMoments(real, label, v + 1, transform);
    const b = weightedMoments(simulated, label, v + 1, transform);
    return {
      variable: v === 28 ? "log Amount" : `V${v + 1}`,
      mean: Math.abs(a.mean - b.mean) / a.deviation,
      spread: b.deviation / a.deviation,
    };
  });
}

function weightedMoments(
  rows: LabelledRows,
  label: 0 | 1,
  column: number,
  transform: (x: number) => number,
): { mean: number; deviation: number } {
  let total = 0;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < rows.labels.length; i++) {
    if (rows.labels[i] !== label) continue;
    const x = transform(rows.inputs[i * WIDTH + column]!);
    total += rows.weights[i]!;
    sum += rows.weights[i]! * x;
    squares += rows.weights[i]! * x * x;
  }
  const mean = sum / total;
  return { mean, deviation: Math.sqrt(squares / total - mean * mean) };
}
