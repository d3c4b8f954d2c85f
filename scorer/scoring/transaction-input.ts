import { TEXT_FIELDS } from "../../domain/transaction.ts";

/** How many numbers the model reads: Time, V1…V28, Amount. */
export const INPUT_WIDTH = 30;

type TextName = (typeof TEXT_FIELDS)[number]["name"];

/** Where each text of a transaction stands among {@link TransactionInput}'s ranges: the order of TEXT_FIELDS. */
export const TEXT = Object.fromEntries(TEXT_FIELDS.map(({ name }, index) => [name, index])) as Record<
  TextName,
  number
>;

/**
 * One transaction as it lies in the request's bytes: numbers read out, strings as ranges. One instance is reused for
 * many requests, so nothing may hold on to it. The 30 inputs are in `rows` at `offset`, in the model's order.
 */
export class TransactionInput {
  bytes: Buffer = Buffer.alloc(0);
  /** Start and end of each of {@link TEXT_FIELDS} in `bytes`; equal when the field is empty. */
  readonly starts = new Int32Array(TEXT_FIELDS.length);
  readonly ends = new Int32Array(TEXT_FIELDS.length);
  time = 0;
  amount = 0;
  /** How many V values were sent; only the first 28 are kept. */
  vCount = 0;
  /** Wall-clock milliseconds, NaN when not sent. */
  eventTimeMs = Number.NaN;
  rows: Float32Array = new Float32Array(INPUT_WIDTH);
  /** {@link rows} as bytes. */
  rowBytes: Uint8Array = new Uint8Array(this.rows.buffer);
  offset = 0;

  /** Forgets the last transaction; the next one's inputs go to `rows` at `offset`. */
  reset(bytes: Buffer, rows: Float32Array, offset: number): void {
    this.bytes = bytes;
    if (this.rows !== rows) {
      this.rows = rows;
      this.rowBytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
    }
    this.offset = offset;
    this.starts.fill(0);
    this.ends.fill(0);
    this.time = 0;
    this.amount = 0;
    this.vCount = 0;
    this.eventTimeMs = Number.NaN;
  }

  /** A string field's text. */
  text(field: number): string {
    return this.bytes.toString("utf8", this.starts[field], this.ends[field]);
  }
}
