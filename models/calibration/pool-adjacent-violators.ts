/** A run of rows, in the order of their score, that isotonic regression gives one value. */
export interface Block {
  /** Lowest and highest score of its rows. */
  readonly low: number;
  readonly high: number;
  /** Weighted mean score. */
  readonly score: number;
  /** Weighted mean label: the fitted value. */
  readonly rate: number;
  readonly weight: number;
}

/**
 * Weighted isotonic regression of labels on scores by pooling adjacent violators (Ayer et al. 1955): the rising step
 * function with the least weighted squares. Rows of one score get one value;
 * rows of weight 0 and NaN scores are left out. O(n log n).
 *
 * @returns blocks by rising score, their rates strictly rising
 */
export function poolAdjacentViolators(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  weights: ArrayLike<number>,
): Block[] {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i)
    .filter((r) => weights[r]! > 0 && !Number.isNaN(scores[r]!))
    .sort((a, b) => scores[a]! - scores[b]!);
  const blocks: Block[] = [];
  for (let i = 0; i < order.length; ) {
    const score = scores[order[i]!]!;
    let weight = 0;
    let sum = 0;
    for (; i < order.length && scores[order[i]!] === score; i++) {
      weight += weights[order[i]!]!;
      sum += weights[order[i]!]! * labels[order[i]!]!;
    }
    let block: Block = { low: score, high: score, score, rate: sum / weight, weight };
    for (let last = blocks.at(-1); last && last.rate >= block.rate; last = blocks.at(-1)) {
      block = merge(last, block);
      blocks.pop();
    }
    blocks.push(block);
  }
  return blocks;
}

/** Two neighbouring blocks as one. */
export function merge(a: Block, b: Block): Block {
  const weight = a.weight + b.weight;
  return {
    low: a.low,
    high: b.high,
    score: (a.score * a.weight + b.score * b.weight) / weight,
    rate: (a.rate * a.weight + b.rate * b.weight) / weight,
    weight,
  };
}
