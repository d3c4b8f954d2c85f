import { gaussLegendre } from "./gauss-legendre.ts";
import { type TreeEnsemble, takesYes } from "./tree-ensemble.ts";

/** How {@link TreeShap} computes, for people who read an explanation. */
export const TREE_SHAP_METHOD =
  "exact path-dependent TreeSHAP (Lundberg et al., Nature Machine Intelligence 2020, Algorithm 2), " +
  "by Gauss-Legendre quadrature of the Shapley weights";

/**
 * Exact Shapley values of a forest under the path-dependent conditional expectation: a feature outside the coalition
 * sends a row down both branches, in proportion to their training weight (Lundberg et al. 2020, Algorithm 1 defines the
 * game, Algorithm 2 its values).
 *
 * For a leaf of value v whose path tests m distinct features, with o = 1 where the row passes all tests of a feature
 * (else 0) and z = the product of the branches' shares,
 *
 *     φᵢ = v (oᵢ − zᵢ) Σ_S |S|! (m − |S| − 1)! / m! Π_{j∈S} oⱼ Π_{j∉S} zⱼ
 *        = v (oᵢ − zᵢ) ∫₀¹ Π_{j≠i} (oⱼ t + zⱼ (1 − t)) dt,
 *
 * since the weight is the Beta integral ∫ t^|S| (1 − t)^(m−|S|−1) dt. The integrand is a polynomial of degree m − 1,
 * which ⌈m/2⌉ Gauss-Legendre points integrate exactly. The products are carried down the tree and the leaves' sums
 * carried up (as in Linear TreeSHAP, Yu et al., NeurIPS 2022), so a row costs O(nodes × depth) instead of Algorithm 2's
 * O(leaves × depth²). Nothing is allocated per call.
 */
export class TreeShap {
  /** Σ over trees of the mean leaf value under the training weights. */
  readonly expected: number;
  readonly #ensemble: TreeEnsemble;
  readonly #rules: readonly Rule[];
  /** Nearest edge above that tests the same feature as the edge into this node, or −1. */
  readonly #previous: Int32Array;
  /** Product of the shares of all edges on this edge's feature, from the root to it. */
  readonly #zeros: Float64Array;
  /** (1 − z) w / (t + z (1 − t)) for each edge and quadrature point of a tree, from `#hotStarts[tree]`. */
  readonly #hotWeights: Float64Array;
  readonly #hotStarts: Uint32Array;
  readonly #passes: Uint8Array;
  readonly #products: Float64Array;

  /** @param ensemble with shares */
  constructor(ensemble: TreeEnsemble) {
    const { starts, feature, parent, share, value } = ensemble;
    if (!share) throw new RangeError("TreeSHAP needs the covers of the nodes");
    const count = feature.length;
    this.#ensemble = ensemble;
    this.#previous = new Int32Array(count).fill(-1);
    this.#zeros = new Float64Array(count);
    this.#passes = new Uint8Array(count);
    this.#hotStarts = new Uint32Array(starts.length);
    const distinct = new Uint8Array(count);
    const reach = new Float64Array(count);
    const rules: Rule[] = [];
    let expected = ensemble.base;
    let largest = 0;
    for (let tree = 0; tree + 1 < starts.length; tree++) {
      const root = starts[tree]!;
      let most = 1;
      reach[root] = 1;
      if (feature[root]! < 0) expected += value[root]!;
      for (let node = root + 1; node < starts[tree + 1]!; node++) {
        const above = parent[node]!;
        const previous = this.#sameFeatureAbove(node, root);
        this.#previous[node] = previous;
        this.#zeros[node] = share[node]! * (previous < 0 ? 1 : this.#zeros[previous]!);
        distinct[node] = distinct[above]! + (previous < 0 ? 1 : 0);
        most = Math.max(most, distinct[node]!);
        reach[node] = reach[above]! * share[node]!;
        if (feature[node]! < 0) expected += reach[node]! * value[node]!;
      }
      const rule = ruleOf(Math.ceil(most / 2));
      const size = (starts[tree + 1]! - root) * rule.nodes.length;
      rules.push(rule);
      largest = Math.max(largest, size);
      this.#hotStarts[tree + 1] = this.#hotStarts[tree]! + size;
    }
    this.#rules = rules;
    this.#hotWeights = this.#weighHotEdges();
    this.#products = new Float64Array(largest);
    this.expected = expected;
  }

  /**
   * Adds the Shapley values of one row to `contributions`; they sum to the forest's value less {@link expected}.
   *
   * @param features the row, float32 values
   * @param weight every contribution is multiplied by it
   */
  addContributions(features: ArrayLike<number>, weight: number, contributions: Float64Array): void {
    const { starts } = this.#ensemble;
    for (let tree = 0; tree + 1 < starts.length; tree++) {
      this.#descend(tree, features);
      this.#ascend(tree, weight, contributions);
    }
  }

