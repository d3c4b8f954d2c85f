import type { Matrix } from "./matrix.ts";

/** Histogram bins of every column: bin `b` of column `c` holds `edges[c][b-1] < x ≤ edges[c][b]`; the last is open. */
export interface Binning {
  /** Per column, rising float32 split thresholds (at most maxBins − 1): `x ≤ edges[c][b]` ⇔ `bin ≤ b`. */
  readonly edges: readonly Float32Array[];
}

/** Bin numbers: bytes where no column has more than 256 bins. */
export type BinNumbers = Uint8Array | Uint16Array;

/** A matrix as bin numbers, column-major: row `r` of column `c` is `bins[c * rows + r]`. On shared memory. */
export interface BinnedMatrix extends Binning {
  readonly rows: number;
  readonly columns: number;
  readonly bins: BinNumbers;
}

/** The most bins that a column can have. */
export const MOST_BINS = 65_536;

/** How many bins the column with the most of them has. */
export function widestColumn({ edges }: Binning): number {
  return edges.reduce((most, { length }) => Math.max(most, length + 1), 1);
}

export interface BinningOptions {
  /** 2–65,536, default 255. Over 256 a bin number takes two bytes, and histograms are slower by as much. */
  readonly maxBins?: number;
  /**
   * One weight a row for the quantiles (default 1). Give frauds and legitimate rows the same total
   * ({@link balancedWeights}) or the rare class falls into one or two bins of each tail.
   */
  readonly weights?: ArrayLike<number>;
}

/**
 * Quantile bins. A column with at most maxBins distinct values gets an edge between each two of them; every edge
 * lies midway between two neighbouring values seen, rounded to a float32 that still separates them.
 */
export function fitBins(matrix: Matrix, options: BinningOptions = {}): Binning {
  const { rows, columns } = matrix;
  const maxBins = options.maxBins ?? 255;
  if (maxBins < 2 || maxBins > MOST_BINS)
    throw new RangeError(`maxBins is ${maxBins}, must be 2–${MOST_BINS}`);
  const order = new Float32Array(rows);
  const edges: Float32Array[] = [];
  for (let c = 0; c < columns; c++) {
    for (let r = 0; r < rows; r++) order[r] = matrix.values[r * columns + c]!;
    edges.push(
      options.weights
        ? weightedEdges(order, options.weights, maxBins)
        : quantileEdges(order.slice().sort(), undefined, maxBins),
    );
  }
  return { edges };
}

/** Bin numbers of a matrix (the same columns that the bins were fitted on). */
export function applyBins(matrix: Matrix, binning: Binning): BinnedMatrix {
  const { rows, columns, values } = matrix;
  const bins =
    widestColumn(binning) <= 256
      ? new Uint8Array(new SharedArrayBuffer(rows * columns))
      : new Uint16Array(new SharedArrayBuffer(2 * rows * columns));
  for (let c = 0; c < columns; c++) {
    const edges = binning.edges[c]!;
    const at = c * rows;
    for (let r = 0, i = c; r < rows; r++, i += columns) bins[at + r] = binOf(edges, values[i]!);
  }
  return { rows, columns, bins, edges: binning.edges };
}

/** Weights that give both classes the same total: n / (2 · count of the row's class), times `weights` if given. */
export function balancedWeights(labels: Uint8Array, weights?: ArrayLike<number>): Float64Array {
  const totals = [0, 0];
  let all = 0;
  for (let r = 0; r < labels.length; r++) {
    const w = weights ? weights[r]! : 1;
    totals[labels[r]!]! += w;
    all += w;
  }
  const balanced = new Float64Array(labels.length);
  for (let r = 0; r < labels.length; r++) {
    balanced[r] = ((weights ? weights[r]! : 1) * all) / (2 * totals[labels[r]!]!);
  }
  return balanced;
}

/** The first bin whose edge is not below x. */
function binOf(edges: Float32Array, x: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (x <= edges[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}

function weightedEdges(column: Float32Array, weights: ArrayLike<number>, maxBins: number): Float32Array {
  const rows = risingOrder(column);
  const sorted = new Float32Array(rows.length);
  const sortedWeights = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    sorted[i] = column[rows[i]!]!;
    sortedWeights[i] = weights[rows[i]!]!;
  }
  return quantileEdges(sorted, sortedWeights, maxBins);
}

/**
 * Row numbers by rising value, equal values in row order. Value and row go into one double (32 bits that rise with
 * the value, 21 of the row), because sorting doubles without a comparator is many times as fast.
 */
function risingOrder(column: Float32Array): Uint32Array {
  const rows = column.length;
  if (rows > 2 ** 21) return Uint32Array.from(column.keys()).sort((a, b) => column[a]! - column[b]!);
  const bits = new Uint32Array(column.map((x) => x + 0).buffer); // + 0 makes -0 into 0
  const keys = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    const b = bits[r]!;
    keys[r] = (b >>> 31 === 1 ? ~b >>> 0 : b + 2 ** 31) * 2 ** 21 + r;
  }
  keys.sort();
  const order = new Uint32Array(rows);
  for (let i = 0; i < rows; i++) order[i] = keys[i]! % 2 ** 21;
  return order;
}

function quantileEdges(
  sorted: Float32Array,
  weights: Float64Array | undefined,
  maxBins: number,
): Float32Array {
  const distinct: number[] = [];
  const mass: number[] = [];
  let total = 0;
  for (let i = 0; i < sorted.length; i++) {
    const w = weights ? weights[i]! : 1;
    if (i === 0 || sorted[i] !== sorted[i - 1]) {
      distinct.push(sorted[i]!);
      mass.push(0);
    }
    mass[mass.length - 1]! += w;
    total += w;
  }
  const edges: number[] = [];
  if (distinct.length <= maxBins) {
    for (let i = 1; i < distinct.length; i++) edges.push(between(distinct[i - 1]!, distinct[i]!));
    return Float32Array.from(edges);
  }
  // A value heavier than a whole bin uses one up; the rest is shared out again over what is left.
  let inBin = 0;
  let left = total;
  for (let i = 0; i < distinct.length - 1 && edges.length < maxBins - 1; i++) {
    inBin += mass[i]!;
    const target = left / (maxBins - edges.length);
    if (inBin + mass[i + 1]! / 2 >= target) {
      edges.push(between(distinct[i]!, distinct[i + 1]!));
      left -= inBin;
      inBin = 0;
    }
  }
  return Float32Array.from(edges);
}

/** A float32 t with a ≤ t < b, as near the middle as there is one. */
function between(a: number, b: number): number {
  const middle = Math.fround(a + (b - a) / 2);
  return middle < b ? middle : a;
}
