import type { GrownTree, GrowSetup } from "./forest-worker.ts";
import { Random } from "./random.ts";

/** How often tree `index` drew each row: n draws with replacement from the tree's own stream. */
export function bootstrapCounts(rows: number, seed: number, index: number): Uint16Array {
  const random = new Random(seed, 2 * index);
  const counts = new Uint16Array(rows);
  for (let i = 0; i < rows; i++) counts[random.int(rows)]!++;
  return counts;
}

/** A node that waits to be split: its slice of the row list and what fell into it. */
interface Pending {
  readonly node: number;
  readonly start: number;
  readonly end: number;
  readonly depth: number;
  readonly legit: number;
  readonly fraud: number;
}

interface Split {
  feature: number;
  bin: number;
  score: number;
  legit: number;
  fraud: number;
}

/** Grows tree `index` of a forest, depth first. Everything random comes from the tree's own stream. */
export function growTree(setup: GrowSetup, index: number): GrownTree {
  const { binned, labels, covers, maxDepth, minSamplesLeaf, trees } = setup;
  const { rows, columns, bins } = binned;
  const random = new Random(setup.seed, 2 * index + 1);
  const counts = bootstrapCounts(rows, setup.seed, index);
  const weights = new Float64Array(rows);
  const order = new Int32Array(rows);
  let drawn = 0;
  let legit = 0;
  let fraud = 0;
  for (let r = 0; r < rows; r++) {
    if (counts[r] === 0) continue;
    order[drawn++] = r;
    const w = counts[r]! * setup.weights[r]!;
    weights[r] = w;
    if (labels[r] === 1) fraud += w;
    else legit += w;
  }
  const scratch = new Int32Array(drawn);
  const histogram = new Float64Array(512);
  const rowCounts = minSamplesLeaf > 1 ? new Int32Array(256) : undefined;
  const candidates = Int32Array.from({ length: columns }, (_, c) => c);
  const gain = new Float64Array(columns);
  const grown = new Growing();
  const pending: Pending[] = [{ node: grown.add(), start: 0, end: drawn, depth: 0, legit, fraud }];
  const best: Split = { feature: -1, bin: 0, score: 0, legit: 0, fraud: 0 };

  for (let task = pending.pop(); task; task = pending.pop()) {
    const { node, start, end, depth } = task;
    let cover = 0;
    for (let i = start; i < end; i++) cover += counts[order[i]!]! * covers[order[i]!]!;
    grown.cover[node] = cover;
    const total = task.legit + task.fraud;
    // Rounding leaves crumbs of a class that has gone: a share below 1e-12 is pure.
    const pure = Math.min(task.legit, task.fraud) <= 1e-12 * total;
    best.feature = -1;
    if (depth < maxDepth && !pure && end - start >= 2 * minSamplesLeaf) findSplit(task);
    if (best.feature < 0) {
      const share = pure ? Number(task.fraud > task.legit) : task.fraud / total;
      grown.value[node] = share / trees;
      continue;
    }
    const { feature, bin } = best;
    const at = feature * rows;
    let left = start;
    let right = 0;
    for (let i = start; i < end; i++) {
      const r = order[i]!;
      if (bins[at + r]! <= bin) order[left++] = r;
      else scratch[right++] = r;
    }
    order.set(scratch.subarray(0, right), left);
    const parent = (task.legit * task.legit + task.fraud * task.fraud) / total;
    gain[feature]! += best.score - parent;
    grown.feature[node] = feature;
    grown.threshold[node] = binned.edges[feature]![bin]!;
    const leftNode = grown.add();
    const rightNode = grown.add();
    grown.left[node] = leftNode;
    grown.right[node] = rightNode;
    const below = { depth: depth + 1 };
    pending.push({
      ...below,
      node: rightNode,
      start: left,
      end,
      legit: task.legit - best.legit,
      fraud: task.fraud - best.fraud,
    });
    pending.push({ ...below, node: leftNode, start, end: left, legit: best.legit, fraud: best.fraud });
  }
  return { tree: grown.tree(), gain };

  /**
   * Draws features without replacement until enough are seen and one of them can split, and keeps the split with
   * the highest Σ (legit² + fraud²) / weight of both sides: the lowest weighted Gini impurity.
   */
  function findSplit({ start, end, legit: allLegit, fraud: allFraud }: Pending): void {
    for (let visited = 0; visited < columns; visited++) {
      if (visited >= setup.maxFeatures && best.feature >= 0) return;
      const pick = visited + random.int(columns - visited);
      const feature = candidates[pick]!;
      candidates[pick] = candidates[visited]!;
      candidates[visited] = feature;
      const at = feature * rows;
      let lowest = 255;
      let highest = 0;
      for (let i = start; i < end; i++) {
        const r = order[i]!;
        const b = bins[at + r]!;
        histogram[(b << 1) | labels[r]!]! += weights[r]!;
        if (b < lowest) lowest = b;
        if (b > highest) highest = b;
      }
      if (rowCounts) for (let i = start; i < end; i++) rowCounts[bins[at + order[i]!]!]!++;
      scan(feature, lowest, highest, end - start, allLegit, allFraud);
      histogram.fill(0, lowest << 1, (highest + 1) << 1);
      rowCounts?.fill(0, lowest, highest + 1);
    }
  }

  function scan(
    feature: number,
    lowest: number,
    highest: number,
    size: number,
    allLegit: number,
    allFraud: number,
  ): void {
    let leftLegit = 0;
    let leftFraud = 0;
    let leftRows = 0;
    let previous = -1;
    for (let b = lowest; b <= highest; b++) {
      const binLegit = histogram[b << 1]!;
      const binFraud = histogram[(b << 1) | 1]!;
      if (binLegit === 0 && binFraud === 0) continue;
      if (previous >= 0) {
        const rightLegit = allLegit - leftLegit;
        const rightFraud = allFraud - leftFraud;
        const enough = !rowCounts || (leftRows >= minSamplesLeaf && size - leftRows >= minSamplesLeaf);
        const score =
          (leftLegit * leftLegit + leftFraud * leftFraud) / (leftLegit + leftFraud) +
          (rightLegit * rightLegit + rightFraud * rightFraud) / (rightLegit + rightFraud);
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
      if (rowCounts) leftRows += rowCounts[b]!;
      previous = b;
    }
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
