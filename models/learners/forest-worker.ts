import type { BinnedMatrix } from "../features/binning.ts";
import type { Tree } from "../onnx/tree-ensemble.ts";
import { growTree } from "./forest-tree.ts";
import { serveTasks } from "./worker-pool.ts";

/** What every worker of a forest gets once. The arrays are shared, not copied. */
export interface GrowSetup {
  readonly binned: BinnedMatrix;
  readonly labels: Uint8Array;
  /** Row weights that splits and leaves are made with. */
  readonly weights: Float64Array;
  /** Row weights that cover is counted in: real transactions. */
  readonly covers: Float64Array;
  readonly seed: number;
  readonly trees: number;
  readonly maxDepth: number;
  readonly minSamplesLeaf: number;
  readonly maxFeatures: number;
}

export interface GrownTree {
  readonly tree: Tree;
  /** Weighted Gini decrease by feature. */
  readonly gain: Float64Array;
}

serveTasks(
  (setup: GrowSetup) =>
    (index: number): GrownTree =>
      growTree(setup, index),
);
