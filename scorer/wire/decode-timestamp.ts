import { WIRE_VARINT, type WireReader } from "./wire-reader.ts";

const SECONDS = (1 << 3) | WIRE_VARINT;
const NANOS = (2 << 3) | WIRE_VARINT;

/**
 * Reads a google.protobuf.Timestamp with its length before it.
 *
 * @returns milliseconds since 1970, of any year
 */
export function readTimestampMs(reader: WireReader): number {
  const length = reader.length();
  const outerEnd = reader.end;
  reader.end = reader.position + length;
  let seconds = 0;
  let nanos = 0;
  for (;;) {
    const field = reader.key();
    if (field === -1) break;
    if (field === SECONDS) seconds = reader.int64();
    else if (field === NANOS) nanos = reader.int64();
    else reader.skip(field);
  }
  reader.end = outerEnd;
  return seconds * 1000 + Math.trunc(nanos / 1e6);
}
