import type { Seen } from "../scoring/seen.ts";
import { varintSize, writeVarint } from "./encode-response.ts";

/** Field numbers of paysecure.scoring.v1.ScoreResponse: 40 features, packed, and 41 without_history. */
const FEATURES = (40 << 3) | 2;
const WITHOUT_HISTORY = 41 << 3;

const HISTORY_BYTES = varintSize(WITHOUT_HISTORY) + 1;

/** `ScoreResponse.features` and `.without_history` as bytes to append; undefined where there are neither. */
export function encodeSeen({ features, withoutHistory }: Seen): Buffer | undefined {
  if (!features && !withoutHistory) return undefined;
  const target = Buffer.allocUnsafe(
    (features ? featuresBytes(features.length) : 0) + (withoutHistory ? HISTORY_BYTES : 0),
  );
  let position = 0;
  if (features) {
    position = writeVarint(target, position, FEATURES);
    position = writeVarint(target, position, features.byteLength);
    // Little-endian, as typed arrays are wherever Node runs.
    position += Buffer.from(features.buffer, features.byteOffset, features.byteLength).copy(target, position);
  }
  if (withoutHistory) {
    position = writeVarint(target, position, WITHOUT_HISTORY);
    target[position] = 1;
  }
  return target;
}

/** The longest that {@link encodeSeen} gives for a row of so many numbers. @param width 0 where no row goes along */
export function seenBytes(width: number): number {
  return HISTORY_BYTES + (width > 0 ? featuresBytes(width) : 0);
}

function featuresBytes(width: number): number {
  return varintSize(FEATURES) + varintSize(4 * width) + 4 * width;
}

/** Two pieces of an answer's rare fields, either of which may be missing. */
export function joined(one: Buffer | undefined, other: Buffer | undefined): Buffer | undefined {
  if (!one || !other) return one ?? other;
  return Buffer.concat([one, other]);
}
