import type { Random } from "../../platform/math/random.ts";
import { type BinNumbers, type BinnedMatrix, widestColumn } from "../features/binning.ts";
import type { Tree } from "../graph/tree-ensemble.ts";

/** How one boosted tree grows; the names are XGBoost's and LightGBM's. */
export interface GrowthParameters {
  /** "level": every node down to maxDepth; "leaf": the leaf of the highest gain next, up to maxLeaves. */
  readonly growth: "level" | "leaf";
  readonly maxDepth: number;
  /** Only for "leaf". */
  readonly maxLeaves: number;
  readonly learningRate: number;
  /** L2 penalty on leaf values. */
  readonly lambda: number;
  /** Least gain of a split. */
  readonly gamma: number;
  /** Least sum of second derivatives in a child. */
  readonly minChildWeight: number;
  /** Share of rows drawn (without replacement) for each tree. */
  readonly subsample: number;
  /** Share of columns drawn for each tree. */
  readonly colsampleByTree: number;
  /**
   * Where to cut when the bins between two sides are empty in the node: after the left side's last bin, as XGBoost's
   * hist does, or in the middle of the gap.
   */
  readonly emptyBins: "right" | "halved";
  /** Names of features that no tree splits on. */
  readonly ignore: readonly string[];
}

interface Leaf {
  readonly node: number;
  readonly start: number;
  readonly end: number;
  readonly depth: number;
  readonly gradient: number;
  readonly hessian: number;
  readonly histogram: Float64Array;
  feature: number;
  bin: number;
  gain: number;
  leftGradient: number;
  leftHessian: number;
}

/** A grown tree beside what training needs of it. */
export interface BoostedTree {
  /** `cover` is left at 0: {@link coverTree} counts it over all rows. */
  readonly tree: Tree;
  /** Split bins by node, for walking over binned rows. */
  readonly splitBin: BinNumbers;
  /** The leaf of every row, drawn for the tree or not. Used again for the next tree. */
  readonly leaves: Int32Array;
}

/**
 * Grows second-order regression trees on histograms: gain ½ [G_L²/(H_L+λ) + G_R²/(H_R+λ) − G²/(H+λ)] − γ and leaf
 * value −η G/(H+λ), Chen & Guestrin 2016 (eq. 6, 7); the larger child's histogram is the parent's less the smaller's,
 * as in Ke et al. 2017. Reuses its buffers from tree to tree.
 */
export class TreeGrower {
  readonly #binned: BinnedMatrix;
  readonly #p: GrowthParameters;
  readonly #rows: Int32Array;
  readonly #scratch: Int32Array;
  readonly #orderedGradient: Float64Array;
  readonly #orderedHessian: Float64Array;
  readonly #pool: Float64Array[] = [];
  readonly #leaves: Int32Array;
  /** Room of a column in a histogram: a bin holds its gradient and, next to it, its hessian. */
  readonly #room: number;
  /** Columns that may be drawn, and those drawn for the tree. */
  readonly #allowed: Int32Array;
  #columns: Int32Array = new Int32Array(0);
  /** Split gain by feature, over all trees grown. */
  readonly gain: Float64Array;

  /** @param names of the columns */
  constructor(binned: BinnedMatrix, names: readonly string[], parameters: GrowthParameters) {
    this.#binned = binned;
    this.#p = parameters;
    this.#room = 2 * widestColumn(binned);
    this.#rows = new Int32Array(binned.rows);
    this.#scratch = new Int32Array(binned.rows);
    this.#leaves = new Int32Array(binned.rows);
    this.#allowed = Int32Array.from(names.keys()).filter((c) => !parameters.ignore.includes(names[c]!));
    this.#orderedGradient = new Float64Array(binned.rows);
    this.#orderedHessian = new Float64Array(binned.rows);
    this.gain = new Float64Array(binned.columns);
  }

