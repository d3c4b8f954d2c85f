import { type AggregateKind, OF_LABELS } from "../../domain/features/definition.ts";
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

/** A window and the filter and value of its events: figures that agree in these share what is added up. */
interface Sum {
  readonly windowMs: number;
  readonly delayMs: number;
  readonly current: boolean;
  readonly mask: number;
  readonly group: number;
  readonly value: number;
  readonly measure: number;
  /** What its figures ask for beside count, sum, least and most. */
  readonly spread: boolean;
  readonly distinct: Set<number> | undefined;
  /** Kept by the caller from payment to payment, so that one makes no garbage. */
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
}

/** In what figures agree that share a sum. */
const KEYS = ["windowMs", "delayMs", "current", "mask", "value", "measure"] as const;

/**
 * The windows over one stream. A window of `windowMs` that ends `delayMs` before a payment at t has the events at
 * (t − delay − window, t − delay]. Where events have become tiles, a tile counts when it lies in the window as a whole:
 * the far edge of a window then moves by at most a tile, 1/256 of the stream's longest.
 */
export class Windows {
  readonly #figures: readonly WindowFigure[];
  readonly #sums: readonly Sum[];
  /** For each figure its sum. */
  readonly #sumOf: readonly Sum[];
  readonly #reachMs: number;
  readonly #labels: boolean;

  constructor(figures: readonly WindowFigure[]) {
    this.#figures = figures;
    const shared = new Map<string, Sum>();
    this.#sumOf = figures.map((figure) => {
      const key = KEYS.map((name) => figure[name]).join();
      const sum = shared.get(key) ?? newSum(figure, figures);
      shared.set(key, sum);
      return sum;
    });
    this.#sums = [...shared.values()];
    this.#reachMs = Math.max(0, ...figures.map(({ windowMs, delayMs }) => windowMs + delayMs));
    this.#labels = figures.some(({ kind }) => OF_LABELS.has(kind));
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
    const time = event[TIME]!;
    const known = state !== undefined && holds(state, event[ID]!, time - this.#reachMs);
    for (let i = 0; i < this.#sums.length; i++) {
      const sum = this.#sums[i]!;
      reset(sum, time);
      if (state || sum.current) addEvents(sum, state, event, known);
      if (state && state.tileCount > 0) addTiles(sum, state);
    }
    if (state && this.#labels && state.fraudCount > 0) this.#addFrauds(state, time);
    for (let i = 0; i < this.#figures.length; i++) {
      into[offset + i] = figureOf(this.#figures[i]!, this.#sumOf[i]!, time);
    }
  }

  #addFrauds(state: EntityState, time: number): void {
    const { frauds } = state;
    for (let f = (state.fraudCount - 1) * FRAUD_STRIDE; f >= 0; f -= FRAUD_STRIDE) {
      if (frauds[f + KNOWN_AT]! > time) continue;
      const at = frauds[f + TIME]!;
      const flags = frauds[f + FLAGS]!;
      for (let i = 0; i < this.#sums.length; i++) {
        const sum = this.#sums[i]!;
        if (at > sum.from && at <= sum.to && (flags & sum.mask) === sum.mask) sum.frauds++;
      }
    }
  }
}

function newSum(of: WindowFigure, figures: readonly WindowFigure[]): Sum {
  const kinds = figures
    .filter((figure) => KEYS.every((key) => figure[key] === of[key]))
    .map(({ kind }) => kind);
  const { windowMs, delayMs, current, mask, group, value, measure } = of;
  return {
    ...{ windowMs, delayMs, current, mask, group, value, measure },
    spread: kinds.includes("std"),
    distinct: kinds.includes("distinct") ? new Set() : undefined,
    ...{ from: 0, to: 0, count: 0, total: 0, mean: 0, m2: 0, least: 0, most: 0, newest: 0, frauds: 0 },
  };
}

function reset(sum: Sum, time: number): void {
  sum.to = time - sum.delayMs;
  sum.from = sum.to - sum.windowMs;
  sum.count = 0;
  sum.total = 0;
  sum.mean = 0;
  sum.m2 = 0;
  sum.least = Number.POSITIVE_INFINITY;
  sum.most = Number.NEGATIVE_INFINITY;
  sum.newest = Number.NEGATIVE_INFINITY;
  sum.frauds = 0;
  sum.distinct?.clear();
}

