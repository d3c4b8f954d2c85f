/** A histogram that costs a loop and an addition, for the answer's path. */
export class PlainHistogram {
  /** Upper edges of the buckets, inclusive. */
  readonly edges: readonly number[];
  /** By bucket; the last counts what lies above all edges. */
  readonly counts: Float64Array;
  sum = 0;

  constructor(edges: readonly number[]) {
    this.edges = edges;
    this.counts = new Float64Array(edges.length + 1);
  }

  observe(value: number): void {
    const { edges } = this;
    let bucket = 0;
    while (bucket < edges.length && value > (edges[bucket] as number)) bucket++;
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
    this.sum += value;
  }

  get count(): number {
    let count = 0;
    for (const one of this.counts) count += one;
    return count;
  }
}
