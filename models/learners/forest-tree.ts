import { Random } from "../../platform/math/random.ts";
import { type BinNumbers, type BinnedMatrix, widestColumn } from "../features/binning.ts";
import type { Tree } from "../graph/tree-ensemble.ts";

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

/** How often tree `index` drew each row: n draws with replacement from the tree's own stream. */
export function bootstrapCounts(rows: number, seed: number, index: number): Uint16Array {
  const random = new Random(seed, 2 * index);
  const counts = new Uint16Array(rows);
  for (let i = 0; i < rows; i++) counts[random.int(rows)]!++;
  return counts;
}

/** The rows a tree drew, in the order of its nodes: a node is a slice of all three. */
interface Drawn {
  /** Row number · 2 + label: one gather less in the innermost loop. */
  readonly rows: Int32Array;
  /** Weight that splits are made with, times how often the row was drawn. */
  readonly weights: Float64Array;
  /** Real transactions it stands for, times how often it was drawn. */
  readonly covers: Float64Array;
}

/** A node that waits to be split: its slice and what fell into it. */
interface Pending {
  readonly node: number;
  readonly start: number;
  readonly end: number;
  readonly depth: number;
  readonly legit: number;
  readonly fraud: number;
}

/** The best split found so far; feature −1 is none. `legit` and `fraud` are those of the left side. */
interface Split {
  feature: number;
  bin: number;
  score: number;
  legit: number;
  fraud: number;
}

/** Grows tree `index` of a forest, depth first. Everything random comes from the tree's own streams. */
export function growTree(setup: GrowSetup, index: number): GrownTree {
  const { binned, maxDepth, minSamplesLeaf } = setup;
  const { rows, columns, bins } = binned;
  const random = new Random(setup.seed, 2 * index + 1);
  const { drawn, legit, fraud } = drawRows(setup, index);
  const spare = newDrawn(drawn.rows.length);
  const most = widestColumn(binned);
  const histogram = new Float64Array(2 * most);
  const counts = minSamplesLeaf > 1 ? new Int32Array(most) : undefined;
  const candidates = Int32Array.from({ length: columns }, (_, c) => c);
  const gain = new Float64Array(columns);
  const grown = new Growing();
  const best: Split = { feature: -1, bin: 0, score: 0, legit: 0, fraud: 0 };
  const root = { node: grown.add(), start: 0, end: drawn.rows.length, depth: 0, legit, fraud };
  const pending: Pending[] = [root];

  for (let task = pending.pop(); task; task = pending.pop()) {
    const { node, start, end, depth } = task;
    grown.cover[node] = sum(drawn.covers, start, end);
    const total = task.legit + task.fraud;
    // Rounding leaves crumbs of a class that has gone: a share below 1e-12 is pure.
    const pure = Math.min(task.legit, task.fraud) <= 1e-12 * total;
    best.feature = -1;
    if (depth < maxDepth && !pure && end - start >= 2 * minSamplesLeaf) findSplit(task);
    if (best.feature < 0) {
      const share = pure ? Number(task.fraud > task.legit) : task.fraud / total;
      grown.value[node] = share / setup.trees;
      continue;
    }
    const { feature, bin } = best;
    gain[feature]! += best.score - (task.legit * task.legit + task.fraud * task.fraud) / total;
    grown.feature[node] = feature;
    grown.threshold[node] = binned.edges[feature]![bin]!;
    const middle = partition(bins, feature * rows, bin, drawn, spare, start, end);
    const left = grown.add();
    const right = grown.add();
    grown.left[node] = left;
    grown.right[node] = right;
    const { legit: leftLegit, fraud: leftFraud } = best;
    pending.push({
      node: right,
      start: middle,
      end,
      depth: depth + 1,
      legit: task.legit - leftLegit,
      fraud: task.fraud - leftFraud,
    });
    pending.push({ node: left, start, end: middle, depth: depth + 1, legit: leftLegit, fraud: leftFraud });
  }
  return { tree: grown.tree(), gain };

  /**
   * Draws features without replacement until enough are seen and one of them can split, and keeps the split with
   * the highest Σ (legit² + fraud²) / weight of both sides: the lowest weighted Gini impurity.
   */
  function findSplit(task: Pending): void {
    for (let visited = 0; visited < columns; visited++) {
      if (visited >= setup.maxFeatures && best.feature >= 0) return;
      const pick = visited + random.int(columns - visited);
      const feature = candidates[pick]!;
      candidates[pick] = candidates[visited]!;
      candidates[visited] = feature;
      fillHistogram(bins, feature * rows, drawn, task.start, task.end, histogram);
      if (counts) countRows(bins, feature * rows, drawn.rows, task.start, task.end, counts);
      scan(feature, binned.edges[feature]!.length + 1, task, histogram, counts, minSamplesLeaf, best);
      histogram.fill(0);
      counts?.fill(0);
    }
  }
}

