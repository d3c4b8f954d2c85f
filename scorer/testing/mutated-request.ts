import fc from "fast-check";
import { contractTypes, loadContract } from "../../proto/loader.ts";

const { ScoreRequest, ScoreBatchRequest, ExplainRequest, GetModelRequest } = contractTypes(loadContract())
  .paysecure.scoring.v1;

/** A request to a method, as bytes. */
export interface RawRequest {
  readonly method: "Score" | "ScoreBatch" | "Explain" | "GetModel";
  readonly bytes: Buffer;
}

const oddNumber = fc.oneof(
  fc.double(),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1, -0, 0, 1e308, 2 ** 32, 2 ** 33),
);

const oddText = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.constantFrom("", "\u0000", "4111111111111111", "4111 1111 1111 1111", "x".repeat(129), "é".repeat(128)),
);

const oddName = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9_]{0,12}$/),
  oddText,
  fc.constantFrom("constructor", "__proto__", "amount", "card", "A", "x".repeat(65)),
);

const fieldValue = fc.oneof(
  oddNumber.map((number) => ({ number })),
  oddText.map((text) => ({ text })),
  fc.boolean().map((flag) => ({ flag })),
  fc
    .record({ seconds: fc.double(), nanos: fc.integer() })
    .map(({ seconds, nanos }) => ({ timestamp: { seconds: Math.trunc(seconds % 2 ** 53) || 0, nanos } })),
  fc.constant({}),
);

/** A transaction in which most fields are right and some are not. */
const transaction = fc.record({
  transactionId: fc.oneof({ weight: 3, arbitrary: fc.uuid() }, { weight: 1, arbitrary: oddText }),
  time: fc.oneof({ weight: 3, arbitrary: fc.nat(172_800) }, { weight: 1, arbitrary: oddNumber }),
  v: fc.oneof(
    {
      weight: 3,
      arbitrary: fc.array(fc.float({ min: -5, max: 5, noNaN: true }), { minLength: 28, maxLength: 28 }),
    },
    { weight: 1, arbitrary: fc.array(fc.float(), { maxLength: 40 }) },
  ),
  amount: fc.oneof({ weight: 3, arbitrary: fc.nat(10_000) }, { weight: 1, arbitrary: oddNumber }),
  cardToken: fc.oneof({ weight: 3, arbitrary: fc.constant("tok_1") }, { weight: 1, arbitrary: oddText }),
  country: fc.constantFrom("", "BE", "be", "BEL"),
  fields: fc.dictionary(oddName, fieldValue, { maxKeys: 4 }),
  entities: fc.dictionary(oddName, oddText, { maxKeys: 3 }),
});

const model = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("", "champion") },
  {
    weight: 1,
    arbitrary: fc.constantFrom("nobody", "../..", "@", "a@b@c", "..@..", "__proto__", "champion@"),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 20 }) },
);

const wellFormed: fc.Arbitrary<RawRequest> = fc.oneof(
  fc
    .record({ transaction, record: fc.boolean(), explain: fc.boolean(), model })
    .map((value) => ({ method: "Score" as const, bytes: ScoreRequest.serialize(value) })),
  fc
    .record({ transactions: fc.array(transaction, { maxLength: 5 }), model, explainFromTier: fc.nat(4) })
    .map((value) => ({
      method: "ScoreBatch" as const,
      bytes: ScoreBatchRequest.serialize({ ...value, explainFromTier: value.explainFromTier as 0 }),
    })),
  fc
    .record({ transaction, model, top: fc.nat(40) })
    .map((value) => ({ method: "Explain" as const, bytes: ExplainRequest.serialize(value) })),
  model.map((value) => ({ method: "GetModel" as const, bytes: GetModelRequest.serialize({ model: value }) })),
);

/** A byte changed, put in, taken out, or the rest cut off. */
const mutation = fc.record({
  kind: fc.constantFrom("change", "insert", "remove", "cut", "repeat"),
  at: fc.nat(),
  byte: fc.nat(255),
});

/** Requests with wrong fields, with damaged bytes, and of nothing but bytes. */
export function mutatedRequest(): fc.Arbitrary<RawRequest> {
  const damaged = fc
    .tuple(wellFormed, fc.array(mutation, { minLength: 1, maxLength: 5 }))
    .map(([{ method, bytes }, mutations]) => {
      let changed = bytes;
      for (const { kind, at, byte } of mutations) {
        const where = changed.length === 0 ? 0 : at % changed.length;
        const head = changed.subarray(0, where);
        const tail = changed.subarray(where);
        if (kind === "change") changed = Buffer.concat([head, Buffer.from([byte]), tail.subarray(1)]);
        else if (kind === "insert") changed = Buffer.concat([head, Buffer.from([byte]), tail]);
        else if (kind === "remove") changed = Buffer.concat([head, tail.subarray(1)]);
        else if (kind === "repeat") changed = Buffer.concat([head, tail, tail]);
        else changed = head;
      }
      return { method, bytes: Buffer.from(changed) };
    });
  const noise = fc
    .tuple(fc.constantFrom("Score", "ScoreBatch", "Explain", "GetModel"), fc.uint8Array({ maxLength: 300 }))
    .map(([method, bytes]) => ({ method: method as RawRequest["method"], bytes: Buffer.from(bytes) }));
  return fc.oneof(
    { weight: 4, arbitrary: wellFormed },
    { weight: 4, arbitrary: damaged },
    { weight: 1, arbitrary: noise },
  );
}
