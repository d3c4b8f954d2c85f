import { DomainError } from "../../platform/process/errors.ts";

/** https://protobuf.dev/programming-guides/encoding/#structure */
export const WIRE_VARINT = 0;
export const WIRE_FIXED64 = 1;
export const WIRE_BYTES = 2;
export const WIRE_START_GROUP = 3;
export const WIRE_END_GROUP = 4;
export const WIRE_FIXED32 = 5;

const MAX_GROUP_DEPTH = 32;

/** @throws DomainError `invalid_argument`: the bytes are no protobuf message */
export function malformed(what: string, position: number): DomainError {
  return DomainError.invalid([
    { field: "(message)", description: `not a valid protobuf message: ${what} at byte ${position}` },
  ]);
}

/** A cursor over protobuf bytes that makes no objects. Reads past the end throw `invalid_argument`. */
export class WireReader {
  bytes: Buffer = Buffer.alloc(0);
  position = 0;
  end = 0;

  reset(bytes: Buffer, start = 0, end = bytes.length): void {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  /** A field's key, or -1 at the end. The field number is `key >>> 3`, the wire type `key & 7`. */
  key(): number {
    if (this.position >= this.end) return -1;
    const key = this.uint32();
    if (key >>> 3 === 0) throw malformed("field number 0", this.position);
    return key;
  }

  /** The low 32 bits of a varint of up to ten bytes. */
  uint32(): number {
    const { bytes, end } = this;
    let position = this.position;
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (position >= end) throw malformed("truncated varint", position);
      const byte = bytes[position++] as number;
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.position = position;
        return value >>> 0;
      }
    }
    throw malformed("varint longer than ten bytes", position);
  }

  /** A varint as a bool: any bit of the 64 set. */
  bool(): boolean {
    const start = this.position;
    this.uint32();
    for (let i = start; i < this.position; i++) if (((this.bytes[i] as number) & 0x7f) !== 0) return true;
    return false;
  }

  /** A varint as a signed 64-bit integer, rounded to a double. */
  int64(): number {
    const { bytes } = this;
    const start = this.position;
    this.uint32();
    let value = 0n;
    for (let i = start; i < this.position; i++) {
      value |= BigInt((bytes[i] as number) & 0x7f) << BigInt(7 * (i - start));
    }
    return Number(BigInt.asIntN(64, value));
  }

  double(): number {
    this.need(8);
    const value = this.bytes.readDoubleLE(this.position);
    this.position += 8;
    return value;
  }

  /** @param end where the field ends that it lies in */
  float(end = this.end): number {
    if (end - this.position < 4) throw malformed("truncated field", this.position);
    const value = this.bytes.readFloatLE(this.position);
    this.position += 4;
    return value;
  }

  /** Reads a length and checks that so many bytes follow; the caller moves `position`. */
  length(): number {
    const length = this.uint32();
    this.need(length);
    return length;
  }

  /** Throws unless `count` bytes are left. */
  need(count: number): void {
    if (count > this.end - this.position) throw malformed("truncated field", this.position);
  }

  /** Steps over the value of a field that nobody asked for. */
  skip(key: number, depth = 0): void {
    switch (key & 7) {
      case WIRE_VARINT:
        this.uint32();
        return;
      case WIRE_FIXED64:
        this.need(8);
        this.position += 8;
        return;
      case WIRE_BYTES: {
        const length = this.length();
        this.position += length;
        return;
      }
      case WIRE_FIXED32:
        this.need(4);
        this.position += 4;
        return;
      case WIRE_START_GROUP: {
        if (depth >= MAX_GROUP_DEPTH) throw malformed("groups nested too deep", this.position);
        for (;;) {
          const inner = this.key();
          if (inner === -1) throw malformed("group without end", this.position);
          if ((inner & 7) === WIRE_END_GROUP) {
            if (inner >>> 3 !== key >>> 3) throw malformed("mismatched end of group", this.position);
            return;
          }
          this.skip(inner, depth + 1);
        }
      }
      default:
        throw malformed(`wire type ${key & 7}`, this.position);
    }
  }
}
