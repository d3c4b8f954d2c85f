import type { Program } from "./program.ts";

/** Work spent on one explanation, in multiplications: a few milliseconds. */
const BUDGET = 500_000;
const MOST_PAIRS = 64;
const SEED = 0x9e3779b9;

/**
 * Shapley values of any function by sampling orders of the features (Štrumbelj & Kononenko, Knowledge and Information
 * Systems 2014), each order together with its reverse (antithetic, Mitchell et al., JMLR 2022). A feature outside the
 * coalition has its typical value. Whatever the sample, the contributions sum exactly to f(row) − f(typical); what
 * sampling leaves uncertain is how the sum is shared out. The orders are fixed, so the same row always gets the
 * same answer.
 */
export class SampledShapley {
  /** f(typical). */
  readonly expected: number;
  readonly orders: number;
  readonly #program: Program;
  readonly #typical: Float64Array;
  readonly #orders: Uint32Array;

  /** @param typical what a feature is taken to be outside the coalition: its center, 0 after scaling */
  constructor(program: Program, typical: Float64Array) {
    this.#program = program;
    this.#typical = typical;
    program.load(typical);
    this.expected = program.evaluate();
    const affordable = Math.floor(BUDGET / (2 * typical.length * program.cost));
    const pairs = Math.min(Math.max(affordable, 1), MOST_PAIRS);
    this.orders = 2 * pairs;
    this.#orders = randomOrders(typical.length, pairs);
  }

  /** Adds the contributions of one row times `weight`. */
  addContributions(features: ArrayLike<number>, weight: number, contributions: Float64Array): void {
    const count = this.#typical.length;
    const program = this.#program;
    const share = weight / this.orders;
    for (let order = 0; order < this.orders; order++) {
      const start = (order >>> 1) * count;
      program.load(this.#typical);
      let before = this.expected;
      for (let i = 0; i < count; i++) {
        const feature = this.#orders[start + (order & 1 ? count - 1 - i : i)]!;
        const value = features[feature]!;
        if (value === this.#typical[feature]) continue;
        program.move(feature, value);
        const after = program.evaluate();
        contributions[feature]! += share * (after - before);
        before = after;
      }
    }
  }
}

/** `pairs` shuffled orders of 0…count − 1, one after another. */
function randomOrders(count: number, pairs: number): Uint32Array {
  const orders = new Uint32Array(count * pairs);
  let state = SEED;
  for (let pair = 0; pair < pairs; pair++) {
    const order = orders.subarray(pair * count, (pair + 1) * count);
    for (let i = 0; i < count; i++) order[i] = i;
    for (let i = count - 1; i > 0; i--) {
      state ^= state << 13; // xorshift32 (Marsaglia 2003)
      state ^= state >>> 17;
      state ^= state << 5;
      const j = (state >>> 0) % (i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
  }
  return orders;
}
