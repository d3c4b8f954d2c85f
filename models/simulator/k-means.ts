import { Random } from "../../platform/math/random.ts";

export interface Clusters {
  /** Cluster of each row, 0 to k − 1. */
  readonly of: Int32Array;
  readonly count: number;
}

/**
 * Weighted k-means with k-means++ starts (Arthur & Vassilvitskii 2007), best of several runs. Clusters smaller than
 * `minRows` are dissolved into the nearest of the others.
 *
 * @param points n × width, row after row
 */
export function kMeans(
  points: Float64Array,
  width: number,
  weights: ArrayLike<number>,
  options: {
    readonly clusters: number;
    readonly minRows: number;
    readonly seed: number;
    readonly runs: number;
  },
): Clusters {
  let best: { of: Int32Array; cost: number; centres: Float64Array[] } | undefined;
  for (let run = 0; run < options.runs; run++) {
    const result = once(points, width, weights, options.clusters, new Random(options.seed, run));
    if (!best || result.cost < best.cost) best = result;
  }
  const { of, centres } = best!;
  for (;;) {
    const sizes = new Int32Array(centres.length);
    for (const cluster of of) sizes[cluster]!++;
    const small = [...sizes.keys()].filter((c) => sizes[c]! > 0 && sizes[c]! < options.minRows);
    const smallest = small.sort((a, b) => sizes[a]! - sizes[b]!)[0];
    if (smallest === undefined) return renumber(of);
    for (let r = 0; r < of.length; r++) {
      if (of[r] === smallest)
        of[r] = nearest(points, r, width, centres, (c) => sizes[c]! > 0 && c !== smallest).cluster;
    }
  }
}

function once(points: Float64Array, width: number, weights: ArrayLike<number>, k: number, random: Random) {
  const n = weights.length;
  const row = (r: number): Float64Array => points.slice(r * width, (r + 1) * width);
  const centres = [row(random.int(n))];
  while (centres.length < k) {
    const distance = Float64Array.from(
      { length: n },
      (_, r) => weights[r]! * nearest(points, r, width, centres).distance,
    );
    let pick = random.next() * distance.reduce((a, b) => a + b, 0);
    let chosen = 0;
    while (chosen < n - 1 && pick > distance[chosen]!) pick -= distance[chosen++]!;
    centres.push(row(chosen));
  }
  const of = new Int32Array(n);
  let cost = 0;
  for (let iteration = 0; iteration < 40; iteration++) {
    let moved = 0;
    cost = 0;
    for (let r = 0; r < n; r++) {
      const { cluster, distance } = nearest(points, r, width, centres);
      if (of[r] !== cluster) moved++;
      of[r] = cluster;
      cost += weights[r]! * distance;
    }
    const total = new Float64Array(k);
    for (const centre of centres) centre.fill(0);
    for (let r = 0; r < n; r++) {
      const centre = centres[of[r]!]!;
      total[of[r]!]! += weights[r]!;
      for (let j = 0; j < width; j++) centre[j]! += weights[r]! * points[r * width + j]!;
    }
    for (const [c, centre] of centres.entries()) {
      for (let j = 0; j < width; j++) centre[j] = total[c]! > 0 ? centre[j]! / total[c]! : Number.MAX_VALUE;
    }
    if (moved === 0) break;
  }
  return { of, cost, centres };
}

function nearest(
  points: Float64Array,
  r: number,
  width: number,
  centres: readonly Float64Array[],
  allowed: (cluster: number) => boolean = () => true,
): { cluster: number; distance: number } {
  let cluster = 0;
  let distance = Number.POSITIVE_INFINITY;
  for (let c = 0; c < centres.length; c++) {
    if (!allowed(c)) continue;
    const centre = centres[c]!;
    let sum = 0;
    for (let j = 0; j < width && sum < distance; j++) sum += (points[r * width + j]! - centre[j]!) ** 2;
    if (sum < distance) {
      distance = sum;
      cluster = c;
    }
  }
  return { cluster, distance };
}

function renumber(of: Int32Array): Clusters {
  const numbers = new Map<number, number>();
  const renumbered = of.map((cluster) => {
    if (!numbers.has(cluster)) numbers.set(cluster, numbers.size);
    return numbers.get(cluster)!;
  });
  return { of: renumbered, count: numbers.size };
}
