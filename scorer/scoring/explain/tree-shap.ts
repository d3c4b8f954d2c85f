import { gaussLegendre, type Quadrature } from "./gauss-legendre.ts";
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
  readonly #rules: readonly Quadrature[];
  /** Nearest edge above that tests the same feature as the edge into this node, or 0xffffffff. */
  readonly #previous: Uint32Array;
  /** Product of the shares of all edges on this edge's feature, from the root to it. */
  readonly #zeros: Float64Array;
  readonly #passes: Uint8Array;
  readonly #products: Float64Array;

  /** @param ensemble with shares */
  constructor(ensemble: TreeEnsemble) {
    const { starts, feature, parent, share, value } = ensemble;
    if (!share) throw new RangeError("TreeSHAP needs the covers of the nodes");
    const count = feature.length;
    this.#ensemble = ensemble;
    this.#previous = new Uint32Array(count).fill(NONE);
    this.#zeros = new Float64Array(count);
    this.#passes = new Uint8Array(count);
    const distinct = new Uint8Array(count);
    const reach = new Float64Array(count);
    const rules: Quadrature[] = [];
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
        this.#zeros[node] = share[node]! * (previous === NONE ? 1 : this.#zeros[previous]!);
        distinct[node] = distinct[above]! + (previous === NONE ? 1 : 0);
        most = Math.max(most, distinct[node]!);
        reach[node] = reach[above]! * share[node]!;
        if (feature[node]! < 0) expected += reach[node]! * value[node]!;
      }
      const points = Math.ceil(most / 2);
      rules.push(gaussLegendreOf(points));
      largest = Math.max(largest, (starts[tree + 1]! - root) * points);
    }
    this.#rules = rules;
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
    const { starts, feature, threshold, mode, yes, parent } = this.#ensemble;
    const { nodes: points } = this.#rules[tree]!;
    const count = points.length;
    const products = this.#products;
    const passes = this.#passes;
    const zeros = this.#zeros;
    const previousEdge = this.#previous;
    const root = starts[tree]!;
    const end = starts[tree + 1]!;
    for (let k = 0; k < count; k++) products[k] = 1;
    for (let node = root + 1; node < end; node++) {
      const above = parent[node]!;
      const tested = feature[above]!;
      const goes = takesYes(mode[above]!, features[tested]!, threshold[above]!) === (yes[above] === node);
      const previous = previousEdge[node]!;
      const zero = zeros[node]!;
      const from = (above - root) * count;
      const to = (node - root) * count;
      if (previous === NONE) {
        const one = goes ? 1 : 0;
        passes[node] = one;
        for (let k = 0; k < count; k++) {
          const t = points[k]!;
          products[to + k] = products[from + k]! * (one * t + zero * (1 - t));
        }
      } else {
        const oneBefore = passes[previous]!;
        const one = goes ? oneBefore : 0;
        const zeroBefore = zeros[previous]!;
        passes[node] = one;
        for (let k = 0; k < count; k++) {
          const t = points[k]!;
          const before = oneBefore * t + zeroBefore * (1 - t);
          products[to + k] = (products[from + k]! / before) * (one * t + zero * (1 - t));
        }
      }
    }
  }

  /** Adds up the leaves from below, and on each edge what the feature it tests gains from the leaves under it. */
  #ascend(tree: number, weight: number, contributions: Float64Array): void {
    const { starts, feature, parent, value } = this.#ensemble;
    const { nodes: points, weights } = this.#rules[tree]!;
    const count = points.length;
    const sums = this.#products;
    const passes = this.#passes;
    const zeros = this.#zeros;
    const previousEdge = this.#previous;
    const root = starts[tree]!;
    // Inner nodes' products were needed on the way down only: each becomes its sum the moment a child comes home.
    for (let node = starts[tree + 1]! - 1; node > root; node--) {
      const at = (node - root) * count;
      if (feature[node]! < 0) {
        const leaf = value[node]!;
        for (let k = 0; k < count; k++) sums[at + k]! *= leaf;
      }
      const above = parent[node]!;
      const one = passes[node]!;
      const zero = zeros[node]!;
      let integral = 0;
      for (let k = 0; k < count; k++) {
        const t = points[k]!;
        integral += (weights[k]! * sums[at + k]!) / (one * t + zero * (1 - t));
      }
      let gain = (one - zero) * integral;
      const previous = previousEdge[node]!;
      if (previous !== NONE) {
        const oneBefore = passes[previous]!;
        const zeroBefore = zeros[previous]!;
        let before = 0;
        for (let k = 0; k < count; k++) {
          const t = points[k]!;
          before += (weights[k]! * sums[at + k]!) / (oneBefore * t + zeroBefore * (1 - t));
        }
        gain -= (oneBefore - zeroBefore) * before;
      }
      contributions[feature[above]!]! += weight * gain;
      const home = (above - root) * count;
      // A parent stands right before its first child: the last child in reverse order is the first to be laid down.
      if (node === above + 1)
        for (let k = 0; k < count; k++) sums[home + k] = sums[home + k]! + sums[at + k]!;
      else for (let k = 0; k < count; k++) sums[home + k] = sums[at + k]!;
    }
  }

  #sameFeatureAbove(node: number, root: number): number {
    const { feature, parent } = this.#ensemble;
    const tested = feature[parent[node]!]!;
    for (let edge = parent[node]!; edge !== root; edge = parent[edge]!) {
      if (feature[parent[edge]!] === tested) return edge;
    }
    return NONE;
  }
}

const NONE = 0xffffffff;

const rulesByCount = new Map<number, Quadrature>();

function gaussLegendreOf(count: number): Quadrature {
  let rule = rulesByCount.get(count);
  if (!rule) {
    rule = gaussLegendre(count);
    rulesByCount.set(count, rule);
  }
  return rule;
}
