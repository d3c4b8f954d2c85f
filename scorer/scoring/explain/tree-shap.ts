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
  /** Nearest edge above that tests the same feature as the edge into this node, by the node it leads to, or −1. */
  readonly #previous: Int32Array;
  /** Product of the shares of all edges on this edge's feature, from the root to it. */
  readonly #zeros: Float64Array;
  /** A node's place among the inner nodes of its tree: theirs alone are products, sums and weights. */
  readonly #places: Uint32Array;
  /** (1 − z) w / (t + z (1 − t)) for the edge into each inner node and each quadrature point of a tree. */
  readonly #hotWeights: Float64Array;
  readonly #hotStarts: Uint32Array;
  /** 1 where the row passes every test on the edge's feature down to this node. */
  readonly #passes: Uint8Array;
  readonly #products: Float64Array;
  readonly #sums: Float64Array;

  /** @param ensemble with shares */
  constructor(ensemble: TreeEnsemble) {
    const { starts, feature, parent, share, value } = ensemble;
    if (!share) throw new RangeError("TreeSHAP needs the covers of the nodes");
    const count = feature.length;
    this.#ensemble = ensemble;
    this.#previous = new Int32Array(count).fill(-1);
    this.#zeros = new Float64Array(count).fill(1);
    this.#places = new Uint32Array(count);
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
      let inner = 0;
      for (let node = root; node < starts[tree + 1]!; node++) {
        reach[node] = 1;
        if (node > root) {
          const above = parent[node]!;
          const previous = this.#sameFeatureAbove(node, root);
          this.#previous[node] = previous;
          this.#zeros[node] = share[node]! * (previous < 0 ? 1 : this.#zeros[previous]!);
          distinct[node] = distinct[above]! + (previous < 0 ? 1 : 0);
          most = Math.max(most, distinct[node]!);
          reach[node] = reach[above]! * share[node]!;
        }
        if (feature[node]! >= 0) this.#places[node] = inner++;
        else expected += reach[node]! * value[node]!;
      }
      const rule = ruleOf(Math.ceil(most / 2));
      const size = inner * rule.nodes.length;
      rules.push(rule);
      largest = Math.max(largest, size);
      this.#hotStarts[tree + 1] = this.#hotStarts[tree]! + size;
    }
    this.#rules = rules;
    this.#hotWeights = this.#weighHotEdges();
    this.#products = new Float64Array(largest);
    this.#sums = new Float64Array(largest);
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
      this.#descend(tree, features, weight, contributions);
      this.#ascend(tree, weight, contributions);
    }
  }

  /**
   * Carries Π (oⱼ t + zⱼ (1 − t)) at each quadrature point from the root to every inner node. A leaf is settled on the
   * spot: what it adds to the feature tested above it, and to its parent's sum.
   */
  #descend(tree: number, features: ArrayLike<number>, weight: number, contributions: Float64Array): void {
    const { starts, feature, threshold, mode, yes, no } = this.#ensemble;
    const rule = this.#rules[tree]!;
    const count = rule.nodes.length;
    const end = starts[tree + 1]!;
    this.#sums.fill(0, 0, this.#hotStarts[tree + 1]! - this.#hotStarts[tree]!);
    this.#products.fill(1, 0, count);
    for (let node = starts[tree]!; node < end; node++) {
      const tested = feature[node]!;
      if (tested < 0) continue;
      const passes = takesYes(mode[node]!, features[tested]!, threshold[node]!) ? 1 : 0;
      const [a, b] = [yes[node]!, no[node]!];
      const from = this.#places[node]! * count;
      let gain = 0;
      if (feature[a]! < 0) gain += this.#settleLeaf(a, from, passes, rule);
      else this.#enter(a, from, passes, rule);
      if (feature[b]! < 0) gain += this.#settleLeaf(b, from, 1 - passes, rule);
      else this.#enter(b, from, 1 - passes, rule);
      contributions[tested]! += weight * gain;
    }
  }

  /** The products of an inner node from its parent's: times the edge's factor, divided by the one it replaces. */
  #enter(node: number, from: number, goes: number, { nodes: points, rests }: Rule): void {
    const products = this.#products;
    const count = points.length;
    const zero = this.#zeros[node]!;
    const previous = this.#previous[node]!;
    const to = this.#places[node]! * count;
    if (previous < 0) {
      this.#passes[node] = goes;
      for (let k = 0; k < count; k++) {
        products[to + k] = products[from + k]! * (goes * points[k]! + zero * rests[k]!);
      }
      return;
    }
    const oneBefore = this.#passes[previous]!;
    const zeroBefore = this.#zeros[previous]!;
    const one = goes * oneBefore;
    this.#passes[node] = one;
    if (oneBefore === 0) {
      // Outside already: only the share shrinks, at every point alike.
      const ratio = zero / zeroBefore;
      for (let k = 0; k < count; k++) products[to + k] = products[from + k]! * ratio;
      return;
    }
    for (let k = 0; k < count; k++) {
      const factor = (one * points[k]! + zero * rests[k]!) / (points[k]! + zeroBefore * rests[k]!);
      products[to + k] = products[from + k]! * factor;
    }
  }

  /** Adds a leaf to its parent's sum; returns what the feature of the edge into it gains from it. */
  #settleLeaf(node: number, from: number, goes: number, { nodes: points, rests, weights }: Rule): number {
    const products = this.#products;
    const sums = this.#sums;
    const count = points.length;
    const leaf = this.#ensemble.value[node]!;
    const zero = this.#zeros[node]!;
    const previous = this.#previous[node]!;
    let integral = 0;
    if (previous < 0) {
      // The edge's own factor cancels: Π over the others is the parent's product.
      for (let k = 0; k < count; k++) {
        const product = products[from + k]!;
        integral += weights[k]! * product;
        sums[from + k]! += leaf * product * (goes * points[k]! + zero * rests[k]!);
      }
      return leaf * (goes - zero) * integral;
    }
    const oneBefore = this.#passes[previous]!;
    const zeroBefore = this.#zeros[previous]!;
    const one = goes * oneBefore;
    for (let k = 0; k < count; k++) {
      const others = products[from + k]! / (oneBefore * points[k]! + zeroBefore * rests[k]!);
      const factor = one * points[k]! + zero * rests[k]!;
      // Gains (o − z) with this edge, and takes back what the edge before it would have had from this leaf.
      integral += weights[k]! * others * (one - zero);
      integral -=
        (weights[k]! * others * factor * (oneBefore - zeroBefore)) /
        (oneBefore * points[k]! + zeroBefore * rests[k]!);
      sums[from + k]! += leaf * others * factor;
    }
    return leaf * integral;
  }

  /**
   * Adds up the inner nodes' sums from below, and on each edge into one what the feature it tests gains from the leaves
   * under it: (o − z) ∫ Π / (o t + z (1 − t)) dt, a dot product with the edge's weights where o = 1 and with the same
   * weights for all edges where o = 0, because z cancels.
   */
  #ascend(tree: number, weight: number, contributions: Float64Array): void {
    const { starts, feature, parent } = this.#ensemble;
    const { coldWeights } = this.#rules[tree]!;
    const count = coldWeights.length;
    const sums = this.#sums;
    const passes = this.#passes;
    const places = this.#places;
    const previousEdge = this.#previous;
    const hotWeights = this.#hotWeights;
    const root = starts[tree]!;
    const offset = this.#hotStarts[tree]!;
    for (let node = starts[tree + 1]! - 1; node > root; node--) {
      if (feature[node]! < 0) continue;
      const at = places[node]! * count;
      const above = parent[node]!;
      const home = places[above]! * count;
      let cold = 0;
      let hot = 0;
      for (let k = 0; k < count; k++) {
        const sum = sums[at + k]!;
        cold += coldWeights[k]! * sum;
        hot += hotWeights[offset + at + k]! * sum;
        sums[home + k]! += sum;
      }
      let gain = passes[node] === 1 ? hot : -cold;
      const previous = previousEdge[node]!;
      if (previous >= 0) {
        if (passes[previous] === 1) {
          const row = offset + places[previous]! * count;
          for (let k = 0; k < count; k++) gain -= hotWeights[row + k]! * sums[at + k]!;
        } else {
          gain += cold;
        }
      }
      contributions[feature[above]!]! += weight * gain;
    }
  }

  #weighHotEdges(): Float64Array {
    const { starts, feature } = this.#ensemble;
    const table = new Float64Array(this.#hotStarts.at(-1)!);
    let at = 0;
    for (let tree = 0; tree + 1 < starts.length; tree++) {
      const { nodes, weights } = this.#rules[tree]!;
      for (let node = starts[tree]!; node < starts[tree + 1]!; node++) {
        if (feature[node]! < 0) continue;
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

/** A Gauss-Legendre rule with 1 − t and the weights divided by it. */
interface Rule {
  readonly nodes: Float64Array;
  readonly rests: Float64Array;
  readonly weights: Float64Array;
  readonly coldWeights: Float64Array;
}

const rulesByCount = new Map<number, Rule>();

function ruleOf(count: number): Rule {
  let rule = rulesByCount.get(count);
  if (!rule) {
    const { nodes, weights } = gaussLegendre(count);
    const rests = nodes.map((t) => 1 - t);
    rule = { nodes, rests, weights, coldWeights: weights.map((weight, k) => weight / rests[k]!) };
    rulesByCount.set(count, rule);
  }
  return rule;
}
