import type { Random } from "../../platform/math/random.ts";

/** Draws an index in proportion to weights that stay the same: a search in their running sum. */
export class WeightedChoice {
  readonly #upTo: Float64Array;

  /** @param weights not all zero */
  constructor(weights: ArrayLike<number>) {
    let total = 0;
    this.#upTo = Float64Array.from(weights, (weight) => {
      total += weight;
      return total;
    });
  }

  draw(random: Random): number {
    const upTo = this.#upTo;
    const at = random.next() * upTo[upTo.length - 1]!;
    let low = 0;
    let high = upTo.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (upTo[middle]! > at) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
