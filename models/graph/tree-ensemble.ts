import { type GraphBuilder, ML_DOMAIN } from "./graph-builder.ts";

/**
 * One binary tree in arrays, node 0 its root; children come after their parent. A row goes left when
 * `x[feature] ≤ threshold` (float32 against float32), else right.
 */
export interface Tree {
  /** Column of the features matrix; −1 marks a leaf. */
  readonly feature: Int16Array;
  readonly threshold: Float32Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** A leaf's share of the raw score (float32: what ONNX adds up); 0 at inner nodes. */
  readonly value: Float32Array;
  /** Weighted number of training rows that passed through the node. */
  readonly cover: Float32Array;
}

/**
 * Adds the trees as one TreeEnsembleRegressor whose output is their sum plus `base`: float32 [n, 1]. Cover is
 * written as nodes_hitrates, so that explanations need no second file.
 *
 * The third version of the operator is chosen over TreeEnsemble-5 because that one has no place for the cover of
 * leaves, and because converters for scikit-learn, XGBoost and LightGBM write this one.
 */
export function appendTrees(graph: GraphBuilder, features: string, trees: readonly Tree[], base = 0): string {
  const nodes = trees.reduce((sum, tree) => sum + tree.feature.length, 0);
  const leaves = trees.reduce((sum, tree) => sum + tree.feature.filter((f) => f < 0).length, 0);
  const treeIds = new Int32Array(nodes);
  const nodeIds = new Int32Array(nodes);
  const featureIds = new Int32Array(nodes);
  const thresholds = new Float32Array(nodes);
  const hitRates = new Float32Array(nodes);
  const trueIds = new Int32Array(nodes);
  const falseIds = new Int32Array(nodes);
  const modes: string[] = new Array(nodes);
  const leafTrees = new Int32Array(leaves);
  const leafNodes = new Int32Array(leaves);
  const leafValues = new Float32Array(leaves);
  let at = 0;
  let leaf = 0;
  for (const [t, tree] of trees.entries()) {
    for (let i = 0; i < tree.feature.length; i++, at++) {
      const isLeaf = tree.feature[i]! < 0;
      treeIds[at] = t;
      nodeIds[at] = i;
      hitRates[at] = tree.cover[i]!;
      modes[at] = isLeaf ? "LEAF" : "BRANCH_LEQ";
      if (isLeaf) {
        leafTrees[leaf] = t;
        leafNodes[leaf] = i;
        leafValues[leaf++] = tree.value[i]!;
      } else {
        featureIds[at] = tree.feature[i]!;
        thresholds[at] = tree.threshold[i]!;
        trueIds[at] = tree.left[i]!;
        falseIds[at] = tree.right[i]!;
      }
    }
  }
  return graph.node(
    "TreeEnsembleRegressor",
    [features],
    {
      aggregate_function: { string: "SUM" },
      base_values: { floats: [base] },
      n_targets: { int: 1 },
      nodes_falsenodeids: { ints: falseIds },
      nodes_featureids: { ints: featureIds },
      nodes_hitrates: { floats: hitRates },
      nodes_modes: { strings: modes },
      nodes_nodeids: { ints: nodeIds },
      nodes_treeids: { ints: treeIds },
      nodes_truenodeids: { ints: trueIds },
      nodes_values: { floats: thresholds },
      post_transform: { string: "NONE" },
      target_ids: { ints: new Int32Array(leaves) },
      target_nodeids: { ints: leafNodes },
      target_treeids: { ints: leafTrees },
      target_weights: { floats: leafValues },
    },
    { domain: ML_DOMAIN, output: "trees" },
  );
}

/** The leaf that a row of a row-major matrix reaches. */
export function leafOf(tree: Tree, values: Float32Array, at: number): number {
  let node = 0;
  for (let feature = tree.feature[0]!; feature >= 0; feature = tree.feature[node]!) {
    node = values[at + feature]! <= tree.threshold[node]! ? tree.left[node]! : tree.right[node]!;
  }
  return node;
}
