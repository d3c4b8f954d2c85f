import { applyBins, balancedWeights, fitBins } from "../features/binning.ts";
import type { Matrix } from "../features/matrix.ts";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import { appendTrees, leafOf, type Tree } from "../graph/tree-ensemble.ts";
import type { GrownTree, GrowSetup } from "./forest-tree.ts";
import { bootstrapCounts, growTree } from "./forest-tree.ts";
import type { FitOptions, FittedModel, Learner, TrainingSet } from "./learner.ts";
import { runTasks } from "./worker-pool.ts";

export interface ForestParameters {
  readonly trees: number;
  readonly maxDepth: number;
  /** Fewest distinct rows in a leaf. */
  readonly minSamplesLeaf: number;
  /** Features tried per node; undefined is the square root of their number. */
  readonly maxFeatures?: number;
  /** "balanced": both classes weigh the same, as scikit-learn's class_weight; "none": rows as the data weighs them. */
  readonly classWeight: "balanced" | "none";
  readonly maxBins: number;
}

/** The original's forest. */
export const originalForest: ForestParameters = {
  trees: 100,
  maxDepth: 10,
  minSamplesLeaf: 1,
  classWeight: "balanced",
  maxBins: 255,
};

/**
 * Random forest (Breiman 2001) as scikit-learn's RandomForestClassifier means it: a bootstrap sample a tree, Gini
 * impurity, √F features drawn anew at each node, probability = mean of the leaves' class shares. Splits are found on
 * histograms of at most 255 bins. `raw` is that probability.
 */
export function randomForest(overrides: Partial<ForestParameters> = {}): Learner {
  const parameters: ForestParameters = { ...originalForest, ...overrides };
  return {
    algorithm: "random-forest",
    parameters: { ...parameters, maxFeatures: parameters.maxFeatures ?? "sqrt" },
    fit: (set, options) => fitForest(parameters, set, options),
  };
}

const workerModule = new URL(
  import.meta.url.endsWith(".ts") ? "./forest-worker.ts" : "./forest-worker.js",
  import.meta.url,
);

async function fitForest(
  parameters: ForestParameters,
  set: TrainingSet,
  { seed, threads = 2, progress }: FitOptions,
): Promise<FittedModel> {
  const { features, labels, weights } = set;
  const balanced = balancedWeights(labels, weights);
  const binned = applyBins(features, fitBins(features, { maxBins: parameters.maxBins, weights: balanced }));
  const setup: GrowSetup = {
    binned,
    labels: shareBytes(labels),
    weights: shareDoubles(parameters.classWeight === "balanced" ? balanced : weights),
    covers: shareDoubles(weights),
    seed,
    trees: parameters.trees,
    maxDepth: parameters.maxDepth,
    minSamplesLeaf: parameters.minSamplesLeaf,
    maxFeatures: parameters.maxFeatures ?? Math.max(1, Math.floor(Math.sqrt(features.columns))),
  };
  const indices = Array.from({ length: parameters.trees }, (_, i) => i);
  const done = (finished: number) => progress?.(finished, parameters.trees, "trees");
  const grown =
    threads === 1
      ? indices.map((index) => {
          const tree = growTree(setup, index);
          done(index + 1);
          return tree;
        })
      : await runTasks<GrowSetup, number, GrownTree>(workerModule, setup, indices, threads, done);
  return new Forest(
    grown.map((g) => g.tree),
    meanGain(grown, features.columns),
    set,
    seed,
  );
}

/** A fitted forest. */
export class Forest implements FittedModel {
  readonly algorithm = "random-forest";
  readonly link = "identity";
  readonly trees: readonly Tree[];
  readonly importance: Float64Array;
  readonly #set: TrainingSet;
  readonly #seed: number;

  constructor(trees: readonly Tree[], importance: Float64Array, set: TrainingSet, seed: number) {
    this.trees = trees;
    this.importance = importance;
    this.#set = set;
    this.#seed = seed;
  }

  predict({ rows, columns, values }: Matrix): Float64Array {
    // Added up in float32, tree after tree, as ONNX Runtime does: shares such as 10/100 lie right on a threshold.
    const raw = new Float32Array(rows);
    for (const tree of this.trees) {
      for (let r = 0; r < rows; r++) raw[r]! += tree.value[leafOf(tree, values, r * columns)]!;
    }
    return Float64Array.from(raw);
  }

  /** Each training row scored by the trees whose bootstrap sample left it out. */
  get outOfBag(): Float64Array {
    const { rows, columns, values } = this.#set.features;
    const raw = new Float64Array(rows);
    const votes = new Int32Array(rows);
    for (const [t, tree] of this.trees.entries()) {
      const counts = bootstrapCounts(rows, this.#seed, t);
      for (let r = 0; r < rows; r++) {
        if (counts[r] !== 0) continue;
        raw[r]! += tree.value[leafOf(tree, values, r * columns)]!;
        votes[r]!++;
      }
    }
    return raw.map((sum, r) => (votes[r] === 0 ? Number.NaN : (sum * this.trees.length) / votes[r]!));
  }

  appendTo(graph: GraphBuilder, features: string): string {
    return appendTrees(graph, features, this.trees);
  }
}

/** Impurity decrease by feature: each tree's shares, then their mean. */
function meanGain(grown: readonly GrownTree[], columns: number): Float64Array {
  const mean = new Float64Array(columns);
  for (const { gain } of grown) {
    const total = gain.reduce((a, b) => a + b, 0);
    if (total > 0) for (let c = 0; c < columns; c++) mean[c]! += gain[c]! / total / grown.length;
  }
  return mean;
}

function shareBytes(values: Uint8Array): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(values.length));
  shared.set(values);
  return shared;
}

function shareDoubles(values: Float64Array): Float64Array {
  const shared = new Float64Array(new SharedArrayBuffer(values.byteLength));
  shared.set(values);
  return shared;
}
