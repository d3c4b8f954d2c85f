import { Random } from "../../platform/math/random.ts";
import { averagePrecision } from "../evaluate/ranking.ts";
import { applyBins, type BinnedMatrix, balancedWeights, fitBins } from "../features/binning.ts";
import type { Tree } from "../graph/tree-ensemble.ts";
import {
  type BoostedTree,
  type GrowthParameters,
  leafOfBinned,
  quantum,
  TreeGrower,
} from "./boosting-tree.ts";
import type { TrainingSet } from "./learner.ts";
import { setAsideByTime, takeTrainingRows } from "./training-set.ts";

export interface EarlyStopping {
  /** Last share of the rows by time that trees are judged on and not grown on. */
  readonly share: number;
  /** Stop when this many trees in a row brought nothing. */
  readonly rounds: number;
  /** Weighted average precision, or weighted logistic loss. */
  readonly metric: "auprc" | "logloss";
  /** Fit again on all rows with the number of trees found. */
  readonly refit: boolean;
}

export interface BoosterParameters extends GrowthParameters {
  /** Most trees. */
  readonly trees: number;
  /**
   * "data": a row counts in the loss for the transactions it stands for. "equal": every row counts once; where the
   * legitimate rows are a sample, that uses each of them as well, and calibration brings the base rate back.
   */
  readonly rowWeights: "data" | "equal";
  /** Factor on the weight of frauds (XGBoost's scale_pos_weight), or "balanced": both classes weigh the same. */
  readonly positiveWeight: number | "balanced";
  /**
   * Where boosting starts: at the base rate of the rows ("prior"), or at a probability (XGBoost's base_score, 0.5
   * there). From 0.5 every row has a large second derivative at first, so early trees weigh legitimate rows too.
   */
  readonly baseScore: number | "prior";
  readonly maxBins: number;
  /**
   * What the bins are quantiles of. "loss": the rows as the loss weighs them, as XGBoost's hist does; frauds then lie
   * in a few wide bins of the tails (perhaps why it overfits less; not tested apart). "balanced": both
   * classes weigh the same, fine bins where the frauds are.
   */
  readonly binWeights: "loss" | "balanced";
  readonly earlyStopping?: EarlyStopping;
}

/** One booster: raw = base + Σ trees, in log-odds of the weighted training rows. */
export interface Booster {
  readonly base: number;
  readonly trees: readonly Tree[];
  readonly gain: Float64Array;
  /** Validation metric after each tree, when there was early stopping. */
  readonly history: readonly number[];
}

/**
 * Fits one booster. Deterministic in its arguments.
 *
 * @param watched rows that an early stop watches; without them the last of `set` by time
 */
export function fitBooster(
  parameters: BoosterParameters,
  set: TrainingSet,
  seed: number,
  progress?: (trees: number) => void,
  watched?: TrainingSet,
): Booster {
  const stopping = parameters.earlyStopping;
  if (!stopping) return grow(parameters, set, seed, progress);
  if (watched) return grow(parameters, set, seed, progress, watched);
  const { earlier, later } = setAsideByTime(set.times, stopping.share);
  const stopped = grow(
    parameters,
    takeTrainingRows(set, earlier),
    seed,
    progress,
    takeTrainingRows(set, later),
  );
  if (!stopping.refit) return stopped;
  return { ...grow({ ...parameters, trees: stopped.trees.length }, set, seed), history: stopped.history };
}

function grow(
  parameters: BoosterParameters,
  { features, labels, weights }: TrainingSet,
  seed: number,
  progress?: (trees: number) => void,
  validation?: TrainingSet,
): Booster {
  const rowWeights = parameters.rowWeights === "equal" ? weights.map((w) => Number(w > 0)) : weights;
  const balanced = balancedWeights(labels, rowWeights);
  const lossWeights = weighted(labels, rowWeights, balanced, parameters.positiveWeight);
  const binWeights = parameters.binWeights === "loss" ? lossWeights : balanced;
  const binning = fitBins(features, { maxBins: parameters.maxBins, weights: binWeights });
  const binned = applyBins(features, binning);
  const base = Math.fround(startingPoint(parameters.baseScore, labels, lossWeights));
  const margin = new Float64Array(labels.length).fill(base);
  const step = quantum(lossWeights.reduce((a, b) => a + b, 0));
  const gradient = new Float64Array(labels.length);
  const hessian = new Float64Array(labels.length);
  const grower = new TreeGrower(binned, features.names, parameters);
  const random = new Random(seed);
  const judge =
    validation && new Judge(validation, applyBins(validation.features, binning), base, parameters);
  const trees: Tree[] = [];
  for (let t = 0; t < parameters.trees; t++) {
    derivatives(margin, labels, lossWeights, step, gradient, hessian);
    const grown = grower.grow(gradient, hessian, random);
    trees.push(grown.tree);
    advance(grown, margin, weights);
    progress?.(t + 1);
    if (judge?.stops(grown)) break;
  }
  return {
    base,
    trees: judge ? trees.slice(0, judge.best) : trees,
    gain: grower.gain,
    history: judge?.history ?? [],
  };
}

