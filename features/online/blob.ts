import { randomInt } from "node:crypto";
import { EntityState } from "../engine/entity-state.ts";
import { FRAUD_STRIDE, type Layout } from "../engine/layout.ts";

/**
 * A state of an entity as Redis holds it, all of it little-endian:
 *
 *     0  version   u32, {@link VERSION}
 *     4  sequence  u32, another one after every write
 *     8  events, tiles, frauds, late   u32 each: how many
 *    24  folded until   f64, milliseconds
 *    32  events, tiles, frauds   f64 each, as they are in memory
 */
const HEADER = 32;
const VERSION = 1;
const SEQUENCE = 4;
const EVENTS = 8;
const TILES = 12;
const FRAUDS = 16;
const LATE = 20;
const FOLDED_UNTIL = 24;

/** Where the sequence number lies in a blob: its first and last byte. */
export const SEQUENCE_RANGE = { first: SEQUENCE, last: SEQUENCE + 3 } as const;

/** What a blob that nobody has written yet has for a sequence number. */
export const NO_SEQUENCE = Buffer.alloc(0);

/** A blob that cannot be read: of another version, or cut off. */
export class BlobError extends Error {
  override readonly name = "BlobError";
}

/** @param sequence what {@link nextSequence} gave */
export function encodeState(state: EntityState, sequence: number): Buffer {
  const { layout, eventCount, tileCount, fraudCount } = state;
  const events = eventCount * layout.stride;
  const tiles = tileCount * layout.tileStride;
  const frauds = fraudCount * FRAUD_STRIDE;
  const bytes = new ArrayBuffer(HEADER + 8 * (events + tiles + frauds));
  const header = new DataView(bytes, 0, HEADER);
  header.setUint32(0, VERSION, true);
  header.setUint32(SEQUENCE, sequence, true);
  header.setUint32(EVENTS, eventCount, true);
  header.setUint32(TILES, tileCount, true);
  header.setUint32(FRAUDS, fraudCount, true);
  header.setUint32(LATE, state.late, true);
  header.setFloat64(FOLDED_UNTIL, state.foldedUntil, true);
  const doubles = new Float64Array(bytes, HEADER);
  doubles.set(state.events.subarray(0, events));
  doubles.set(state.tiles.subarray(0, tiles), events);
  doubles.set(state.frauds.subarray(0, frauds), events + tiles);
  return Buffer.from(bytes);
}

/** @throws BlobError */
export function decodeState(blob: Buffer, layout: Layout): EntityState {
  if (blob.length < HEADER || blob.readUInt32LE(0) !== VERSION) {
    throw new BlobError(`no state of version ${VERSION}`);
  }
  const eventCount = blob.readUInt32LE(EVENTS);
  const tileCount = blob.readUInt32LE(TILES);
  const fraudCount = blob.readUInt32LE(FRAUDS);
  const events = eventCount * layout.stride;
  const tiles = tileCount * layout.tileStride;
  const frauds = fraudCount * FRAUD_STRIDE;
  const length = HEADER + 8 * (events + tiles + frauds);
  if (blob.length !== length) throw new BlobError(`a state of ${blob.length} bytes instead of ${length}`);
  // Doubles are read where they are aligned; what came over the wire seldom is.
  const bytes = new ArrayBuffer(length - HEADER);
  new Uint8Array(bytes).set(blob.subarray(HEADER));
  const state = new EntityState(layout, 0);
  state.events = new Float64Array(bytes, 0, events);
  state.tiles = new Float64Array(bytes, 8 * events, tiles);
  state.frauds = new Float64Array(bytes, 8 * (events + tiles), frauds);
  state.eventCount = eventCount;
  state.tileCount = tileCount;
  state.fraudCount = fraudCount;
  state.late = blob.readUInt32LE(LATE);
  state.foldedUntil = blob.readDoubleLE(FOLDED_UNTIL);
  return state;
}

/** The bytes that a write compares: those of the blob that was read, or none. */
export function sequenceOf(blob: Buffer | null): Buffer {
  return blob === null ? NO_SEQUENCE : blob.subarray(SEQUENCE_RANGE.first, SEQUENCE_RANGE.last + 1);
}

/** A new blob begins anywhere: one that was lost and made again is not taken for the one that was read. */
export function nextSequence(blob: Buffer | null): number {
  return blob === null || blob.length < HEADER ? randomInt(2 ** 32) : (blob.readUInt32LE(SEQUENCE) + 1) >>> 0;
}
