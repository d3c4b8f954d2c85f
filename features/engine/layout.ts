/** What the events of a stream hold, in doubles: time, id, flags, then the values that its aggregates are taken of. */
export const TIME = 0;
export const ID = 1;
export const FLAGS = 2;
export const FIRST_VALUE = 3;

/** What a fraud holds: when the payment was, its id, its flags, and when the label was known. */
export const KNOWN_AT = 3;
export const FRAUD_STRIDE = 4;

/** What a tile holds: its first and last event's time, then by group a count, by measure sum, mean, M2, min and max. */
export const TILE_FIRST = 0;
export const TILE_LAST = 1;
export const TILE_GROUPS = 2;
export const MEASURE_WIDTH = 4;
export const MEAN = 0;
export const M2 = 1;
export const LEAST = 2;
export const MOST = 3;

/** Bits of the flags that filters may take: a double's 53 without the sign's trouble. */
export const MAX_FILTERS = 31;

/** A number of some events: those whose flags hold `mask`. */
export interface Measure {
  /** Index into {@link Layout.groups}. */
  readonly group: number;
  /** Index of the value in an event. */
  readonly value: number;
}

/** How a stream keeps its events and tiles. */
export interface Layout {
  /** Doubles an event. */
  readonly stride: number;
  /** The filters that aggregates of the stream ask for, as masks of flags; 0 is every event. */
  readonly groups: readonly number[];
  /** What tiles keep beside counts. */
  readonly measures: readonly Measure[];
  /** Doubles a tile. */
  readonly tileStride: number;
  /** Nothing older than this before the newest event is kept, milliseconds: the longest window and {@link LATENESS_MS}. */
  readonly keptMs: number;
  /** Times of a tile are of one multiple of this, milliseconds. */
  readonly tileMs: number;
}

/** A payment that is handed in later than another of its entity by this much still has its whole windows. */
export const LATENESS_MS = 86_400_000;

/** Events that are kept one by one, for each entity; older ones become tiles. */
export const MAX_EVENTS = 1_024;
/** How many become tiles at a time. */
export const FOLDED_AT_ONCE = 512;
/** Tiles over the horizon. */
export const TILES = 256;
/** Frauds that are kept, the newest. */
export const MAX_FRAUDS = 1_024;

/** A layout for events with so many values. @param horizonMs the longest window with its delay */
export function layoutOf(
  values: number,
  groups: readonly number[],
  measures: readonly Measure[],
  horizonMs: number,
): Layout {
  return {
    stride: FIRST_VALUE + values,
    groups,
    measures,
    tileStride: TILE_GROUPS + groups.length + measures.length * MEASURE_WIDTH,
    keptMs: horizonMs + LATENESS_MS,
    tileMs: Math.max(1, Math.ceil(horizonMs / TILES)),
  };
}
