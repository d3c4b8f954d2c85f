import fc from "fast-check";
import protobuf from "protobufjs";
import { describe, expect, it } from "vitest";
import { ACTIONS } from "../../domain/actions.ts";
import { HIT_KINDS } from "../../domain/policy/rules.ts";
import { RISK_TIERS } from "../../domain/tiers.ts";
import { TEXT_FIELDS } from "../../domain/transaction.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { contractTypes, loadContract, PROTO_ROOT } from "../../proto/loader.ts";
import { decisionFromWire } from "../client/convert.ts";
import { CONTRACT_WIDTH, TEXT, TransactionInput } from "../scoring/transaction-input.ts";
import {
  decodeBatchRequest,
  decodeExplainRequest,
  decodeScoreRequest,
  decodeTransactionAt,
} from "./decode-request.ts";
import {
  BatchResponseWriter,
  encodeDecision,
  encodeModelField,
  encodePolicyFields,
} from "./encode-response.ts";
import { encodeReasons, encodeRules } from "./rare-fields.ts";

/** How many cases a property is tried with; `PROPERTY_RUNS` raises it. */
const RUNS = Number(process.env["PROPERTY_RUNS"] ?? 300);

const root = new protobuf.Root();
root.resolvePath = (_origin, target) => `${PROTO_ROOT}${target}`;
root.loadSync(["paysecure/scoring/v1/scoring.proto"], { keepCase: false });
const ScoreRequest = root.lookupType("paysecure.scoring.v1.ScoreRequest");
const ScoreBatchRequest = root.lookupType("paysecure.scoring.v1.ScoreBatchRequest");
const { ScoreResponse, ScoreBatchResponse } = contractTypes(loadContract()).paysecure.scoring.v1;

const transaction = fc.record({
  transactionId: fc.string({ unit: "grapheme", maxLength: 40 }),
  time: fc.double({ noNaN: true }),
  v: fc.array(fc.float(), { maxLength: 60 }),
  amount: fc.double(),
  eventTime: fc.option(
    fc.record({
      seconds: fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }),
      nanos: fc.integer({ min: 0, max: 999_999_999 }),
    }),
    { nil: undefined },
  ),
  currency: fc.string({ maxLength: 5 }),
  cardToken: fc.string({ maxLength: 200 }),
  merchantId: fc.string({ unit: "grapheme", maxLength: 20 }),
  merchantCategory: fc.string({ maxLength: 20 }),
  country: fc.string({ maxLength: 3 }),
  channel: fc.string({ maxLength: 20 }),
});

type Sent = typeof transaction extends fc.Arbitrary<infer T> ? T : never;

const NAMES = [
  "transactionId",
  "currency",
  "cardToken",
  "merchantId",
  "merchantCategory",
  "country",
  "channel",
] as const;

/** Unknown fields of every wire type, between the known ones. */
const unknownFields = fc.array(
  fc
    .record({
      field: fc.integer({ min: 100, max: 2 ** 29 - 1 }),
      kind: fc.constantFrom("varint", "fixed64", "bytes", "fixed32", "group"),
      payload: fc.uint8Array({ maxLength: 20 }),
    })
    .map(({ field, kind, payload }) => {
      const writer = protobuf.Writer.create();
      const tag = (type: number): protobuf.Writer => writer.uint32(((field << 3) | type) >>> 0);
      if (kind === "varint") tag(0).uint64(2 ** 40 + payload.length);
      else if (kind === "fixed64") tag(1).fixed64(5);
      else if (kind === "bytes") tag(2).bytes(payload);
      else if (kind === "fixed32") tag(5).fixed32(7);
      else {
        tag(3)
          .uint32((1 << 3) | 2)
          .bytes(payload);
        tag(4);
      }
      return Buffer.from(writer.finish());
    }),
  { maxLength: 3 },
);

