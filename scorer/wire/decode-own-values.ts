import { isUtf8 } from "node:buffer";
import type { FieldValue } from "../../domain/entities.ts";
import {
  gatherEntities,
  gatherFields,
  isRightName,
  MAX_ENTITY_ID,
  MAX_FIELD_TEXT,
  type OwnValues,
  utcOf,
} from "../../domain/own-values.ts";
import type { TransactionInput } from "../scoring/transaction-input.ts";
import { readTimestampMs } from "./decode-timestamp.ts";
import { WIRE_BYTES, WIRE_FIXED64, WIRE_VARINT, type WireReader } from "./wire-reader.ts";

/** An entry of a map is a message of its own: https://protobuf.dev/programming-guides/proto3/#backwards */
const NAME = (1 << 3) | WIRE_BYTES;
const VALUE = (2 << 3) | WIRE_BYTES;

/** paysecure.scoring.v1.FieldValue; of several the last is the one. */
const NUMBER = (1 << 3) | WIRE_FIXED64;
const TEXT = (2 << 3) | WIRE_BYTES;
const FLAG = (3 << 3) | WIRE_VARINT;
const TIMESTAMP = (4 << 3) | WIRE_BYTES;

const MAX_NAME = 64;
const MAX_BYTES_PER_CHARACTER = 4;
const NOT_UTF8 = "must be valid UTF-8";

/** Text that is not even decoded, and why. */
class Unreadable {
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}

/** Reads an entry of Transaction.fields, which begins at the reader's position with its length. */
export function readField(reader: WireReader, into: TransactionInput): void {
  into.fields ??= gatherFields();
  readEntry(reader, into.fields, readFieldValue, undefined);
}

/** Reads an entry of Transaction.entities, which begins at the reader's position with its length. */
export function readEntity(reader: WireReader, into: TransactionInput): void {
  into.entities ??= gatherEntities();
  readEntry(reader, into.entities, (r) => readText(r, MAX_ENTITY_ID), "");
}

/** @param absent the value of an entry that has none: protobuf's default of its type */
function readEntry<T extends FieldValue>(
  reader: WireReader,
  into: OwnValues<T>,
  readValue: (reader: WireReader) => unknown,
  absent: unknown,
): void {
  const length = reader.length();
  if (into.full) {
    reader.position += length;
    return;
  }
  const outerEnd = reader.end;
  reader.end = reader.position + length;
  let name: string | Unreadable = "";
  let value = absent;
  for (;;) {
    const field = reader.key();
    if (field === -1) break;
    if (field === NAME) name = readName(reader);
    else if (field === VALUE) value = readValue(reader);
    else reader.skip(field);
  }
  reader.end = outerEnd;
  if (name instanceof Unreadable) into.refuse("", `a name ${name.why}`);
  else if (value instanceof Unreadable) into.refuse(name, value.why);
  else into.put(name, value);
}

/** @returns undefined where no kind is set, or one that is not known here */
function readFieldValue(reader: WireReader): unknown {
  const length = reader.length();
  const outerEnd = reader.end;
  reader.end = reader.position + length;
  let value: unknown;
  for (;;) {
    const field = reader.key();
    if (field === -1) break;
    switch (field) {
      case NUMBER:
        value = reader.double();
        break;
      case TEXT:
        value = readText(reader, MAX_FIELD_TEXT);
        break;
      case FLAG:
        value = reader.bool();
        break;
      case TIMESTAMP: {
        const utc = utcOf(readTimestampMs(reader));
        value = utc === undefined ? new Unreadable("must be in the years 0001 to 9999") : { timestamp: utc };
        break;
      }
      default:
        reader.skip(field);
    }
  }
  reader.end = outerEnd;
  return value;
}

function readText(reader: WireReader, most: number): string | Unreadable {
  return readTextOf(reader, reader.length(), most);
}

function readTextOf(reader: WireReader, length: number, most: number): string | Unreadable {
  const { bytes, position: start } = reader;
  const end = start + length;
  reader.position = end;
  if (length > most * MAX_BYTES_PER_CHARACTER) return new Unreadable(`must be at most ${most} characters`);
  for (let i = start; i < end; i++) {
    if ((bytes[i] as number) < 0x80) continue;
    if (!isUtf8(bytes.subarray(start, end))) return new Unreadable(NOT_UTF8);
    return bytes.toString("utf8", start, end);
  }
  // ASCII, which almost all are, is Latin-1 too, and that is read faster.
  return bytes.toString("latin1", start, end);
}

/** Names by a hash of their bytes; of two with one hash the first is kept. A team sends the same few all day. */
const names = new Map<number, string>();
const MAX_NAMES = 4_096;

/** A name, as the very string it was the last time: nothing has to be made, or hashed, anew. */
function readName(reader: WireReader): string | Unreadable {
  const length = reader.length();
  if (length > MAX_NAME) return readTextOf(reader, length, MAX_NAME);
  const { bytes, position: start } = reader;
  let hash = length;
  for (let i = start; i < start + length; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  const known = names.get(hash);
  if (known?.length === length && isAt(known, bytes, start)) {
    reader.position = start + length;
    return known;
  }
  const name = readTextOf(reader, length, MAX_NAME);
  if (typeof name === "string" && names.size < MAX_NAMES && isRightName(name)) names.set(hash, name);
  return name;
}

function isAt(name: string, bytes: Buffer, start: number): boolean {
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}
