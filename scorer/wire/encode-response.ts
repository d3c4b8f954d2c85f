import type { Action } from "../../domain/actions.ts";
import type { ModelRef } from "../../domain/decision.ts";
import type { PolicyDecision } from "../../domain/policy/decide.ts";
import type { RiskTier } from "../../domain/tiers.ts";
import { actionNumber, tierNumber } from "../contract/enums.ts";

/**
 * Writes paysecure.scoring.v1.ScoreResponse without objects in between. Field numbers are the contract's:
 * 1 transaction_id, 2 fraud_probability, 3 risk_tier, 4 action, 5 fraud_predicted, 6 model, 9 recorded, and the same for all
 * that one policy says of a tier, 10 policy_version, 13 review, 14 sla_minutes. What is rare (7 reasons, 8 error, 11 rules)
 * is encoded by protobufjs and appended: protobuf merges what follows.
 */
const TRANSACTION_ID = (1 << 3) | 2;
const FRAUD_PROBABILITY = (2 << 3) | 5;
const RISK_TIER = 3 << 3;
const ACTION = 4 << 3;
const FRAUD_PREDICTED = 5 << 3;
const MODEL = (6 << 3) | 2;
const RECORDED = 9 << 3;
const POLICY_VERSION = (10 << 3) | 2;
const REVIEW = 13 << 3;
const SLA_MINUTES = 14 << 3;
const RESULTS = (1 << 3) | 2;

/** Two bytes for the id's key and length, five for the probability, two for each enum and bool. */
const FIXED_BYTES = 2 + 5 + 2 + 2 + 2 + 2;
const MAX_ONE_BYTE_VARINT = 127;

/** A decision as the encoder takes it. The id stays where the request put it. */
export interface EncodableDecision {
  readonly id: Buffer;
  readonly idStart: number;
  readonly idEnd: number;
  readonly probability: number;
  readonly riskTier: RiskTier;
  readonly action: Action;
  readonly fraudPredicted: boolean;
  readonly recorded: boolean;
  /** {@link encodePolicyFields} of what decided. */
  readonly policyFields: Buffer;
}

/** `ScoreResponse.policy_version`, `review` and `sla_minutes` with their keys. */
export function encodePolicyFields({
  policyVersion,
  review,
  slaMinutes,
}: Pick<PolicyDecision, "policyVersion" | "review" | "slaMinutes">): Buffer {
  const version = Buffer.from(policyVersion);
  return Buffer.concat([
    Buffer.from([POLICY_VERSION]),
    varint(version.length),
    version,
    Buffer.from(review ? [REVIEW, 1] : []),
    ...(slaMinutes ? [Buffer.from([SLA_MINUTES]), varint(slaMinutes)] : []),
  ]);
}

/** `ScoreResponse.model` with its key, the same bytes in every answer of a model. */
export function encodeModelField(ref: ModelRef): Buffer {
  const name = Buffer.from(ref.name);
  const version = Buffer.from(ref.version);
  const inner = Buffer.concat([
    Buffer.from([(1 << 3) | 2]),
    varint(name.length),
    name,
    Buffer.from([(2 << 3) | 2]),
    varint(version.length),
    version,
  ]);
  return Buffer.concat([Buffer.from([MODEL]), varint(inner.length), inner]);
}

/** Bytes that {@link writeDecision} will write, at most. */
export function decisionSize(idLength: number, modelField: Buffer, policyFields: Buffer): number {
  const idBytes = (idLength > MAX_ONE_BYTE_VARINT ? 1 : 0) + idLength;
  return FIXED_BYTES + idBytes + modelField.length + policyFields.length;
}

/** Writes a decision at `position` and returns where it ends. `id` is at most 512 bytes long, as validated. */
export function writeDecision(
  target: Buffer,
  start: number,
  decision: EncodableDecision,
  modelField: Buffer,
): number {
  let position = start;
  target[position++] = TRANSACTION_ID;
  position = writeVarint(target, position, decision.idEnd - decision.idStart);
  position += decision.id.copy(target, position, decision.idStart, decision.idEnd);
  if (decision.probability !== 0) {
    target[position++] = FRAUD_PROBABILITY;
    position = target.writeFloatLE(decision.probability, position);
  }
  target[position++] = RISK_TIER;
  target[position++] = tierNumber(decision.riskTier);
  target[position++] = ACTION;
  target[position++] = actionNumber(decision.action);
  if (decision.fraudPredicted) {
    target[position++] = FRAUD_PREDICTED;
    target[position++] = 1;
  }
  position += modelField.copy(target, position);
  position += decision.policyFields.copy(target, position);
  if (decision.recorded) {
    target[position++] = RECORDED;
    target[position++] = 1;
  }
  return position;
}

/** One ScoreResponse as a message of its own. `extra` is appended encoded fields (reasons, rules). */
export function encodeDecision(decision: EncodableDecision, modelField: Buffer, extra?: Buffer): Buffer {
  const idLength = decision.idEnd - decision.idStart;
  const size = decisionSize(idLength, modelField, decision.policyFields) + (extra?.length ?? 0);
  const target = Buffer.allocUnsafe(size);
  let end = writeDecision(target, 0, decision, modelField);
  if (extra) end += extra.copy(target, end);
  return target.subarray(0, end);
}

/** Bytes of a varint. */
export function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > MAX_ONE_BYTE_VARINT; rest >>>= 7) size++;
  return size;
}

export function writeVarint(target: Buffer, start: number, value: number): number {
  let position = start;
  let rest = value;
  while (rest > MAX_ONE_BYTE_VARINT) {
    target[position++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[position++] = rest;
  return position;
}

/** Grows as results are added: the bytes of a ScoreBatchResponse. */
export class BatchResponseWriter {
  #target: Buffer;
  #position = 0;

  /** @param expected results, each about `resultBytes` long */
  constructor(expected: number, resultBytes: number) {
    this.#target = Buffer.allocUnsafe(Math.max(64, expected * (resultBytes + 4)));
  }

  decision(decision: EncodableDecision, modelField: Buffer, extra?: Buffer): void {
    const idLength = decision.idEnd - decision.idStart;
    const most = decisionSize(idLength, modelField, decision.policyFields) + (extra?.length ?? 0);
    this.#room(most + 6);
    const target = this.#target;
    // The length is known only once the message is written: leave room for the usual one or two bytes.
    const lengthSize = varintSize(most);
    target[this.#position] = RESULTS;
    const start = this.#position + 1 + lengthSize;
    let end = writeDecision(target, start, decision, modelField);
    if (extra) end += extra.copy(target, end);
    const length = end - start;
    if (varintSize(length) !== lengthSize) {
      target.copyWithin(start - 1, start, end);
      end -= 1;
    }
    writeVarint(target, this.#position + 1, length);
    this.#position = end;
  }

  /** Adds a ScoreResponse encoded elsewhere. */
  encoded(message: Buffer): void {
    this.#room(message.length + 6);
    this.#target[this.#position++] = RESULTS;
    this.#position = writeVarint(this.#target, this.#position, message.length);
    this.#position += message.copy(this.#target, this.#position);
  }

  finish(): Buffer {
    return this.#target.subarray(0, this.#position);
  }

  #room(bytes: number): void {
    if (this.#position + bytes <= this.#target.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#target.length * 2, this.#position + bytes));
    this.#target.copy(larger, 0, 0, this.#position);
    this.#target = larger;
  }
}

function varint(value: number): Buffer {
  const bytes = Buffer.alloc(varintSize(value));
  writeVarint(bytes, 0, value);
  return bytes;
}
