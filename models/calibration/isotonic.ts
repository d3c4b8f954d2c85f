import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { Calibrator } from "../learners/learner.ts";
import { checkCalibrationRows } from "./calibration-rows.ts";
import { type Block, merge, poolAdjacentViolators } from "./pool-adjacent-violators.ts";

export interface IsotonicOptions {
  /** Most knots of the line, default 8. */
  readonly maxKnots?: number;
  /** Fewest frauds that a knot rests on, default 8: a rate from two or three frauds is noise. */
  readonly minFrauds?: number;
}

/**
 * Isotonic calibration made smooth: pooled adjacent violators, neighbouring blocks merged until each rests on enough
 * frauds and few are left, then a strictly rising line through them from raw score to log-odds (its ends go on at the
 * slope of the outer pieces). Strictly rising, so the ranking stays what it was; log-odds, so the ends reach neither
 * 0 nor 1.
 *
 * @param raw scores of rows that the model was not fitted on; NaN rows are left out
 * @param weights how many real transactions each row stands for: they set the base rate
 * @throws DomainError `invalid_argument` when a class is missing or a number is not finite
 */
export function fitIsotonic(
  raw: ArrayLike<number>,
  labels: Uint8Array,
  weights: ArrayLike<number>,
  { maxKnots = 8, minFrauds = 8 }: IsotonicOptions = {},
): Calibrator {
  const { fraud, frauds, rows } = checkCalibrationRows(raw, labels, weights);
  const meanFraud = fraud / frauds;
  const blocks = coarsen(poolAdjacentViolators(raw, labels, weights), maxKnots, minFrauds * meanFraud);
  const knots = rising(
    blocks.map(({ score, rate, weight }) => {
      // Half a fraud and half of something else more (Jeffreys): a pure block is not certain.
      const p = (rate * weight + 0.5 * meanFraud) / (weight + meanFraud);
      return { raw: score, logOdds: Math.log(p / (1 - p)) };
    }),
  );
  return new RisingLine(knots, rows, frauds);
}

/** Merges the block with the least fraud into the neighbour nearer in score, until all rest on enough. */
function coarsen(given: readonly Block[], maxKnots: number, minFraud: number): Block[] {
  const blocks = [...given];
  const fraud = (b: Block) => b.rate * b.weight;
  while (blocks.length > 2) {
    let least = 0;
    for (let i = 1; i < blocks.length; i++) if (fraud(blocks[i]!) < fraud(blocks[least]!)) least = i;
    if (blocks.length <= maxKnots && fraud(blocks[least]!) >= minFraud) break;
    const below = least > 0 ? blocks[least]!.low - blocks[least - 1]!.high : Number.POSITIVE_INFINITY;
    const above =
      least + 1 < blocks.length ? blocks[least + 1]!.low - blocks[least]!.high : Number.POSITIVE_INFINITY;
    const at = below < above ? least - 1 : least;
    blocks.splice(at, 2, merge(blocks[at]!, blocks[at + 1]!));
  }
  return blocks;
}

interface Knot {
  readonly raw: number;
  readonly logOdds: number;
}

/** Drops knots that rise too little to be told apart in float32; one knot alone becomes a line of slope 1. */
function rising(knots: readonly Knot[]): Knot[] {
  const kept: Knot[] = [];
  for (const knot of knots) {
    const last = kept.at(-1);
    const apart = !last || knot.raw - last.raw > 1e-4 * Math.max(1, Math.abs(last.raw));
    if (apart && (!last || knot.logOdds - last.logOdds > 1e-3 * (knot.raw - last.raw))) kept.push(knot);
  }
  const first = kept[0]!;
  if (kept.length === 1) kept.push({ raw: first.raw + 1, logOdds: first.logOdds + 1 });
  return kept;
}

/** Log-odds = start + slope₀ · raw + Σ bend · max(0, raw − knot): the knots in between bend the line. */
class RisingLine implements Calibrator {
  readonly method = "isotonic";
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly #start: number;
  readonly #slope: number;
  readonly #at: Float32Array;
  readonly #bends: Float32Array;

  constructor(knots: readonly Knot[], rows: number, frauds: number) {
    const slopes = knots
      .slice(1)
      .map((knot, i) => (knot.logOdds - knots[i]!.logOdds) / (knot.raw - knots[i]!.raw));
    this.#slope = Math.fround(slopes[0]!);
    this.#start = Math.fround(knots[0]!.logOdds - slopes[0]! * knots[0]!.raw);
    this.#at = Float32Array.from(knots.slice(1, -1), (k) => k.raw);
    this.#bends = Float32Array.from(this.#at, (_, i) => slopes[i + 1]! - slopes[i]!);
    this.parameters = {
      knots: knots.map(({ raw, logOdds }) => [raw, 1 / (1 + Math.exp(-logOdds))]),
      rows,
      frauds,
    };
  }

  apply(raw: ArrayLike<number>): Float64Array {
    return Float64Array.from(raw, (x) => {
      let logOdds = this.#start + this.#slope * x;
      for (let k = 0; k < this.#at.length; k++) logOdds += this.#bends[k]! * Math.max(0, x - this.#at[k]!);
      return 1 / (1 + Math.exp(-logOdds));
    });
  }

  appendTo(graph: GraphBuilder, raw: string): string {
    const scaled = graph.node("Mul", [raw, graph.floats("isotonic_slope", [this.#slope])]);
    const line = graph.node("Add", [scaled, graph.floats("isotonic_start", [this.#start])]);
    if (this.#at.length === 0) return graph.node("Sigmoid", [line]);
    const over = graph.node("Relu", [graph.node("Sub", [raw, graph.floats("isotonic_knots", this.#at)])]);
    const bends = graph.floats("isotonic_bends", this.#bends, [this.#bends.length, 1]);
    return graph.node("Sigmoid", [graph.node("Add", [line, graph.node("MatMul", [over, bends])])]);
  }
}
