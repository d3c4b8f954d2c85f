import {
  FIRST_VALUE,
  FLAGS,
  FOLDED_AT_ONCE,
  FRAUD_STRIDE,
  ID,
  type Layout,
  LEAST,
  M2,
  MAX_EVENTS,
  MAX_FRAUDS,
  MEAN,
  MEASURE_WIDTH,
  MOST,
  TILE_FIRST,
  TILE_GROUPS,
  TILE_LAST,
  TILES,
  TIME,
} from "./layout.ts";

/** What became of an event or a label that was handed to a state. */
export type Outcome =
  /** It counts from now on. */
  | "taken"
  /** It counted already. */
  | "repeated"
  /** It is older than what is kept one by one, or than every window: counted as late, and not in any feature. */
  | "late";

/**
 * The payments of one entity as aggregates read them: events one by one, newest last; where there are more than
 * {@link MAX_EVENTS}, the older ones as tiles; and the frauds. At most 1,024 events, 257 tiles and 1,024 frauds, so an
 * entity of any size takes at most some ten thousand doubles. The same sequence of calls makes the same state,
 * bit for bit, in memory and behind Redis.
 */
export class EntityState {
  readonly layout: Layout;
  /** Events, `layout.stride` doubles each, by time and then by id. */
  events: Float64Array;
  eventCount = 0;
  tiles: Float64Array;
  tileCount = 0;
  frauds: Float64Array;
  fraudCount = 0;
  /** Events up to this time are in tiles. */
  foldedUntil = Number.NEGATIVE_INFINITY;
  /** Events and labels that came too late to count. */
  late = 0;

  constructor(layout: Layout, events = 4) {
    this.layout = layout;
    this.events = new Float64Array(events * layout.stride);
    this.tiles = new Float64Array(0);
    this.frauds = new Float64Array(0);
  }

  /** The newest event's time; −∞ before the first. */
  get newest(): number {
    if (this.eventCount > 0) return this.events[(this.eventCount - 1) * this.layout.stride + TIME] as number;
    return this.foldedUntil;
  }

  /** Takes an event in at its place. @param event `layout.stride` doubles */
  insert(event: Float64Array): Outcome {
    const { stride, keptMs } = this.layout;
    const time = event[TIME] as number;
    const { newest } = this;
    if (time <= this.foldedUntil || time <= newest - keptMs) {
      this.late++;
      return "late";
    }
    const at = this.#placeOf(time, event[ID] as number);
    if (at < 0) return "repeated";
    if ((this.eventCount + 1) * stride > this.events.length) this.events = grown(this.events, stride);
    this.events.copyWithin((at + 1) * stride, at * stride, this.eventCount * stride);
    this.events.set(event, at * stride);
    this.eventCount++;
    if (time > newest) this.#forget(time - keptMs);
    if (this.eventCount > MAX_EVENTS) this.#fold();
    return "taken";
  }

  /**
   * Says what is known of a payment: from `knownAt` on it counts as fraud, or no longer.
   *
   * @param event as it was inserted
   */
  label(event: Float64Array, fraud: boolean, knownAt: number): Outcome {
    const time = event[TIME] as number;
    const id = event[ID] as number;
    const { frauds } = this;
    let at = this.fraudCount;
    for (let i = this.fraudCount - 1; i >= 0; i--) {
      const place = i * FRAUD_STRIDE;
      if (frauds[place + ID] === id && frauds[place + TIME] === time) {
        if (fraud) return "repeated";
        frauds.copyWithin(place, place + FRAUD_STRIDE, this.fraudCount * FRAUD_STRIDE);
        this.fraudCount--;
        return "taken";
      }
      if ((frauds[place + TIME] as number) > time) at = i;
    }
    if (!fraud) return "repeated";
    if (time <= this.newest - this.layout.keptMs) {
      this.late++;
      return "late";
    }
    if (this.fraudCount === MAX_FRAUDS) {
      if (at === 0) {
        this.late++;
        return "late";
      }
      frauds.copyWithin(0, FRAUD_STRIDE, this.fraudCount * FRAUD_STRIDE);
      this.fraudCount--;
      at--;
    }
    if ((this.fraudCount + 1) * FRAUD_STRIDE > this.frauds.length) {
      this.frauds = grown(this.frauds, FRAUD_STRIDE);
    }
    this.frauds.copyWithin((at + 1) * FRAUD_STRIDE, at * FRAUD_STRIDE, this.fraudCount * FRAUD_STRIDE);
    this.frauds.set([time, id, event[FLAGS] as number, knownAt], at * FRAUD_STRIDE);
    this.fraudCount++;
    return "taken";
  }

