import type { AggregateKind } from "../../domain/features/definition.ts";
import type { EntityState } from "./entity-state.ts";
import {
  FIRST_VALUE,
  FLAGS,
  FRAUD_STRIDE,
  ID,
  KNOWN_AT,
  LEAST,
  M2,
  MEAN,
  MEASURE_WIDTH,
  MOST,
  TILE_FIRST,
  TILE_GROUPS,
  TILE_LAST,
  TIME,
} from "./layout.ts";

/** What is taken of a window. */
export interface WindowFigure {
  readonly kind: AggregateKind;
  readonly windowMs: number;
  readonly delayMs: number;
  readonly current: boolean;
  readonly empty: number;
  /** The filter: an event counts when its flags hold this. */
  readonly mask: number;
  /** Index into the layout's groups. */
  readonly group: number;
  /** Index of the value in an event; −1 for counts. */
  readonly value: number;
  /** Index into the layout's measures; −1 where tiles keep none. */
  readonly measure: number;
}

/** What is added up while the events go by. Kept by the caller, so that a payment makes no garbage. */
interface Sum {
  from: number;
  to: number;
  count: number;
  total: number;
  mean: number;
  m2: number;
  least: number;
  most: number;
  newest: number;
  frauds: number;
  distinct: Set<number> | undefined;
}

/**
 * The windows over one stream. A window of `windowMs` that ends `delayMs` before a payment at t has the events at
 * (t − delay − window, t − delay]. Where events have become tiles, a tile counts when it lies in the window as a whole:
 * the far edge of a window then moves by at most a tile, 1/256 of the stream's longest.
 */
export class Windows {
  readonly #figures: readonly WindowFigure[];
  readonly #sums: readonly Sum[];
  readonly #reachMs: number;
  readonly #labels: boolean;

