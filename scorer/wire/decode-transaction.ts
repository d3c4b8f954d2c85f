import { TEXT_FIELDS, V_COUNT } from "../../domain/transaction.ts";
import { fieldNumbers } from "../../proto/loader.ts";
import { CONTRACT_WIDTH, TEXT, type TransactionInput } from "../scoring/transaction-input.ts";
import { readEntity, readField } from "./decode-own-values.ts";
import { readTimestampMs } from "./decode-timestamp.ts";
import { WIRE_BYTES, WIRE_FIXED32, WIRE_FIXED64, type WireReader } from "./wire-reader.ts";

const key = (field: number, type: number): number => (field << 3) | type;

const TRANSACTION_ID = key(1, WIRE_BYTES);
const TIME = key(2, WIRE_FIXED64);
const V_PACKED = key(3, WIRE_BYTES);
const V_SINGLE = key(3, WIRE_FIXED32);
const AMOUNT = key(4, WIRE_FIXED64);
const EVENT_TIME = key(10, WIRE_BYTES);
const FIELDS = key(17, WIRE_BYTES);
const ENTITIES = key(18, WIRE_BYTES);

/** The other texts of the domain, by key, as the contract numbers them. */
const textByKey: (number | undefined)[] = [];
const numbers = fieldNumbers("paysecure.scoring.v1.Transaction");
for (const { name } of TEXT_FIELDS) {
  const number = numbers.get(name);
  if (number === undefined) throw new Error(`the contract's Transaction has no ${name}`);
  textByKey[key(number, WIRE_BYTES)] = TEXT[name];
}

/**
 * Reads a paysecure.scoring.v1.Transaction between the reader's position and `end` into `into`, its numbers
 * straight into the row. Does not reset `into`: a message field that is sent twice is merged, as protobuf asks.
 * Unknown fields are stepped over, `v` is taken packed and unpacked.
 *
 * @throws DomainError `invalid_argument` when the bytes are no message
 */
export function decodeTransaction(reader: WireReader, end: number, into: TransactionInput): void {
  const outerEnd = reader.end;
  reader.end = end;
  for (;;) {
    const field = reader.key();
    if (field === -1) break;
    switch (field) {
      case TRANSACTION_ID:
        readText(reader, into, TEXT.transactionId);
        break;
      case TIME:
        into.time = reader.double();
        break;
      case V_PACKED:
        readPackedV(reader, into);
        break;
      case V_SINGLE:
        readSingleV(reader, into);
        break;
      case AMOUNT:
        into.amount = reader.double();
        break;
      case EVENT_TIME:
        into.eventTimeMs = readTimestampMs(reader);
        break;
      case FIELDS:
        readField(reader, into);
        break;
      case ENTITIES:
        readEntity(reader, into);
        break;
      default: {
        const text = textByKey[field];
        if (text === undefined) reader.skip(field);
        else readText(reader, into, text);
      }
    }
  }
  reader.end = outerEnd;
  into.rows[into.offset] = into.time;
  into.rows[into.offset + CONTRACT_WIDTH - 1] = into.amount;
}

function readText(reader: WireReader, into: TransactionInput, field: number): void {
  const length = reader.length();
  into.starts[field] = reader.position;
  reader.position += length;
  into.ends[field] = reader.position;
}

const scratch = new Float32Array(1);
const scratchBytes = new Uint8Array(scratch.buffer);

function readPackedV(reader: WireReader, into: TransactionInput): void {
  const length = reader.length();
  if ((length & 3) !== 0) {
    // A packed field of float32 whose length is no multiple of four ends in the middle of a value.
    reader.end = reader.position + length;
    reader.position += length & ~3;
    reader.need(4);
  }
  const room = Math.max(0, V_COUNT - into.vCount) * 4;
  const take = Math.min(length, room);
  if (take > 0) {
    // Little-endian on the wire, as on every machine that ONNX Runtime's binding is built for.
    const target = (into.offset + 1 + into.vCount) * 4;
    reader.bytes.copy(into.rowBytes, target, reader.position, reader.position + take);
  }
  into.vCount += length >>> 2;
  reader.position += length;
}

function readSingleV(reader: WireReader, into: TransactionInput): void {
  reader.need(4);
  if (into.vCount < V_COUNT) {
    for (let i = 0; i < 4; i++) scratchBytes[i] = reader.bytes[reader.position + i] as number;
    into.rows[into.offset + 1 + into.vCount] = scratch[0] as number;
  }
  into.vCount += 1;
  reader.position += 4;
}