  /** Where an event goes, or −1 when it is there. */
  #placeOf(time: number, id: number): number {
    const { events } = this;
    const { stride } = this.layout;
    let at = this.eventCount;
    while (at > 0) {
      const before = (at - 1) * stride;
      const earlier = events[before + TIME] as number;
      if (earlier < time) break;
      if (earlier === time) {
        const other = events[before + ID] as number;
        if (other === id) return -1;
        if (other < id) break;
      }
      at--;
    }
    return at;
  }

  /** Drops what no window reaches any more. */
  #forget(until: number): void {
    const { stride, tileStride } = this.layout;
    const old = firstAfter(this.events, stride, this.eventCount, until);
    if (old > 0) {
      this.events.copyWithin(0, old * stride, this.eventCount * stride);
      this.eventCount -= old;
    }
    let tiles = 0;
    while (tiles < this.tileCount && (this.tiles[tiles * tileStride + TILE_LAST] as number) <= until) tiles++;
    if (tiles > 0) {
      this.tiles.copyWithin(0, tiles * tileStride, this.tileCount * tileStride);
      this.tileCount -= tiles;
    }
    const frauds = firstAfter(this.frauds, FRAUD_STRIDE, this.fraudCount, until);
    if (frauds > 0) {
      this.frauds.copyWithin(0, frauds * FRAUD_STRIDE, this.fraudCount * FRAUD_STRIDE);
      this.fraudCount -= frauds;
    }
  }

  /** Makes tiles of the oldest events. */
  #fold(): void {
    const { stride } = this.layout;
    let count = FOLDED_AT_ONCE;
    // Events of one time stay together: what is folded is told by its time.
    const timeAt = (i: number) => this.events[i * stride + TIME] as number;
    while (count < this.eventCount && timeAt(count) === timeAt(count - 1)) count++;
    for (let i = 0; i < count; i++) this.#addToTile(i * stride);
    this.foldedUntil = timeAt(count - 1);
    this.events.copyWithin(0, count * stride, this.eventCount * stride);
    this.eventCount -= count;
  }

  #addToTile(event: number): void {
    const { events } = this;
    const { tileMs, tileStride, groups, measures } = this.layout;
    const time = events[event + TIME] as number;
    const last = (this.tileCount - 1) * tileStride;
    const same =
      this.tileCount > 0 &&
      Math.floor((this.tiles[last + TILE_FIRST] as number) / tileMs) === Math.floor(time / tileMs);
    let tile = last;
    if (!same) {
      // What is dropped lies before every window of the newest payment: tiles reach over the longest of them.
      if (this.tileCount > TILES) {
        this.tiles.copyWithin(0, tileStride, this.tileCount * tileStride);
        this.tileCount--;
      }
      if ((this.tileCount + 1) * tileStride > this.tiles.length) {
        this.tiles = grown(this.tiles, tileStride, TILES + 2);
      }
      tile = this.tileCount * tileStride;
      this.tiles.fill(0, tile, tile + tileStride);
      this.tiles[tile + TILE_FIRST] = time;
      this.tileCount++;
    }
    const { tiles } = this;
    tiles[tile + TILE_LAST] = time;
    const flags = events[event + FLAGS] as number;
    for (let g = 0; g < groups.length; g++) {
      const mask = groups[g] as number;
      if ((flags & mask) === mask) tiles[tile + TILE_GROUPS + g]!++;
    }
    for (let m = 0; m < measures.length; m++) {
      const { group, value } = measures[m]!;
      const mask = groups[group] as number;
      if ((flags & mask) !== mask) continue;
      const count = tiles[tile + TILE_GROUPS + group] as number;
      const x = events[event + FIRST_VALUE + value] as number;
      const at = tile + TILE_GROUPS + groups.length + m * MEASURE_WIDTH;
      // Welford (1962): mean and sum of squared deviations, one value more.
      const delta = x - (tiles[at + MEAN] as number);
      tiles[at + MEAN]! += delta / count;
      tiles[at + M2]! += delta * (x - (tiles[at + MEAN] as number));
      tiles[at + LEAST] = count === 1 ? x : Math.min(tiles[at + LEAST] as number, x);
      tiles[at + MOST] = count === 1 ? x : Math.max(tiles[at + MOST] as number, x);
    }
  }
}

function firstAfter(rows: Float64Array, stride: number, count: number, time: number): number {
  let first = 0;
  while (first < count && (rows[first * stride + TIME] as number) <= time) first++;
  return first;
}

function grown(rows: Float64Array, stride: number, most = Number.POSITIVE_INFINITY): Float64Array {
  const more = new Float64Array(Math.min(most, Math.max(4, (rows.length / stride) * 2)) * stride);
  more.set(rows);
  return more;
}