  constructor(figures: readonly WindowFigure[]) {
    this.#figures = figures;
    this.#sums = figures.map(() => ({
      ...{ from: 0, to: 0, count: 0, total: 0, mean: 0, m2: 0, least: 0, most: 0, newest: 0, frauds: 0 },
      distinct: undefined,
    }));
    this.#reachMs = Math.max(0, ...figures.map(({ windowMs, delayMs }) => windowMs + delayMs));
    this.#labels = figures.some(({ kind }) => kind === "fraud_share" || kind === "fraud_count");
  }

  /**
   * The figures for a payment.
   *
   * @param state of its entity; undefined when nothing is known of it
   * @param event the payment itself, as it will be inserted; it never counts by its id, and counts once where the
   *   current payment is asked for
   * @param into gets the figures, from `offset` on
   */
  evaluate(state: EntityState | undefined, event: Float64Array, into: Float64Array, offset: number): void {
    const time = event[TIME] as number;
    this.#reset(time);
    this.#addCurrent(event);
    if (state) {
      this.#addEvents(state, time, event[ID] as number);
      if (state.tileCount > 0) this.#addTiles(state);
      if (this.#labels) this.#addFrauds(state, time);
    }
    for (let i = 0; i < this.#figures.length; i++) {
      into[offset + i] = figureOf(this.#figures[i]!, this.#sums[i]!, time);
    }
  }

  #reset(time: number): void {
    for (let i = 0; i < this.#figures.length; i++) {
      const { windowMs, delayMs, kind } = this.#figures[i]!;
      const sum = this.#sums[i]!;
      sum.to = time - delayMs;
      sum.from = sum.to - windowMs;
      sum.count = 0;
      sum.total = 0;
      sum.mean = 0;
      sum.m2 = 0;
      sum.least = Number.POSITIVE_INFINITY;
      sum.most = Number.NEGATIVE_INFINITY;
      sum.newest = Number.NEGATIVE_INFINITY;
      sum.frauds = 0;
      sum.distinct = kind === "distinct" ? new Set() : undefined;
    }
  }

  #addCurrent(event: Float64Array): void {
    const flags = event[FLAGS] as number;
    for (let i = 0; i < this.#figures.length; i++) {
      const { current, mask, value } = this.#figures[i]!;
      if (!current || (flags & mask) !== mask) continue;
      add(this.#sums[i]!, event[TIME] as number, value < 0 ? 0 : (event[FIRST_VALUE + value] as number));
    }
  }

  #addEvents(state: EntityState, time: number, id: number): void {
    const { events } = state;
    const { stride } = state.layout;
    const reach = time - this.#reachMs;
    for (let e = (state.eventCount - 1) * stride; e >= 0; e -= stride) {
      const at = events[e + TIME] as number;
      if (at <= reach) return;
      // Recorded before, but it happened later: no window of this payment has it.
      if (at > time || events[e + ID] === id) continue;
      const flags = events[e + FLAGS] as number;
      for (let i = 0; i < this.#figures.length; i++) {
        const sum = this.#sums[i]!;
        if (at > sum.to || at <= sum.from) continue;
        const { mask, value } = this.#figures[i]!;
        if ((flags & mask) !== mask) continue;
        add(sum, at, value < 0 ? 0 : (events[e + FIRST_VALUE + value] as number));
      }
    }
  }

  #addTiles(state: EntityState): void {
    const { tiles, layout } = state;
    const { tileStride, groups } = layout;
    for (let t = (state.tileCount - 1) * tileStride; t >= 0; t -= tileStride) {
      const first = tiles[t + TILE_FIRST] as number;
      const last = tiles[t + TILE_LAST] as number;
      for (let i = 0; i < this.#figures.length; i++) {
        const { group, measure } = this.#figures[i]!;
        const sum = this.#sums[i]!;
        if (first <= sum.from || last > sum.to) continue;
        const count = tiles[t + TILE_GROUPS + group] as number;
        if (count === 0) continue;
        const at = t + TILE_GROUPS + groups.length + measure * MEASURE_WIDTH;
        if (last > sum.newest) sum.newest = last;
        if (measure < 0) {
          sum.count += count;
          continue;
        }
        // Chan, Golub, LeVeque (1983): two means and sums of squared deviations made one.
        const both = sum.count + count;
        const delta = (tiles[at + MEAN] as number) - sum.mean;
        sum.m2 += (tiles[at + M2] as number) + (delta * delta * sum.count * count) / both;
        sum.mean += (delta * count) / both;
        sum.count = both;
        sum.total += (tiles[at + MEAN] as number) * count;
        sum.least = Math.min(sum.least, tiles[at + LEAST] as number);
        sum.most = Math.max(sum.most, tiles[at + MOST] as number);
      }
    }
  }

  #addFrauds(state: EntityState, time: number): void {
    const { frauds } = state;
    for (let f = (state.fraudCount - 1) * FRAUD_STRIDE; f >= 0; f -= FRAUD_STRIDE) {
      if ((frauds[f + KNOWN_AT] as number) > time) continue;
      const at = frauds[f + TIME] as number;
      const flags = frauds[f + FLAGS] as number;
      for (let i = 0; i < this.#figures.length; i++) {
        const sum = this.#sums[i]!;
        const { mask } = this.#figures[i]!;
        if (at > sum.from && at <= sum.to && (flags & mask) === mask) sum.frauds++;
      }
    }
  }
}

function add(sum: Sum, at: number, x: number): void {
  sum.count++;
  if (at > sum.newest) sum.newest = at;
  sum.total += x;
  sum.distinct?.add(x);
  const delta = x - sum.mean;
  sum.mean += delta / sum.count;
  sum.m2 += delta * (x - sum.mean);
  if (x < sum.least) sum.least = x;
  if (x > sum.most) sum.most = x;
}

function figureOf({ kind, empty }: WindowFigure, sum: Sum, time: number): number {
  const { count } = sum;
  if (count === 0) return empty;
  switch (kind) {
    case "count":
      return count;
    case "sum":
      return sum.total;
    case "mean":
      return sum.mean;
    case "min":
      return sum.least;
    case "max":
      return sum.most;
    case "std":
      return count < 2 ? empty : Math.sqrt(sum.m2 / (count - 1));
    case "distinct":
      return (sum.distinct as Set<number>).size;
    case "since_last":
      return (time - sum.newest) / 1_000;
    case "fraud_share":
      // A fraud whose payment is not among those counted (late, or let go): never more than all.
      return Math.min(1, sum.frauds / count);
    case "fraud_count":
      return sum.frauds;
  }
}