  /**
   * Grows the next tree from n first and second derivatives of the loss, whole multiples of one {@link quantum} each
   * and no hessian 0: so sums are exact, and a bin without rows is exactly 0 after subtraction too.
   */
  grow(gradient: Float64Array, hessian: Float64Array, random: Random): BoostedTree {
    const p = this.#p;
    const size = this.#draw(random);
    const grown = new GrowingTree();
    let g = 0;
    let h = 0;
    for (let i = 0; i < size; i++) {
      g += gradient[this.#rows[i]!]!;
      h += hessian[this.#rows[i]!]!;
    }
    const root = this.#leaf(grown.add(), 0, size, 0, g, h, this.#buffer());
    if (p.maxDepth > 0) this.#fill(root, gradient, hessian);
    this.#findSplit(root);
    const open: Leaf[] = [root];
    const maxLeaves = p.growth === "leaf" ? p.maxLeaves : Number.POSITIVE_INFINITY;
    for (let leaves = 1; open.length > 0; ) {
      const leaf = this.#next(open);
      if (leaf.feature < 0 || leaves >= maxLeaves) {
        for (let i = leaf.start; i < leaf.end; i++) this.#leaves[this.#rows[i]!] = leaf.node;
        grown.value[leaf.node] = (-p.learningRate * leaf.gradient) / (leaf.hessian + p.lambda);
        this.#pool.push(leaf.histogram);
        continue;
      }
      leaves++;
      open.push(...this.#split(leaf, grown, gradient, hessian));
    }
    const tree = grown.finish(this.#leaves);
    for (let i = size; i < this.#rows.length; i++) {
      const row = this.#rows[i]!;
      this.#leaves[row] = leafOfBinned(tree, this.#binned, row);
    }
    return tree;
  }

  /** Draws rows (the others go to the end of the list) and columns of the tree; returns the number of rows. */
  #draw(random: Random): number {
    const { subsample, colsampleByTree } = this.#p;
    const rows = this.#rows;
    const limit = subsample * 2 ** 32;
    let size = 0;
    let rest = rows.length;
    for (let r = 0; r < rows.length; r++) {
      if (subsample >= 1 || random.uint32() < limit) rows[size++] = r;
      else rows[--rest] = r;
    }
    const kept = Math.max(1, Math.round(this.#allowed.length * colsampleByTree));
    this.#columns =
      kept < this.#allowed.length
        ? random.shuffle(this.#allowed.slice()).slice(0, kept).sort()
        : this.#allowed;
    return size;
  }

  #next(open: Leaf[]): Leaf {
    let at = open.length - 1;
    if (this.#p.growth === "leaf") {
      for (let i = at - 1; i >= 0; i--) if (open[i]!.gain > open[at]!.gain) at = i;
    }
    return open.splice(at, 1)[0]!;
  }

  #leaf(
    node: number,
    start: number,
    end: number,
    depth: number,
    gradient: number,
    hessian: number,
    histogram: Float64Array,
  ): Leaf {
    const split = { feature: -1, bin: 0, gain: 0, leftGradient: 0, leftHessian: 0 };
    return { node, start, end, depth, gradient, hessian, histogram, ...split };
  }

  #buffer(): Float64Array {
    return this.#pool.pop() ?? new Float64Array(this.#binned.columns * this.#room);
  }

  #split(leaf: Leaf, grown: GrowingTree, gradient: Float64Array, hessian: Float64Array): Leaf[] {
    const { bins, rows: all } = this.#binned;
    const rows = this.#rows;
    const at = leaf.feature * all;
    let middle = leaf.start;
    let spilled = 0;
    for (let i = leaf.start; i < leaf.end; i++) {
      const r = rows[i]!;
      if (bins[at + r]! <= leaf.bin) rows[middle++] = r;
      else this.#scratch[spilled++] = r;
    }
    rows.set(this.#scratch.subarray(0, spilled), middle);
    this.gain[leaf.feature]! += leaf.gain;

    const depth = leaf.depth + 1;
    const left = grown.add();
    const right = grown.add();
    grown.split(leaf.node, leaf.feature, leaf.bin, this.#binned.edges[leaf.feature]![leaf.bin]!, left, right);
    const leftSmaller = middle - leaf.start <= leaf.end - middle;
    const small = this.#buffer();
    const a = this.#leaf(
      left,
      leaf.start,
      middle,
      depth,
      leaf.leftGradient,
      leaf.leftHessian,
      leftSmaller ? small : leaf.histogram,
    );
    const b = this.#leaf(
      right,
      middle,
      leaf.end,
      depth,
      leaf.gradient - leaf.leftGradient,
      leaf.hessian - leaf.leftHessian,
      leftSmaller ? leaf.histogram : small,
    );
    if (depth < this.#p.maxDepth) {
      this.#fill(leftSmaller ? a : b, gradient, hessian);
      this.#subtract(leaf.histogram, small);
      this.#findSplit(a);
      this.#findSplit(b);
    }
    return [a, b];
  }

  #fill({ start, end, histogram }: Leaf, gradient: Float64Array, hessian: Float64Array): void {
    const { bins, rows: all } = this.#binned;
    const rows = this.#rows;
    const g = this.#orderedGradient;
    const h = this.#orderedHessian;
    for (let i = start; i < end; i++) {
      g[i] = gradient[rows[i]!]!;
      h[i] = hessian[rows[i]!]!;
    }
    const columns = this.#columns;
    const room = this.#room;
    for (const c of columns) histogram.fill(0, c * room, c * room + 2 * this.#binned.edges[c]!.length + 2);
    let c = 0;
    for (; c + 4 <= columns.length; c += 4) {
      accumulate4(histogram, room, bins, all, columns.subarray(c, c + 4), rows, g, h, start, end);
    }
    for (; c < columns.length; c++)
      accumulate(histogram, room, bins, all, columns[c]!, rows, g, h, start, end);
  }

  #subtract(parent: Float64Array, child: Float64Array): void {
    for (const c of this.#columns) {
      const end = c * this.#room + 2 * this.#binned.edges[c]!.length + 2;
      for (let i = c * this.#room; i < end; i++) parent[i]! -= child[i]!;
    }
  }

  /** Sets the leaf's best split, or none when no split gains more than γ. */
  #findSplit(leaf: Leaf): void {
    const { maxDepth, lambda, gamma, minChildWeight, emptyBins } = this.#p;
    const { histogram, gradient, hessian } = leaf;
    if (leaf.depth >= maxDepth || leaf.end - leaf.start < 2 || hessian < 2 * minChildWeight) return;
    const parent = (gradient * gradient) / (hessian + lambda);
    let best = gamma + 1e-12 * (1 + parent); // a gain within rounding is none
    for (const column of this.#columns) {
      const base = column * this.#room;
      const end = base + 2 * this.#binned.edges[column]!.length + 2;
      let g = 0;
      let h = 0;
      let previous = -1;
      for (let at = base; at < end; at += 2) {
        const binHessian = histogram[at + 1]!;
        if (binHessian === 0) continue;
        const rest = hessian - h;
        if (rest < minChildWeight) break;
        if (previous >= 0 && h >= minChildWeight) {
          const other = gradient - g;
          const gain = 0.5 * ((g * g) / (h + lambda) + (other * other) / (rest + lambda) - parent);
          if (gain > best) {
            best = gain;
            leaf.feature = column;
            const next = (at - base) >> 1;
            leaf.bin = emptyBins === "right" ? previous : (previous + next - 1) >> 1;
            leaf.gain = gain;
            leaf.leftGradient = g;
            leaf.leftHessian = h;
          }
        }
        g += histogram[at]!;
        h += binHessian;
        previous = (at - base) >> 1;
      }
    }
  }
}

/**
 * Smallest step of the derivatives of rows that weigh `total` together: a power of two such that any sum of theirs
 * fits the 53 bits of a double.
 */
export function quantum(total: number): number {
  return 2 ** (Math.ceil(Math.log2(total)) - 51);
}

/** The inner loop: adds rows[start, end) to one column's bins. */
function accumulate(
  histogram: Float64Array,
  room: number,
  bins: BinNumbers,
  all: number,
  column: number,
  rows: Int32Array,
  gradient: Float64Array,
  hessian: Float64Array,
  start: number,
  end: number,
): void {
  const from = column * all;
  const base = column * room;
  for (let i = start; i < end; i++) {
    const at = base + (bins[from + rows[i]!]! << 1);
    histogram[at]! += gradient[i]!;
    histogram[at + 1]! += hessian[i]!;
  }
}

/** The same for four columns at a time: each row is read once for them all, nearly twice as fast. */
function accumulate4(
  histogram: Float64Array,
  room: number,
  bins: BinNumbers,
  all: number,
  columns: Int32Array,
  rows: Int32Array,
  gradient: Float64Array,
  hessian: Float64Array,
  start: number,
  end: number,
): void {
  const [c0, c1, c2, c3] = [columns[0]!, columns[1]!, columns[2]!, columns[3]!];
  const [from0, from1, from2, from3] = [c0 * all, c1 * all, c2 * all, c3 * all];
  const [base0, base1, base2, base3] = [c0 * room, c1 * room, c2 * room, c3 * room];
  for (let i = start; i < end; i++) {
    const r = rows[i]!;
    const g = gradient[i]!;
    const h = hessian[i]!;
    const at0 = base0 + (bins[from0 + r]! << 1);
    const at1 = base1 + (bins[from1 + r]! << 1);
    const at2 = base2 + (bins[from2 + r]! << 1);
    const at3 = base3 + (bins[from3 + r]! << 1);
    histogram[at0]! += g;
    histogram[at0 + 1]! += h;
    histogram[at1]! += g;
    histogram[at1 + 1]! += h;
    histogram[at2]! += g;
    histogram[at2 + 1]! += h;
    histogram[at3]! += g;
    histogram[at3 + 1]! += h;
  }
}

class GrowingTree {
  readonly #feature: number[] = [];
  readonly #threshold: number[] = [];
  readonly #bin: number[] = [];
  readonly #left: number[] = [];
  readonly #right: number[] = [];
  readonly value: number[] = [];