  /** Carries Π (oⱼ t + zⱼ (1 − t)) at each quadrature point from the root to every node. */
  #descend(tree: number, features: ArrayLike<number>): void {
    const { starts, feature, threshold, mode, yes, no } = this.#ensemble;
    const { nodes: points } = this.#rules[tree]!;
    const root = starts[tree]!;
    const end = starts[tree + 1]!;
    this.#products.fill(1, 0, points.length);
    for (let node = root; node < end; node++) {
      const tested = feature[node]!;
      if (tested < 0) continue;
      const passes = takesYes(mode[node]!, features[tested]!, threshold[node]!);
      this.#enter(yes[node]!, node, root, passes ? 1 : 0, points);
      this.#enter(no[node]!, node, root, passes ? 0 : 1, points);
    }
  }

  /** The products of one node from its parent's: times the edge's factor, divided by the one it replaces. */
  #enter(node: number, above: number, root: number, goes: number, points: Float64Array): void {
    const products = this.#products;
    const count = points.length;
    const zero = this.#zeros[node]!;
    const previous = this.#previous[node]!;
    let from = (above - root) * count;
    let to = (node - root) * count;
    if (previous < 0) {
      this.#passes[node] = goes;
      if (goes === 1) {
        for (let k = 0; k < count; k++) {
          const t = points[k]!;
          products[to++] = products[from++]! * (t + zero * (1 - t));
        }
      } else {
        for (let k = 0; k < count; k++) products[to++] = products[from++]! * (zero * (1 - points[k]!));
      }
      return;
    }
    const oneBefore = this.#passes[previous]!;
    const zeroBefore = this.#zeros[previous]!;
    const one = goes * oneBefore;
    this.#passes[node] = one;
    if (oneBefore === 0) {
      // Already outside: only the share shrinks, at every point alike.
      const ratio = zero / zeroBefore;
      for (let k = 0; k < count; k++) products[to++] = products[from++]! * ratio;
      return;
    }
    for (let k = 0; k < count; k++) {
      const t = points[k]!;
      const rest = 1 - t;
      products[to++] = (products[from++]! * (one * t + zero * rest)) / (t + zeroBefore * rest);
    }
  }

  /**
   * Adds up the leaves from below, and on each edge what the feature it tests gains from the leaves under it:
   * (o − z) ∫ Π / (o t + z (1 − t)) dt, a dot product with the edge's weights where o = 1 and with the same weights
   * for all edges where o = 0, because z cancels.
   */
  #ascend(tree: number, weight: number, contributions: Float64Array): void {
    const { starts, feature, parent, value } = this.#ensemble;
    const { nodes, coldWeights } = this.#rules[tree]!;
    const count = nodes.length;
    const sums = this.#products;
    const passes = this.#passes;
    const previousEdge = this.#previous;
    const hotWeights = this.#hotWeights;
    const root = starts[tree]!;
    const offset = this.#hotStarts[tree]!;
    // The products of inner nodes were needed on the way down only: each becomes a sum when its children come home.
    for (let node = starts[tree + 1]! - 1; node > root; node--) {
      const at = (node - root) * count;
      const above = parent[node]!;
      const home = (above - root) * count;
      const leaf = feature[node]! < 0 ? value[node]! : 1;
      // Children come home last to first, and a first child stands right behind its parent.
      const kept = node === above + 1 ? 1 : 0;
      let cold = 0;
      let hot = 0;
      for (let k = 0; k < count; k++) {
        const sum = sums[at + k]! * leaf;
        cold += coldWeights[k]! * sum;
        hot += hotWeights[offset + at + k]! * sum;
        sums[at + k] = sum;
        sums[home + k] = kept * sums[home + k]! + sum;
      }
      let gain = passes[node] === 1 ? hot : -cold;
      const previous = previousEdge[node]!;
      if (previous >= 0) {
        if (passes[previous] === 1) {
          const row = offset + (previous - root) * count;
          for (let k = 0; k < count; k++) gain -= hotWeights[row + k]! * sums[at + k]!;
        } else {
          gain += cold;
        }
      }
      contributions[feature[above]!]! += weight * gain;
    }
  }

  #weighHotEdges(): Float64Array {
    const { starts } = this.#ensemble;
    const table = new Float64Array(this.#hotStarts.at(-1)!);
    let at = 0;
    for (let tree = 0; tree + 1 < starts.length; tree++) {
      const { nodes, weights } = this.#rules[tree]!;
      for (let node = starts[tree]!; node < starts[tree + 1]!; node++) {
        const zero = this.#zeros[node]!;
        nodes.forEach((t, k) => {
          table[at++] = ((1 - zero) * weights[k]!) / (t + zero * (1 - t));
        });
      }
    }
    return table;
  }

  #sameFeatureAbove(node: number, root: number): number {
    const { feature, parent } = this.#ensemble;
    const tested = feature[parent[node]!]!;
    for (let edge = parent[node]!; edge !== root; edge = parent[edge]!) {
      if (feature[parent[edge]!] === tested) return edge;
    }
    return -1;
  }
}

/** A Gauss-Legendre rule, and its weights divided by 1 − t. */
interface Rule {
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
  readonly coldWeights: Float64Array;
}

const rulesByCount = new Map<number, Rule>();

function ruleOf(count: number): Rule {
  let rule = rulesByCount.get(count);
  if (!rule) {
    const { nodes, weights } = gaussLegendre(count);
    rule = { nodes, weights, coldWeights: weights.map((weight, k) => weight / (1 - nodes[k]!)) };
    rulesByCount.set(count, rule);
  }
  return rule;
}
