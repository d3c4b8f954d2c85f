import { DomainError } from "../../../platform/process/errors.ts";
import type { Attribute, GraphNode } from "./onnx-graph.ts";

/** A forest in flat arrays, one entry a node; the nodes of a tree stand together, parents before their children. */
export interface TreeEnsemble {
  /** First node of each tree, and the number of nodes at the end: trees + 1 entries. */
  readonly starts: Uint32Array;
  /** Feature a node tests, −1 at a leaf. */
  readonly feature: Int32Array;
  /** Value it is compared with, as float32 (what ONNX Runtime compares). */
  readonly threshold: Float64Array;
  /** How, see {@link BRANCH_MODES}. */
  readonly mode: Uint8Array;
  /** Where to go when the test holds, and when not. */
  readonly yes: Uint32Array;
  readonly no: Uint32Array;
  /** Parent of a node; a root is its own. */
  readonly parent: Uint32Array;
  /** What a leaf adds to the sum. */
  readonly value: Float64Array;
  /**
   * Share of the parent's training weight that went to this node, (0, 1]; 1 at a root. Undefined when the file
   * does not carry covers.
   */
  readonly share: Float64Array | undefined;
  /** Added to the sum of the trees. */
  readonly base: number;
}

/** Tests by their number in ONNX's TreeEnsemble: x ≤ t, x < t, x ≥ t, x > t, x = t, x ≠ t. */
export const BRANCH_MODES = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"];

/** A branch that no training row took still gets this share, so that nothing divides by zero. */
const LEAST_SHARE = 1e-9;

/** Nodes as the file lists them, before they are put in order. */
interface Listed {
  readonly feature: ArrayLike<number>;
  readonly threshold: ArrayLike<number>;
  readonly mode: ArrayLike<number>;
  /** Positions in the list; −1 at a leaf. */
  readonly yes: ArrayLike<number>;
  readonly no: ArrayLike<number>;
  readonly value: ArrayLike<number>;
  readonly cover: ArrayLike<number> | undefined;
  readonly roots: readonly number[];
  readonly scale: number;
  readonly base: number;
}

/**
 * Reads a TreeEnsembleRegressor (ai.onnx.ml 1–3) or TreeEnsemble (5) with one target.
 *
 * @throws DomainError `invalid_argument` when the node has several targets, a post-transform, an aggregate other than
 *   sum or average, or a structure that is no forest
 */
export function readTreeEnsemble(node: GraphNode): TreeEnsemble {
  return inOrder(node.op === "TreeEnsemble" ? listVersion5(node) : listVersion3(node));
}

/** Whether a value takes the yes branch. */
export function takesYes(mode: number, value: number, threshold: number): boolean {
  switch (mode) {
    case 0:
      return value <= threshold;
    case 1:
      return value < threshold;
    case 2:
      return value >= threshold;
    case 3:
      return value > threshold;
    case 4:
      return value === threshold;
    default:
      return value !== threshold;
  }
}

/** The ensemble's sum for one row of features. */
export function evaluateTrees(ensemble: TreeEnsemble, features: ArrayLike<number>): number {
  const { starts, feature, threshold, mode, yes, no, value } = ensemble;
  let sum = ensemble.base;
  for (let tree = 0; tree + 1 < starts.length; tree++) {
    let node = starts[tree]!;
    while (feature[node]! >= 0) {
      node = takesYes(mode[node]!, features[feature[node]!]!, threshold[node]!) ? yes[node]! : no[node]!;
    }
    sum += value[node]!;
  }
  return sum;
}

function refuse(why: string): never {
  throw new DomainError("invalid_argument", `tree ensemble: ${why}`);
}

function numbers(attributes: ReadonlyMap<string, Attribute>, name: string): ArrayLike<number> {
  const attribute = attributes.get(name);
  const tensor = attributes.get(`${name}_as_tensor`)?.t ?? attribute?.t;
  if (tensor) return tensor.data;
  return attribute ? (attribute.floats.length > 0 ? attribute.floats : attribute.ints) : [];
}