/** Whether an event of this id is among those after a time: the payment itself, recorded before. */
function holds(state: EntityState, id: number, after: number): boolean {
  const { events } = state;
  const { stride } = state.layout;
  for (let e = (state.eventCount - 1) * stride; e >= 0 && events[e + TIME]! > after; e -= stride) {
    if (events[e + ID] === id) return true;
  }
  return false;
}

/** How many events are at a time or before it: they lie in order of time. */
function until(state: EntityState, time: number): number {
  const { events } = state;
  const { stride } = state.layout;
  let low = 0;
  let high = state.eventCount;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (events[middle * stride + TIME]! <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @param known whether the payment itself is among the events; it counts as the current one or not at all */
function addEvents(sum: Sum, state: EntityState | undefined, event: Float64Array, known: boolean): void {
  const { mask, value } = sum;
  const current = sum.current && (event[FLAGS]! & mask) === mask;
  const stride = state ? state.layout.stride : 0;
  const events = state ? state.events : event;
  const begin = state ? until(state, sum.from) * stride : 0;
  const end = state ? until(state, sum.to) * stride : 0;
  if (value < 0) {
    addCount(sum, events, begin, end, stride, event, known);
    if (current) sum.count++;
    return;
  }
  // In local variables: this is the innermost loop of everything.
  let count = 0;
  let total = 0;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  const id = event[ID]!;
  for (let e = begin; e < end; e += stride) {
    if (mask !== 0 && (events[e + FLAGS]! & mask) !== mask) continue;
    if (known && events[e + ID] === id) continue;
    const x = events[e + FIRST_VALUE + value]!;
    count++;
    total += x;
    if (x < least) least = x;
    if (x > most) most = x;
    if (sum.distinct) sum.distinct.add(x);
  }
  if (current) {
    const x = event[FIRST_VALUE + value]!;
    count++;
    total += x;
    if (x < least) least = x;
    if (x > most) most = x;
    if (sum.distinct) sum.distinct.add(x);
  }
  if (count === 0) return;
  const mean = total / count;
  sum.count = count;
  sum.total = total;
  sum.mean = mean;
  sum.least = least;
  sum.most = most;
  if (!sum.spread) return;
  // A second pass for the spread: the plain sum of squares loses the digits that matter.
  let m2 = current ? (event[FIRST_VALUE + value]! - mean) ** 2 : 0;
  for (let e = begin; e < end; e += stride) {
    if (mask !== 0 && (events[e + FLAGS]! & mask) !== mask) continue;
    if (known && events[e + ID] === id) continue;
    m2 += (events[e + FIRST_VALUE + value]! - mean) ** 2;
  }
  sum.m2 = m2;
}

/** Counts events, and notes the newest. */
function addCount(
  sum: Sum,
  events: Float64Array,
  begin: number,
  end: number,
  stride: number,
  event: Float64Array,
  known: boolean,
): void {
  const { mask } = sum;
  if (begin === end) return;
  if (mask === 0 && !known) {
    sum.count = (end - begin) / stride;
    sum.newest = events[end - stride + TIME]!;
    return;
  }
  let count = 0;
  const id = event[ID]!;
  for (let e = begin; e < end; e += stride) {
    if (mask !== 0 && (events[e + FLAGS]! & mask) !== mask) continue;
    if (known && events[e + ID] === id) continue;
    count++;
    sum.newest = events[e + TIME]!;
  }
  sum.count = count;
}

function addTiles(sum: Sum, state: EntityState): void {
  const { tiles, layout } = state;
  const { tileStride, groups } = layout;
  const { group, measure } = sum;
  for (let t = (state.tileCount - 1) * tileStride; t >= 0; t -= tileStride) {
    const last = tiles[t + TILE_LAST]!;
    if (tiles[t + TILE_FIRST]! <= sum.from || last > sum.to) continue;
    const count = tiles[t + TILE_GROUPS + group]!;
    if (count === 0) continue;
    if (last > sum.newest) sum.newest = last;
    if (measure < 0) {
      sum.count += count;
      continue;
    }
    const at = t + TILE_GROUPS + groups.length + measure * MEASURE_WIDTH;
    // Chan, Golub, LeVeque (1983): two means and sums of squared deviations made one.
    const both = sum.count + count;
    const delta = tiles[at + MEAN]! - sum.mean;
    sum.m2 += tiles[at + M2]! + (delta * delta * sum.count * count) / both;
    sum.mean += (delta * count) / both;
    sum.count = both;
    sum.total += tiles[at + MEAN]! * count;
    sum.least = Math.min(sum.least, tiles[at + LEAST]!);
    sum.most = Math.max(sum.most, tiles[at + MOST]!);
  }
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