  add(): number {
    this.#bin.push(0);
    this.#threshold.push(0);
    this.#left.push(-1);
    this.#right.push(-1);
    this.value.push(0);
    return this.#feature.push(-1) - 1;
  }

  split(node: number, feature: number, bin: number, threshold: number, left: number, right: number): void {
    this.#feature[node] = feature;
    this.#bin[node] = bin;
    this.#threshold[node] = threshold;
    this.#left[node] = left;
    this.#right[node] = right;
  }

  finish(leaves: Int32Array): BoostedTree {
    const tree: Tree = {
      feature: Int16Array.from(this.#feature),
      threshold: Float32Array.from(this.#threshold),
      left: Int32Array.from(this.#left),
      right: Int32Array.from(this.#right),
      value: Float32Array.from(this.value),
      cover: new Float32Array(this.#feature.length),
    };
    return { tree, splitBin: Uint16Array.from(this.#bin), leaves };
  }
}

/** The leaf that a binned row reaches. */
export function leafOfBinned(
  { tree, splitBin }: Pick<BoostedTree, "tree" | "splitBin">,
  { bins, rows }: BinnedMatrix,
  row: number,
): number {
  let node = 0;
  for (let feature = tree.feature[0]!; feature >= 0; feature = tree.feature[node]!) {
    node = bins[feature * rows + row]! <= splitBin[node]! ? tree.left[node]! : tree.right[node]!;
  }
  return node;
}