function listVersion3({ attributes }: GraphNode): Listed {
  const post = attributes.get("post_transform")?.s ?? "NONE";
  const aggregate = attributes.get("aggregate_function")?.s ?? "SUM";
  if (post !== "NONE") refuse(`post_transform ${post} is not supported`);
  if (aggregate !== "SUM" && aggregate !== "AVERAGE") refuse(`aggregate ${aggregate} is not supported`);
  if ((attributes.get("n_targets")?.i ?? 1) !== 1) refuse("more than one target");
  const treeIds = numbers(attributes, "nodes_treeids");
  const nodeIds = numbers(attributes, "nodes_nodeids");
  const count = treeIds.length;
  const position = new Map<string, number>();
  for (let i = 0; i < count; i++) position.set(`${treeIds[i]}/${nodeIds[i]}`, i);
  const find = (tree: number | undefined, id: number | undefined): number =>
    position.get(`${tree}/${id}`) ?? refuse(`tree ${tree} has no node ${id}`);

  const mode = (attributes.get("nodes_modes")?.strings ?? []).map((name) =>
    name === "LEAF" ? -1 : BRANCH_MODES.indexOf(name),
  );
  const trueIds = numbers(attributes, "nodes_truenodeids");
  const falseIds = numbers(attributes, "nodes_falsenodeids");
  const features = numbers(attributes, "nodes_featureids");
  const yes = new Int32Array(count).fill(-1);
  const no = new Int32Array(count).fill(-1);
  const feature = new Int32Array(count).fill(-1);
  const isChild = new Uint8Array(count);
  const names = attributes.get("nodes_modes")?.strings ?? [];
  for (let i = 0; i < count; i++) {
    if (names[i] === "LEAF") continue;
    if (mode[i] === -1) refuse(`node mode ${names[i]} is not supported`);
    feature[i] = features[i]!;
    yes[i] = find(treeIds[i], trueIds[i]);
    no[i] = find(treeIds[i], falseIds[i]);
    isChild[yes[i]!] = 1;
    isChild[no[i]!] = 1;
  }
  const value = new Float64Array(count);
  const targetTrees = numbers(attributes, "target_treeids");
  const targetNodes = numbers(attributes, "target_nodeids");
  const weights = numbers(attributes, "target_weights");
  for (let i = 0; i < weights.length; i++) value[find(targetTrees[i], targetNodes[i])]! += weights[i]!;
  const roots = Array.from({ length: count }, (_, i) => i).filter((i) => isChild[i] === 0);
  const cover = numbers(attributes, "nodes_hitrates");
  return {
    feature,
    threshold: numbers(attributes, "nodes_values"),
    mode,
    yes,
    no,
    value,
    cover: cover.length === count ? cover : undefined,
    roots,
    scale: aggregate === "AVERAGE" ? 1 / roots.length : 1,
    base: numbers(attributes, "base_values")[0] ?? 0,
  };
}

/** In version 5 leaves stand in lists of their own; here they follow the inner nodes. */
function listVersion5({ attributes }: GraphNode): Listed {
  const aggregate = attributes.get("aggregate_function")?.i ?? 1;
  if ((attributes.get("post_transform")?.i ?? 0) !== 0) refuse("post_transform is not supported");
  if (aggregate !== 0 && aggregate !== 1) refuse(`aggregate ${aggregate} is not supported`);
  if ((attributes.get("n_targets")?.i ?? 1) !== 1) refuse("more than one target");
  const features = numbers(attributes, "nodes_featureids");
  const inner = features.length;
  const weights = numbers(attributes, "leaf_weights");
  const count = inner + weights.length;
  const modes = numbers(attributes, "nodes_modes");
  const trueIds = numbers(attributes, "nodes_truenodeids");
  const falseIds = numbers(attributes, "nodes_falsenodeids");
  const trueLeafs = numbers(attributes, "nodes_trueleafs");
  const falseLeafs = numbers(attributes, "nodes_falseleafs");
  const yes = new Int32Array(count).fill(-1);
  const no = new Int32Array(count).fill(-1);
  const feature = new Int32Array(count).fill(-1);
  const mode = new Int32Array(count);
  const threshold = new Float64Array(count);
  const value = new Float64Array(count);
  for (let i = 0; i < weights.length; i++) value[inner + i] = weights[i]!;
  const splits = numbers(attributes, "nodes_splits");
  for (let i = 0; i < inner; i++) {
    if (modes[i]! >= BRANCH_MODES.length) refuse("set membership tests are not supported");
    feature[i] = features[i]!;
    mode[i] = modes[i]!;
    threshold[i] = splits[i]!;
    yes[i] = trueLeafs[i] ? inner + trueIds[i]! : trueIds[i]!;
    no[i] = falseLeafs[i] ? inner + falseIds[i]! : falseIds[i]!;
    if (trueLeafs[i] && falseLeafs[i] && yes[i] === no[i]) {
      feature[i] = -1; // how version 5 writes a tree of one leaf: a test whose branches meet
      value[i] = value[yes[i]!]!;
    }
  }
  const roots = Array.from(numbers(attributes, "tree_roots"));
  const cover = leafCovers(numbers(attributes, "nodes_hitrates"), inner, count, yes, no);
  return {
    feature,
    threshold,
    mode,
    yes,
    no,
    value,
    cover,
    roots,
    scale: aggregate === 0 ? 1 / roots.length : 1,
    base: 0,
  };
}