function drawRows(setup: GrowSetup, index: number): { drawn: Drawn; legit: number; fraud: number } {
  const { labels, weights, covers } = setup;
  const counts = bootstrapCounts(labels.length, setup.seed, index);
  let size = 0;
  for (const count of counts) size += Number(count > 0);
  const drawn = newDrawn(size);
  const totals = [0, 0];
  for (let r = 0, i = 0; r < labels.length; r++) {
    const count = counts[r]!;
    if (count === 0) continue;
    drawn.rows[i] = (r << 1) | labels[r]!;
    drawn.weights[i] = count * weights[r]!;
    drawn.covers[i] = count * covers[r]!;
    totals[labels[r]!]! += drawn.weights[i]!;
    i++;
  }
  return { drawn, legit: totals[0]!, fraud: totals[1]! };
}

function newDrawn(size: number): Drawn {
  return { rows: new Int32Array(size), weights: new Float64Array(size), covers: new Float64Array(size) };
}

function sum(values: Float64Array, start: number, end: number): number {
  let total = 0;
  for (let i = start; i < end; i++) total += values[i]!;
  return total;
}

/** Adds the weights of a node's rows by bin and class: cell (bin, label) is bin · 2 + label. */
function fillHistogram(
  bins: BinNumbers,
  at: number,
  { rows, weights }: Drawn,
  start: number,
  end: number,
  histogram: Float64Array,
): void {
  for (let i = start; i < end; i++) {
    const row = rows[i]!;
    const cell = (bins[at + (row >> 1)]! << 1) | (row & 1);
    histogram[cell] = histogram[cell]! + weights[i]!;
  }
}

function countRows(
  bins: BinNumbers,
  at: number,
  rows: Int32Array,
  start: number,
  end: number,
  counts: Int32Array,
): void {
  for (let i = start; i < end; i++) counts[bins[at + (rows[i]! >> 1)]!]!++;
}

/** Keeps rows of bins up to `bin` in front, both sides in their order; returns where the second begins. */
function partition(
  bins: BinNumbers,
  at: number,
  bin: number,
  drawn: Drawn,
  spare: Drawn,
  start: number,
  end: number,
): number {
  const { rows, weights, covers } = drawn;
  let left = start;
  let right = 0;
  for (let i = start; i < end; i++) {
    const row = rows[i]!;
    if (bins[at + (row >> 1)]! <= bin) {
      rows[left] = row;
      weights[left] = weights[i]!;
      covers[left++] = covers[i]!;
    } else {
      spare.rows[right] = row;
      spare.weights[right] = weights[i]!;
      spare.covers[right++] = covers[i]!;
    }
  }
  rows.set(spare.rows.subarray(0, right), left);
  weights.set(spare.weights.subarray(0, right), left);
  covers.set(spare.covers.subarray(0, right), left);
  return left;
}

/** Tries every cut between two filled bins of a feature. */
function scan(
  feature: number,
  bins: number,
  { start, end, legit, fraud }: Pending,
  histogram: Float64Array,
  counts: Int32Array | undefined,
  minSamplesLeaf: number,
  best: Split,
): void {
  let leftLegit = 0;
  let leftFraud = 0;
  let leftRows = 0;
  let previous = -1;
  for (let b = 0; b < bins; b++) {
    const binLegit = histogram[b << 1]!;
    const binFraud = histogram[(b << 1) | 1]!;
    if (binLegit === 0 && binFraud === 0) continue;
    if (previous >= 0) {
      const rightLegit = legit - leftLegit;
      const rightFraud = fraud - leftFraud;
      const score =
        (leftLegit * leftLegit + leftFraud * leftFraud) / (leftLegit + leftFraud) +
        (rightLegit * rightLegit + rightFraud * rightFraud) / (rightLegit + rightFraud);
      const enough = !counts || (leftRows >= minSamplesLeaf && end - start - leftRows >= minSamplesLeaf);
      if (enough && (best.feature < 0 || score > best.score)) {
        best.feature = feature;
        // Empty bins between two sides: cut in their middle, as one would between two values.
        best.bin = (previous + b - 1) >> 1;
        best.score = score;
        best.legit = leftLegit;
        best.fraud = leftFraud;
      }
    }
    leftLegit += binLegit;
    leftFraud += binFraud;
    if (counts) leftRows += counts[b]!;
    previous = b;
  }
}

/** The arrays of a tree while their length is not known. */
class Growing {
  readonly feature: number[] = [];
  readonly threshold: number[] = [];
  readonly left: number[] = [];
  readonly right: number[] = [];
  readonly value: number[] = [];
  readonly cover: number[] = [];

  add(): number {
    this.feature.push(-1);
    this.threshold.push(0);
    this.left.push(-1);
    this.right.push(-1);
    this.value.push(0);
    this.cover.push(0);
    return this.feature.length - 1;
  }

  tree(): GrownTree["tree"] {
    return {
      feature: Int16Array.from(this.feature),
      threshold: Float32Array.from(this.threshold),
      left: Int32Array.from(this.left),
      right: Int32Array.from(this.right),
      value: Float32Array.from(this.value),
      cover: Float32Array.from(this.cover),
    };
  }
}
