import { Random } from "../../platform/math/random.ts";
import type { Matrix } from "../features/matrix.ts";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import { appendTrees, leafOf, type Tree } from "../graph/tree-ensemble.ts";
import { type Booster, type BoosterParameters, fitBooster } from "./boosting-fit.ts";
import type { BoostSetup } from "./boosting-worker.ts";
import type { FitOptions, FittedModel, Learner, TrainingSet } from "./learner.ts";
import { checkTrainingSet } from "./training-set.ts";
import { runTasks } from "./worker-pool.ts";

export interface BoostingParameters extends BoosterParameters {
  /** Boosters fitted with different seeds, their log-odds averaged: less variance for the same depth of learning. */
  readonly bags: number;
}

/** The reference run of the data's README: 500 trees of depth 5, rate 0.05, rows and columns 0.8. */
export const referenceBoosting: BoostingParameters = {
  growth: "level",
  trees: 500,
  maxDepth: 5,
  maxLeaves: 31,
  learningRate: 0.05,
  lambda: 1,
  gamma: 0,
  minChildWeight: 1,
  subsample: 0.8,
  colsampleByTree: 0.8,
  emptyBins: "right",
  ignore: [],
  rowWeights: "data",
  positiveWeight: 1,
  baseScore: 0.5,
  maxBins: 255,
  binWeights: "loss",
  bags: 1,
};

/**
 * Gradient-boosted trees on the logistic loss: second-order (Chen & Guestrin 2016, XGBoost) on histograms of at most
 * 255 bins with the subtraction trick, level-wise or leaf-wise (Ke et al. 2017, LightGBM). `raw` is log-odds.
 * Threads work on different bags; a single booster runs on one.
 *
 * @throws DomainError `invalid_argument` from `fit` for data that cannot be learned from, see checkTrainingSet
 */
export function gradientBoosting(overrides: Partial<BoostingParameters> = {}): Learner {
  const parameters: BoostingParameters = { ...referenceBoosting, ...overrides };
  checkParameters(parameters);
  return {
    algorithm: "gradient-boosting",
    parameters: { ...parameters },
    fit: (set, options) => fitBags(parameters, set, options),
  };
}

function checkParameters(p: BoostingParameters): void {
  const share = (x: number) => x > 0 && x <= 1;
  const wrong = Object.entries({
    trees: p.trees >= 1,
    bags: p.bags >= 1,
    maxDepth: p.maxDepth >= 0,
    maxLeaves: p.maxLeaves >= 2,
    learningRate: p.learningRate > 0,
    lambda: p.lambda >= 0,
    subsample: share(p.subsample),
    colsampleByTree: share(p.colsampleByTree),
    baseScore: p.baseScore === "prior" || (p.baseScore > 0 && p.baseScore < 1),
    positiveWeight: p.positiveWeight === "balanced" || p.positiveWeight > 0,
  }).find(([, right]) => !right);
  if (wrong) {
    const name = wrong[0] as keyof BoostingParameters;
    throw new RangeError(`gradient boosting: ${name} cannot be ${String(p[name])}`);
  }
}

async function fitBags(
  { bags, ...parameters }: BoostingParameters,
  set: TrainingSet,
  { seed, threads = 2, progress, watched }: FitOptions,
): Promise<FittedModel> {
  checkTrainingSet(set);
  const unknown = parameters.ignore.find((name) => !set.features.names.includes(name));
  if (unknown !== undefined) throw new RangeError(`gradient boosting: no feature ${unknown} to ignore`);
  if (set.features.names.every((name) => parameters.ignore.includes(name))) {
    throw new RangeError("gradient boosting: every feature is ignored");
  }
  const seeds = Array.from({ length: bags }, (_, bag) => new Random(seed, bag).uint32());
  let boosters: Booster[];
  if (threads < 2 || bags < 2) {
    boosters = seeds.map((s, bag) =>
      fitBooster(
        parameters,
        set,
        s,
        (trees) => progress?.(bag * parameters.trees + trees, bags * parameters.trees, "trees"),
        watched,
      ),
    );
  } else {
    const module = new URL(
      import.meta.url.endsWith(".ts") ? "./boosting-worker.ts" : "./boosting-worker.js",
      import.meta.url,
    );
    boosters = await runTasks<BoostSetup, number, Booster>(
      module,
      { parameters, set, watched },
      seeds,
      threads,
      (done) => progress?.(done, bags, "boosters"),
    );
  }
  const { earlyStopping, ...rest } = parameters;
  const trees = Math.round(boosters.reduce((sum, b) => sum + b.trees.length, 0) / bags);
  const settled = earlyStopping && gradientBoosting({ ...rest, bags, trees });
  return new BoostedModel(boosters, set.features.columns, settled);
}

/** A fitted bag of boosters, its trees already divided by their number. */
export class BoostedModel implements FittedModel {
  readonly algorithm = "gradient-boosting";
  readonly link = "logistic";
  readonly trees: readonly Tree[];
  readonly base: number;
  readonly importance: Float64Array;
  /** Trees and validation metric of each booster. */
  readonly boosters: readonly { readonly trees: number; readonly history: readonly number[] }[];

  readonly settled?: Learner;

  constructor(boosters: readonly Booster[], columns: number, settled?: Learner) {
    if (settled) this.settled = settled;
    const share = 1 / boosters.length;
    this.trees = boosters.flatMap((b) =>
      b.trees.map((tree) => ({ ...tree, value: tree.value.map((v) => v * share) })),
    );
    this.base = Math.fround(boosters.reduce((sum, b) => sum + b.base * share, 0));
    const gain = new Float64Array(columns);
    for (const b of boosters) for (let c = 0; c < columns; c++) gain[c]! += b.gain[c]!;
    const total = gain.reduce((a, b) => a + b, 0);
    this.importance = total > 0 ? gain.map((g) => g / total) : gain;
    this.boosters = boosters.map((b) => ({ trees: b.trees.length, history: b.history }));
  }

  predict({ rows, columns, values }: Matrix): Float64Array {
    const raw = new Float64Array(rows).fill(this.base);
    for (const tree of this.trees) {
      for (let r = 0; r < rows; r++) raw[r]! += tree.value[leafOf(tree, values, r * columns)]!;
    }
    return raw;
  }

  appendTo(graph: GraphBuilder, features: string): string {
    return appendTrees(graph, features, this.trees, this.base);
  }
}
