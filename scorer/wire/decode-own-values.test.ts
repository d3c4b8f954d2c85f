import fc from "fast-check";
import protobuf from "protobufjs";
import { expect, it } from "vitest";
import { PROTO_ROOT } from "../../proto/loader.ts";
import { CONTRACT_WIDTH, TransactionInput } from "../scoring/transaction-input.ts";
import { validateTransaction } from "../scoring/validate.ts";
import { decodeScoreRequest } from "./decode-request.ts";

const RUNS = Number(process.env["PROPERTY_RUNS"] ?? 300);

const root = new protobuf.Root();
root.resolvePath = (_origin, target) => `${PROTO_ROOT}${target}`;
root.loadSync(["paysecure/scoring/v1/scoring.proto"], { keepCase: false });
const ScoreRequest = root.lookupType("paysecure.scoring.v1.ScoreRequest");
const FieldValue = root.lookupType("paysecure.scoring.v1.FieldValue");

const input = new TransactionInput();

/** A ScoreRequest of entries as they stand, field 17 or 18 of the transaction. */
function request(entries: readonly { readonly field: number; readonly bytes: Uint8Array }[]): Buffer {
  const writer = protobuf.Writer.create();
  const inner = writer.uint32((1 << 3) | 2).fork();
  inner.uint32((1 << 3) | 2).string("t-1");
  for (const { field, bytes } of entries) inner.uint32((field << 3) | 2).bytes(bytes);
  return Buffer.from(inner.ldelim().finish());
}

function entry(field: 17 | 18, name: string | Uint8Array, value: Uint8Array | string | undefined) {
  const writer = protobuf.Writer.create();
  const key = writer.uint32((1 << 3) | 2);
  if (typeof name === "string") key.string(name);
  else key.bytes(name);
  if (typeof value === "string") writer.uint32((2 << 3) | 2).string(value);
  else if (value) writer.uint32((2 << 3) | 2).bytes(value);
  return { field, bytes: writer.finish() };
}

const encoded = (value: object): Uint8Array => FieldValue.encode(value).finish();

function read(bytes: Buffer): { fields: unknown; entities: unknown; wrong: string[] } {
  input.reset(bytes, new Float32Array(CONTRACT_WIDTH), 0);
  decodeScoreRequest(bytes, input);
  return {
    fields: input.fields?.values,
    entities: input.entities?.values,
    wrong: (validateTransaction(input, "transaction", undefined) ?? []).map(
      ({ field, description }) => `${field} ${description}`,
    ),
  };
}

const names = fc.constantFrom("a", "b", "items", "constructor", "new_device");
const values = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => ({ number })),
  fc.stringMatching(/^[\p{L} ]{0,20}$/u).map((text) => ({ text })),
  fc.boolean().map((flag) => ({ flag })),
  fc
    .record({
      seconds: fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }),
      nanos: fc.integer({ min: 0, max: 999_999_999 }),
    })
    .map((timestamp) => ({ timestamp })),
);

it("reads maps as protobufjs does: the last of a name is the one", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(names, values), { maxLength: 12 }),
      fc.array(fc.tuple(names, fc.stringMatching(/^[a-z]{1,9}$/)), { maxLength: 8 }),
      (fields, entities) => {
        const bytes = request([
          ...fields.map(([name, value]) => entry(17, name, encoded(value))),
          ...entities.map(([name, id]) => entry(18, name, id)),
        ]);
        const plain = ScoreRequest.toObject(ScoreRequest.decode(bytes), { longs: Number }) as {
          transaction: {
            fields?: Record<string, Record<string, unknown>>;
            entities?: Record<string, string>;
          };
        };
        const expected = Object.entries(plain.transaction.fields ?? {}).map(([name, value]) => {
          const { seconds = 0, nanos = 0 } = (value["timestamp"] ?? {}) as {
            seconds?: number;
            nanos?: number;
          };
          const moment = new Date(seconds * 1000 + Math.trunc(nanos / 1e6)).toISOString();
          return [name, value["timestamp"] ? moment : (value["number"] ?? value["text"] ?? value["flag"])];
        });
        const found = read(bytes);
        expect(found.wrong.filter((line) => !/card number/.test(line))).toEqual([]);
        if (found.wrong.length > 0) return;
        const numbers = (list: Iterable<readonly [string, unknown]>) =>
          Object.fromEntries([...list].map(([name, value]) => [name, value === 0 ? 0 : value]));
        expect(found.fields ?? {}).toEqual(numbers(expected as [string, unknown][]));
        expect(found.entities ?? {}).toEqual(plain.transaction.entities ?? {});
      },
    ),
    { numRuns: RUNS },
  );
});

it("a transaction that is sent in two parts is merged", () => {
  const bytes = Buffer.concat([
    request([entry(17, "a", encoded({ number: 1 })), entry(17, "b", encoded({ number: 2 }))]),
    request([entry(17, "b", encoded({ flag: true })), entry(18, "customer", "c-1")]),
  ]);
  expect(read(bytes)).toEqual({ fields: { a: 1, b: true }, entities: { customer: "c-1" }, wrong: [] });
});

it("of several kinds in one value the last is the one, and kinds of a later contract are none", () => {
  const two = Buffer.concat([encoded({ number: 1 }), encoded({ text: "x" })]);
  const later = protobuf.Writer.create()
    .uint32((9 << 3) | 0)
    .uint32(1)
    .finish();
  expect(read(request([entry(17, "a", two)])).fields).toEqual({ a: "x" });
  expect(
    read(request([entry(17, "a", later), entry(17, "b", undefined), entry(18, "customer", undefined)])).wrong,
  ).toEqual([
    'transaction.fields["a"] must be a number, a text, true or false, or a timestamp',
    'transaction.fields["b"] must be a number, a text, true or false, or a timestamp',
    'transaction.entities["customer"] must not be empty',
  ]);
});

it("names what cannot be read, and does not read what is too long", () => {
  const latin1 = Buffer.from([0x61, 0xff]);
  const text = (bytes: Uint8Array) =>
    protobuf.Writer.create()
      .uint32((2 << 3) | 2)
      .bytes(bytes)
      .finish();
  const year10000 = encoded({ timestamp: { seconds: 253_402_300_800 } });
  expect(
    read(
      request([
        entry(17, latin1, encoded({ number: 1 })),
        entry(17, "a", text(latin1)),
        entry(17, "b", text(Buffer.alloc(2_000_000, "x"))),
        entry(17, "c", year10000),
        entry(18, "x".repeat(100_000), "y"),
      ]),
    ).wrong,
  ).toEqual([
    "transaction.fields a name must be valid UTF-8",
    'transaction.fields["a"] must be valid UTF-8',
    'transaction.fields["b"] must be at most 256 characters',
    'transaction.fields["c"] must be in the years 0001 to 9999',
    "transaction.entities a name must be at most 64 characters",
  ]);
});

it("takes no time over a message of nothing but entries", () => {
  const one = entry(17, "a", encoded({ number: 1 }));
  const bytes = request(new Array(200_000).fill(one));
  const start = performance.now();
  expect(read(bytes).wrong).toEqual(["transaction.fields must hold at most 128"]);
  expect(performance.now() - start).toBeLessThan(500);
});
