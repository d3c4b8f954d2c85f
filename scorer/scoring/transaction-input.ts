import type { FieldValue } from "../../domain/entities.ts";
import type { Conversion } from "../../domain/exchange.ts";
import type { OwnValues } from "../../domain/own-values.ts";
import { CONTRACT_INPUTS, TEXT_FIELDS, V_COUNT } from "../../domain/transaction.ts";

/** How many numbers the contract has fields for: Time, V1…V28, Amount. What a model reads is its card's to say. */
export const CONTRACT_WIDTH = CONTRACT_INPUTS.length;

type TextName = (typeof TEXT_FIELDS)[number]["name"];

/** Where each text of a transaction stands among {@link TransactionInput}'s ranges: the order of TEXT_FIELDS. */
export const TEXT = Object.fromEntries(TEXT_FIELDS.map(({ name }, index) => [name, index])) as Record<
  TextName,
  number
>;

/**
 * One transaction as it lies in the request's bytes: numbers read out, strings as ranges. One instance is reused for
 * many requests, so nothing may hold on to it. The contract's numbers are in `rows` at `offset`, Time, V1…V28, Amount,
 * which is how models of the public data set read them; V is what lay there before where none was sent.
 */
export class TransactionInput {
  bytes: Buffer = Buffer.alloc(0);
  /** Start and end of each of {@link TEXT_FIELDS} in `bytes`; equal when the field is empty. */
  readonly starts = new Int32Array(TEXT_FIELDS.length);
  readonly ends = new Int32Array(TEXT_FIELDS.length);
  time = 0;
  amount = 0;
  /** How a model that reads amounts in another currency has read this one's, once it was checked; `amount` is as sent. */
  conversion: Conversion | undefined;
  /** A team's own, judged as they were read; undefined where none were sent. */
  fields: OwnValues<FieldValue> | undefined;
  entities: OwnValues<string> | undefined;
  /** How many V values were sent; only the first 28 are kept. */
  vCount = 0;
  /** Wall-clock milliseconds, NaN when not sent. */
  eventTimeMs = Number.NaN;
  #arrivedMs = Number.NaN;
  rows: Float32Array = new Float32Array(CONTRACT_WIDTH);
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
    this.conversion = undefined;
    this.vCount = 0;
    this.eventTimeMs = Number.NaN;
    this.#arrivedMs = Number.NaN;
    this.fields = undefined;
    this.entities = undefined;
  }

  /** When it happened, wall-clock milliseconds; when it was first asked for, where nobody has said. */
  get happenedMs(): number {
    if (!Number.isNaN(this.eventTimeMs)) return this.eventTimeMs;
    if (Number.isNaN(this.#arrivedMs)) this.#arrivedMs = Date.now();
    return this.#arrivedMs;
  }

  /** Whether V1…V28 were sent. */
  get hasV(): boolean {
    return this.vCount === V_COUNT;
  }

  /** Whether a string field is there and consists of these bytes. */
  isText(field: number, text: Buffer): boolean {
    const start = this.starts[field] as number;
    if ((this.ends[field] as number) - start !== text.length) return false;
    for (let i = 0; i < text.length; i++) if (this.bytes[start + i] !== text[i]) return false;
    return true;
  }

  /** Whether a string field was sent. */
  has(field: number): boolean {
    return this.starts[field] !== this.ends[field];
  }

  /** A string field's text. */
  text(field: number): string {
    return this.bytes.toString("utf8", this.starts[field], this.ends[field]);
  }
}