/** Version 5 gives covers of inner nodes only: a leaf's is what its sibling leaves over, unknown between two leaves. */
function leafCovers(
  innerCover: ArrayLike<number>,
  inner: number,
  count: number,
  yes: Int32Array,
  no: Int32Array,
): Float64Array | undefined {
  if (innerCover.length !== inner) return undefined;
  const cover = new Float64Array(count);
  for (let i = 0; i < inner; i++) cover[i] = innerCover[i]!;
  for (let i = 0; i < inner; i++) {
    const [a, b] = [yes[i]!, no[i]!];
    if (a >= inner && b >= inner) return undefined;
    if (a >= inner) cover[a] = Math.max(0, cover[i]! - cover[b]!);
    if (b >= inner) cover[b] = Math.max(0, cover[i]! - cover[a]!);
  }
  return cover;
}

function inOrder(listed: Listed): TreeEnsemble {
  const count = listed.value.length;
  const starts = new Uint32Array(listed.roots.length + 1);
  const feature = new Int32Array(count).fill(-1);
  const threshold = new Float64Array(count);
  const mode = new Uint8Array(count);
  const yes = new Uint32Array(count);
  const no = new Uint32Array(count);
  const parent = new Uint32Array(count);
  const value = new Float64Array(count);
  const share = listed.cover && new Float64Array(count);
  // Some exporters write the same number at every node: that is no cover.
  let splits = 0;
  let covered = 0;
  let next = 0;
  const stack: { from: number; parent: number; yes: boolean; share: number }[] = [];
  listed.roots.forEach((root, tree) => {
    starts[tree] = next;
    stack.push({ from: root, parent: -1, yes: false, share: 1 });
    for (let item = stack.pop(); item; item = stack.pop()) {
      const { from } = item;
      const to = next++;
      if (to >= count) refuse("a node has two parents");
      parent[to] = item.parent < 0 ? to : item.parent;
      if (item.parent >= 0) (item.yes ? yes : no)[item.parent] = to;
      if (share) share[to] = item.share;
      if (listed.feature[from]! < 0) {
        value[to] = listed.value[from]! * listed.scale;
        continue;
      }
      feature[to] = listed.feature[from]!;
      threshold[to] = Math.fround(listed.threshold[from]!);
      mode[to] = listed.mode[from]!;
      const [a, b] = [listed.yes[from]!, listed.no[from]!];
      const coverA = listed.cover?.[a] ?? 0;
      const coverB = listed.cover?.[b] ?? 0;
      const both = coverA + coverB;
      splits++;
      if (both > 0 && !(coverA === coverB && coverA === listed.cover?.[from])) covered++;
      const shareA = both > 0 ? Math.min(Math.max(coverA / both, LEAST_SHARE), 1 - LEAST_SHARE) : 0.5;
      stack.push({ from: b, parent: to, yes: false, share: 1 - shareA });
      stack.push({ from: a, parent: to, yes: true, share: shareA });
    }
  });
  starts[listed.roots.length] = next;
  return {
    starts,
    feature,
    threshold,
    mode,
    yes,
    no,
    parent,
    value,
    share: splits === 0 || covered > 0 ? share : undefined,
    base: listed.base,
  };
}