function expectSame(input: TransactionInput, sent: Sent): void {
  NAMES.forEach((name, field) => {
    expect(input.text(field)).toBe(Buffer.from(sent[name]).toString());
  });
  expect(input.vCount).toBe(sent.v.length);
  const row = Array.from(input.rows.subarray(input.offset, input.offset + CONTRACT_WIDTH));
  expect(row[0]).toBe(Math.fround(sent.time));
  expect(row[29]).toBe(Math.fround(sent.amount));
  expect(row.slice(1, 1 + Math.min(28, sent.v.length))).toEqual(sent.v.slice(0, 28).map(Math.fround));
  if (sent.eventTime) {
    const { seconds, nanos } = sent.eventTime;
    expect(input.eventTimeMs).toBe(seconds * 1000 + Math.trunc(nanos / 1e6));
  } else expect(input.eventTimeMs).toBeNaN();
}

describe("decoding", () => {
  it("reads what protobufjs writes, with unknown fields anywhere", () => {
    const input = new TransactionInput();
    const rows = new Float32Array(3 * CONTRACT_WIDTH);
    fc.assert(
      fc.property(
        transaction,
        unknownFields,
        fc.boolean(),
        fc.boolean(),
        fc.string(),
        fc.boolean(),
        (sent, unknown, record, explain, model, withFeatures) => {
          const known = Buffer.from(
            ScoreRequest.encode({ transaction: sent, record, explain, model, withFeatures }).finish(),
          );
          input.reset(known, rows, CONTRACT_WIDTH);
          const bytes = Buffer.concat([...unknown, known, ...unknown]);
          input.reset(bytes, rows, CONTRACT_WIDTH);
          const options = decodeScoreRequest(bytes, input);
          const asked = { record, explain, model: Buffer.from(model).toString(), withFeatures };
          expect(options).toEqual({ present: true, ...asked });
          expectSame(input, sent);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("takes V packed, unpacked and mixed", () => {
    const input = new TransactionInput();
    const values = Array.from({ length: 28 }, (_, i) => i - 14.5);
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 28, maxLength: 28 }), (packed) => {
        const writer = protobuf.Writer.create();
        const inner = writer.uint32((1 << 3) | 2).fork();
        values.forEach((value, i) => {
          if (packed[i])
            inner
              .uint32((3 << 3) | 2)
              .fork()
              .float(value)
              .ldelim();
          else inner.uint32((3 << 3) | 5).float(value);
        });
        const bytes = Buffer.from(inner.ldelim().finish());
        input.reset(bytes, new Float32Array(CONTRACT_WIDTH), 0);
        decodeScoreRequest(bytes, input);
        expect(input.vCount).toBe(28);
        expect(Array.from(input.rows.subarray(1, 29))).toEqual(values);
      }),
      { numRuns: RUNS },
    );
  });

  it("reads batches", () => {
    const input = new TransactionInput();
    fc.assert(
      fc.property(
        fc.array(transaction, { maxLength: 8 }),
        fc.boolean(),
        fc.integer({ min: 0, max: 4 }),
        (transactions, record, explainFromTier) => {
          const bytes = Buffer.from(
            ScoreBatchRequest.encode({ transactions, record, model: "m@1", explainFromTier }).finish(),
          );
          const batch = decodeBatchRequest(bytes);
          expect(batch).toMatchObject({ record, model: "m@1", explainFromTier });
          expect(batch.ranges.length).toBe(2 * transactions.length);
          transactions.forEach((sent, i) => {
            input.reset(bytes, new Float32Array(CONTRACT_WIDTH), 0);
            decodeTransactionAt(
              bytes,
              batch.ranges[2 * i] as number,
              batch.ranges[2 * i + 1] as number,
              input,
            );
            expectSame(input, sent);
          });
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("answers any bytes with a result or invalid_argument", () => {
    const input = new TransactionInput();
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .tuple(transaction, fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 4 }))
        .map(([sent, mutations]) => {
          const copy = Uint8Array.from(ScoreRequest.encode({ transaction: sent }).finish());
          for (const [at, value] of mutations) copy[at % copy.length] = value;
          return copy;
        }),
    );
    fc.assert(
      fc.property(bytes, (raw) => {
        const message = Buffer.from(raw);
        for (const decode of [decodeScoreRequest, decodeExplainRequest, decodeBatchRequest]) {
          try {
            input.reset(message, new Float32Array(CONTRACT_WIDTH), 0);
            decode(message, input);
          } catch (error) {
            expect(error).toBeInstanceOf(DomainError);
            expect((error as DomainError).code).toBe("invalid_argument");
          }
        }
      }),
      { numRuns: RUNS * 5 },
    );
  });
});

const decision = fc.record({
  id: fc.string({ unit: "grapheme", minLength: 1, maxLength: 128 }),
  probability: fc.float({ min: 0, max: 1, noNaN: true }),
  riskTier: fc.constantFrom(...RISK_TIERS),
  action: fc.constantFrom(...ACTIONS),
  fraudPredicted: fc.boolean(),
  recorded: fc.boolean(),
  explained: fc.boolean(),
  policyVersion: fc.string({ unit: "grapheme", minLength: 1, maxLength: 64 }),
  review: fc.boolean(),
  slaMinutes: fc.option(fc.integer({ min: 1, max: 525_600 })),
  hits: fc.array(
    fc.record({
      rule: fc.constant("deny"),
      name: fc.string({ unit: "grapheme", maxLength: 20 }),
      kind: fc.constantFrom(...HIT_KINDS),
      from: fc.constantFrom(...ACTIONS),
      to: fc.constantFrom(...ACTIONS),
      review: fc.boolean(),
    }),
    { maxLength: 3 },
  ),
});

const REASON = { code: "V14_LOW", feature: "V14", value: -6, contribution: 1.5, text: "V14 is low." };

describe("encoding", () => {
  const field = encodeModelField({ name: "forest", version: "1" });

  it("writes what protobufjs reads", () => {
    fc.assert(
      fc.property(fc.array(decision, { minLength: 1, maxLength: 20 }), (sent) => {
        const writer = new BatchResponseWriter(1, 10);
        for (const one of sent) {
          const id = Buffer.from(`..${one.id}.`);
          const policyFields = encodePolicyFields(one);
          const encodable = { ...one, id, idStart: 2, idEnd: id.length - 1, policyFields };
          const reasons = one.explained ? encodeReasons([REASON]) : Buffer.alloc(0);
          const extra = Buffer.concat([reasons, encodeRules(one.hits)]);
          const single = ScoreResponse.deserialize(encodeDecision(encodable, field, extra));
          expect(single).toMatchObject({
            transactionId: Buffer.from(one.id).toString(),
            fraudProbability: one.probability,
            riskTier: RISK_TIERS.indexOf(one.riskTier) + 1,
            action: ACTIONS.indexOf(one.action) + 1,
            fraudPredicted: one.fraudPredicted,
            recorded: one.recorded,
            model: { name: "forest", version: "1" },
            reasons: one.explained ? [REASON] : [],
            policyVersion: Buffer.from(one.policyVersion).toString(),
            review: one.review,
            slaMinutes: one.slaMinutes ?? 0,
          });
          expect(decisionFromWire(single)).toMatchObject({ slaMinutes: one.slaMinutes, rules: one.hits });
          writer.decision(encodable, field, extra);
        }
        const { results } = ScoreBatchResponse.deserialize(writer.finish());
        expect(results.map((result) => result.transactionId)).toEqual(
          sent.map((one) => Buffer.from(one.id).toString()),
        );
        expect(results.map((result) => result.reasons.length)).toEqual(
          sent.map((one) => (one.explained ? 1 : 0)),
        );
      }),
      { numRuns: RUNS },
    );
  });
});

it("leaves rules out of an answer that has no room for them, first those that changed nothing", () => {
  const hit = { rule: "a", name: "A", kind: "raise", from: "approve", to: "block", review: false } as const;
  const shadow = { ...hit, rule: "b", kind: "shadow" } as const;
  const all = encodeRules([hit, shadow]);
  const kept = (most: number): string[] =>
    ScoreResponse.deserialize(encodeRules([hit, shadow], most)).rules.map(({ ruleId }) => ruleId);
  expect([kept(all.length), kept(all.length - 1), kept(5)]).toEqual([["a", "b"], ["a"], []]);
});

it("knows the contract's string fields in order", () => {
  expect(TEXT_FIELDS.map(({ column }) => column)).toEqual(
    NAMES.map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)),
  );
  expect(Object.values(TEXT)).toEqual([0, 1, 2, 3, 4, 5, 6]);
});
