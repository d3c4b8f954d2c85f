import type { TransactionInput } from "../scoring/transaction-input.ts";
import { decodeTransaction } from "./decode-transaction.ts";
import { WIRE_BYTES, WIRE_FIXED32, WIRE_VARINT, WireReader } from "./wire-reader.ts";

const TRANSACTION = (1 << 3) | WIRE_BYTES;
const RECORD = (2 << 3) | WIRE_VARINT;
const EXPLAIN = (3 << 3) | WIRE_VARINT;
const SCORE_MODEL = (4 << 3) | WIRE_BYTES;
const BATCH_MODEL = (3 << 3) | WIRE_BYTES;
const EXPLAIN_FROM_TIER = (4 << 3) | WIRE_VARINT;
const WITH_FEATURES = (40 << 3) | WIRE_VARINT;

/** The options of a ScoreRequest. */
export interface ScoreOptions {
  /** Whether `transaction` was sent at all. */
  present: boolean;
  record: boolean;
  explain: boolean;
  model: string;
  /** What the model read goes along. */
  withFeatures: boolean;
}

/** The parts of a ScoreBatchRequest; transactions are ranges in the request's bytes. */
export interface BatchRequest {
  readonly bytes: Buffer;
  /** Start and end of each transaction: [s0, e0, s1, e1, …]. */
  readonly ranges: readonly number[];
  readonly record: boolean;
  readonly model: string;
  /** 0 asks for no reasons, 1 Low … 4 Critical. */
  readonly explainFromTier: number;
  readonly withFeatures: boolean;
}

const reader = new WireReader();

/**
 * Reads a ScoreRequest. The transaction's inputs go where `into` was reset to.
 *
 * @throws DomainError `invalid_argument` when the bytes are no message
 */
export function decodeScoreRequest(bytes: Buffer, into: TransactionInput): ScoreOptions {
  const options: ScoreOptions = {
    ...{ present: false, record: false, explain: false, model: "" },
    withFeatures: false,
  };
  reader.reset(bytes);
  for (;;) {
    const field = reader.key();
    if (field === -1) return options;
    switch (field) {
      case TRANSACTION: {
        const length = reader.length();
        decodeTransaction(reader, reader.position + length, into);
        options.present = true;
        break;
      }
      case RECORD:
        options.record = reader.bool();
        break;
      case EXPLAIN:
        options.explain = reader.bool();
        break;
      case SCORE_MODEL:
        options.model = readString(bytes);
        break;
      case WITH_FEATURES:
        options.withFeatures = reader.bool();
        break;
      default:
        reader.skip(field);
    }
  }
}

/**
 * Reads the outline of a ScoreBatchRequest: where its transactions are, without looking into them.
 *
 * @throws DomainError `invalid_argument` when the bytes are no message
 */
export function decodeBatchRequest(bytes: Buffer): BatchRequest {
  const ranges: number[] = [];
  let record = false;
  let model = "";
  let explainFromTier = 0;
  let withFeatures = false;
  reader.reset(bytes);
  for (;;) {
    const field = reader.key();
    if (field === -1) return { bytes, ranges, record, model, explainFromTier, withFeatures };
    switch (field) {
      case TRANSACTION: {
        const length = reader.length();
        ranges.push(reader.position, reader.position + length);
        reader.position += length;
        break;
      }
      case RECORD:
        record = reader.bool();
        break;
      case BATCH_MODEL:
        model = readString(bytes);
        break;
      case EXPLAIN_FROM_TIER:
        explainFromTier = reader.uint32();
        break;
      case WITH_FEATURES:
        withFeatures = reader.bool();
        break;
      default:
        reader.skip(field);
    }
  }
}

/**
 * Reads the transaction that lies at `start`…`end` of a batch's bytes into `into`.
 *
 * @throws DomainError `invalid_argument` when the bytes are no message
 */
export function decodeTransactionAt(bytes: Buffer, start: number, end: number, into: TransactionInput): void {
  reader.reset(bytes, start, end);
  decodeTransaction(reader, end, into);
}

function readString(bytes: Buffer): string {
  const length = reader.length();
  const start = reader.position;
  reader.position += length;
  return length === 0 ? "" : bytes.toString("utf8", start, reader.position);
}

const EXPLAIN_MODEL = (2 << 3) | WIRE_BYTES;
const EXPLAIN_TOP = (3 << 3) | WIRE_VARINT;
const FEATURES_PACKED = (40 << 3) | WIRE_BYTES;
const FEATURES_SINGLE = (40 << 3) | WIRE_FIXED32;

/** The options of an ExplainRequest. */
export interface ExplainOptions {
  present: boolean;
  model: string;
  top: number;
  /** The row that is to be explained; empty where the model is to read the transaction. */
  readonly features: number[];
}

/**
 * Reads an ExplainRequest. The transaction's inputs go where `into` was reset to.
 *
 * @throws DomainError `invalid_argument` when the bytes are no message
 */
export function decodeExplainRequest(bytes: Buffer, into: TransactionInput): ExplainOptions {
  const options: ExplainOptions = { present: false, model: "", top: 0, features: [] };
  reader.reset(bytes);
  for (;;) {
    const field = reader.key();
    if (field === -1) return options;
    switch (field) {
      case TRANSACTION: {
        const length = reader.length();
        decodeTransaction(reader, reader.position + length, into);
        options.present = true;
        break;
      }
      case EXPLAIN_MODEL:
        options.model = readString(bytes);
        break;
      case EXPLAIN_TOP:
        options.top = reader.uint32();
        break;
      case FEATURES_PACKED: {
        const end = reader.length() + reader.position;
        while (reader.position < end) options.features.push(reader.float(end));
        break;
      }
      case FEATURES_SINGLE:
        options.features.push(reader.float());
        break;
      default:
        reader.skip(field);
    }
  }
}
