const DIGITS = 11;
const BUCKETS = 1 << DIGITS;

/**
 * Row numbers by falling score, equal scores in row order. A radix sort over the 64 bits of the score: linear, so
 * that a curve over a million rows costs a fraction of a second.
 *
 * @param scores finite numbers, not changed
 */
export function descendingOrder(scores: Float32Array | Float64Array): Uint32Array<ArrayBuffer> {
  const n = scores.length;
  const bits = new Uint32Array(Float64Array.from(scores, (score) => score + 0).buffer); // + 0 makes -0 into 0
  for (let i = 0; i < n; i++) {
    // Flipped so that unsigned order is falling numeric order: negatives as they are, the others inverted.
    const negative = bits[2 * i + 1]! >>> 31;
    if (negative === 0) {
      bits[2 * i] = ~bits[2 * i]!;
      bits[2 * i + 1] = ~bits[2 * i + 1]! & 0x7fffffff;
    }
  }
  let order = Uint32Array.from({ length: n }, (_, i) => i);
  let next = new Uint32Array(n);
  const start = new Uint32Array(BUCKETS);
  for (let word = 0; word < 2; word++) {
    for (let shift = 0; shift < 32; shift += DIGITS) {
      start.fill(0);
      for (let i = 0; i < n; i++) start[(bits[2 * i + word]! >>> shift) & (BUCKETS - 1)]!++;
      if (start[(bits[word]! >>> shift) & (BUCKETS - 1)] === n) continue; // all the same digit
      for (let bucket = 0, sum = 0; bucket < BUCKETS; bucket++) {
        const count = start[bucket]!;
        start[bucket] = sum;
        sum += count;
      }
      for (let i = 0; i < n; i++) {
        const row = order[i]!;
        const digit = (bits[2 * row + word]! >>> shift) & (BUCKETS - 1);
        next[start[digit]!++] = row;
      }
      [order, next] = [next, order];
    }
  }
  return order;
}