function weighted(
  labels: Uint8Array,
  weights: Float64Array,
  balanced: Float64Array,
  positiveWeight: number | "balanced",
): Float64Array {
  if (positiveWeight === "balanced") return balanced;
  return weights.map((w, r) => (labels[r] === 1 ? w * positiveWeight : w));
}

function startingPoint(baseScore: number | "prior", labels: Uint8Array, weights: Float64Array): number {
  if (baseScore !== "prior") return Math.log(baseScore / (1 - baseScore));
  const totals = [0, 0];
  for (let r = 0; r < labels.length; r++) totals[labels[r]!]! += weights[r]!;
  return Math.log(totals[1]! / totals[0]!);
}

/** First and second derivative of the weighted logistic loss by the margin, rounded to whole multiples of `step`. */
export function derivatives(
  margin: Float64Array,
  labels: Uint8Array,
  weights: Float64Array,
  step: number,
  gradient: Float64Array,
  hessian: Float64Array,
): void {
  // Adding and taking away 1.5 · 2⁵² steps leaves whole steps: rounding without the slow Math.round.
  const rounder = 1.5 * 2 ** 52 * step;
  for (let r = 0; r < margin.length; r++) {
    const p = 1 / (1 + Math.exp(-margin[r]!));
    const w = weights[r]!;
    gradient[r] = w * (p - labels[r]!) + rounder - rounder;
    hessian[r] = Math.max(w * p * (1 - p) + rounder - rounder, step);
  }
}

/** Adds the tree to every row's margin, and counts the tree's cover over all rows on the way. */
function advance({ tree, leaves }: BoostedTree, margin: Float64Array, weights: Float64Array): void {
  const { value, cover, left, right, feature } = tree;
  const counted = new Float64Array(feature.length);
  for (let r = 0; r < margin.length; r++) {
    const leaf = leaves[r]!;
    margin[r]! += value[leaf]!;
    counted[leaf]! += weights[r]!;
  }
  for (let node = feature.length - 1; node >= 0; node--) {
    if (feature[node]! >= 0) counted[node] = counted[left[node]!]! + counted[right[node]!]!;
    cover[node] = counted[node]!;
  }
}

/** Watches the rows set aside. */
class Judge {
  readonly history: number[] = [];
  /** Number of trees with the best metric so far. */
  best = 0;
  readonly #set: TrainingSet;
  readonly #binned: BinnedMatrix;
  readonly #margin: Float64Array;
  readonly #stopping: EarlyStopping;

  constructor(set: TrainingSet, binned: BinnedMatrix, base: number, parameters: BoosterParameters) {
    this.#set = set;
    this.#binned = binned;
    this.#margin = new Float64Array(set.labels.length).fill(base);
    this.#stopping = parameters.earlyStopping!;
  }

  stops(grown: BoostedTree): boolean {
    for (let r = 0; r < this.#margin.length; r++) {
      this.#margin[r]! += grown.tree.value[leafOfBinned(grown, this.#binned, r)]!;
    }
    const { labels, weights } = this.#set;
    const value =
      this.#stopping.metric === "auprc"
        ? averagePrecision({ scores: this.#margin, labels, weights })
        : -logisticLoss(this.#margin, labels, weights);
    this.history.push(value);
    if (this.best === 0 || value > this.history[this.best - 1]!) this.best = this.history.length;
    return this.history.length - this.best >= this.#stopping.rounds;
  }
}

/** Weighted mean of ln(1 + e^−z), z the margin on the label's side. */
export function logisticLoss(margin: Float64Array, labels: Uint8Array, weights: Float64Array): number {
  let loss = 0;
  let total = 0;
  for (let r = 0; r < margin.length; r++) {
    const z = labels[r] === 1 ? margin[r]! : -margin[r]!;
    loss += weights[r]! * (z > 0 ? Math.log1p(Math.exp(-z)) : Math.log1p(Math.exp(z)) - z);
    total += weights[r]!;
  }
  return loss / total;
}
