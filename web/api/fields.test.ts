import fc from "fast-check";
import { expect, test } from "vitest";
import { compilePolicy } from "../../domain/policy/decide.ts";
import { check } from "../../pipeline/doors/json.ts";
import { toQueued, transactionBody } from "../../pipeline/doors/transaction-body.ts";
import { contractTypes, loadContract } from "../../proto/loader.ts";
import { transactionToWire } from "../../scorer/client/convert.ts";
import { TransactionInput } from "../../scorer/scoring/transaction-input.ts";
import { validateTransaction } from "../../scorer/scoring/validate.ts";
import { decodeScoreRequest } from "../../scorer/wire/decode-request.ts";
import { decideRequest, decisionQuery, scoreRequest } from "./schemas.ts";
import { toRecorded, toTransaction } from "./translate.ts";

const GOOD = { transaction_id: "t", time: 0, v: new Array<number>(28).fill(0), amount: 1 };

/** Which fields are refused, each once. */
function refused(more: Record<string, unknown>): string[] {
  const parsed = transactionBody.safeParse({ ...GOOD, ...more });
  return [...new Set(parsed.error?.issues.map((issue) => String(issue.path[0])))];
}

const { serialize } = contractTypes(loadContract()).paysecure.scoring.v1.ScoreRequest;

/** What the scorer says of a transaction that came through the web. */
function scorerRefuses(body: unknown): string[] {
  const transaction = transactionToWire(toTransaction(transactionBody.parse(body)));
  const bytes = serialize({ transaction, model: "", explain: false, record: false });
  const input = new TransactionInput();
  input.reset(bytes, new Float32Array(30), 0);
  decodeScoreRequest(bytes, input);
  return (validateTransaction(input, "transaction", undefined) ?? []).map(
    ({ field, description }) => `${field} ${description}`,
  );
}

const nasty = fc.oneof(
  fc.string({ unit: "binary", maxLength: 140 }),
  fc.string({ unit: "grapheme", maxLength: 140 }),
  fc.stringMatching(/^[\d -]{0,30}$/),
  fc.constantFrom("", "a".repeat(128), "😀".repeat(128), "\u0000", "\u0085", "\u2028", "\ud800x", "x\udc00"),
);
const number = fc.oneof(
  fc.double(),
  fc.constantFrom(-0, 1e-60, 1e-320, 2 ** 32, 2 ** 32 + 1, 1e12, 1e13, 1e308, 3.4e38),
);

test("whatever the API accepts, the scorer accepts", () => {
  const field = fc.option(nasty, { nil: undefined });
  const bodies = fc.record({
    transaction_id: nasty,
    time: number,
    amount: number,
    v: fc.array(number, { minLength: 28, maxLength: 28 }),
    event_time: fc.option(
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      { nil: undefined },
    ),
    card_token: field,
    merchant_id: field,
    merchant_category: field,
    channel: field,
  });
  let accepted = 0;
  fc.assert(
    fc.property(bodies, fc.constantFrom(...Object.keys(GOOD), "card_token", "event_time"), (body, kept) => {
      // One field at a time as well: few bodies are right in all of them.
      for (const given of [body, { ...GOOD, [kept]: body[kept as keyof typeof body] }]) {
        if (!transactionBody.safeParse(given).success) continue;
        accepted++;
        expect(scorerRefuses(given)).toEqual([]);
      }
    }),
    { numRuns: 2_000 },
  );
  expect(accepted).toBeGreaterThan(100);
});

test.each([
  ["NUL", "a\u0000b"],
  ["the first half of a pair", "half \ud800 pair"],
  ["the second half of a pair", "\udfff"],
  ["the halves the wrong way round", "\udc00\ud800"],
])("text with %s is refused wherever it stands, and the field is named", (_, text) => {
  for (const field of ["transaction_id", "card_token", "merchant_id", "merchant_category", "channel"]) {
    expect(refused({ [field]: text })).toEqual([field]);
  }
  for (const field of ["currency", "country"]) expect(refused({ [field]: text })).toEqual([field]);
  expect(() => check(scoreRequest, { transaction: GOOD, model: text })).toThrow(/^model: must hold no NUL/);
  expect(() => check(decideRequest, { verdict: "fraud", note: text })).toThrow(/^note: must hold no NUL/);
  expect(() => check(decisionQuery, { search: text })).toThrow(/^search: must hold no NUL/);
});

test("a whole pair is a character like others, and length is counted in characters", () => {
  expect(refused({ transaction_id: "😀".repeat(128), channel: "網".repeat(32) })).toEqual([]);
  expect(refused({ transaction_id: "😀".repeat(129) })).toEqual(["transaction_id"]);
});

test("lines are broken in a note, not in an id", () => {
  expect(check(decideRequest, { verdict: "fraud", note: "called\r\n\ttwice" }).note).toBe(
    "called\r\n\ttwice",
  );
  expect(refused({ merchant_id: "a\nb" })).toEqual(["merchant_id"]);
});

test("numbers come to the queue as the store can hold them", () => {
  const v = [1e-60, -1e-60, 0.1, -1e-45, 3.4e38, ...new Array<number>(23).fill(0)];
  const queued = toQueued(transactionBody.parse({ ...GOOD, v, time: 1e-320, amount: 1e-320 }));
  expect(queued.v?.slice(0, 5)).toEqual([0, 0, 0.1, -1e-45, 3.4e38]);
  expect([queued.time, queued.amount]).toEqual([0, 0]);
  expect(toQueued(transactionBody.parse({ ...GOOD, amount: 0.01 })).amount).toBe(0.01);
});

test("a payment without a currency is recorded in EUR, as the contract says; what else was not given stays empty", () => {
  const decision = {
    transactionId: "t",
    fraudProbability: 0.05,
    ...compilePolicy().decide("low"),
    fraudPredicted: false,
    model: { name: "m", version: "1" },
    reasons: [],
    recorded: false,
  } as const;
  const recorded = (more: object): unknown =>
    toRecorded(toTransaction(transactionBody.parse({ ...GOOD, ...more })), decision);
  expect(recorded({})).toMatchObject({ currency: "EUR", cardToken: "", country: "" });
  expect(recorded({ currency: "JPY" })).toMatchObject({ currency: "JPY" });
});

test.each([
  ["v", { v: [3.5e38, ...new Array<number>(27).fill(0)] }],
  ["v", { v: [-1e300, ...new Array<number>(27).fill(0)] }],
  ["time", { time: 2 ** 33 }],
  ["amount", { amount: 1e13 }],
  ["amount", { amount: 1e308 }],
])("a %s that the model cannot read is refused", (field, more) => {
  expect(refused(more)).toEqual([field]);
});

test.each([
  ["2026-11-25T10:00:00+18:00", "2026-11-24T16:00:00.000Z"],
  ["2026-11-25T10:00:00-23:59", "2026-11-26T09:59:00.000Z"],
  ["2024-02-29T23:59:59.999999999Z", "2024-02-29T23:59:59.999Z"],
  ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"],
])("%s is %s, in UTC as the store keeps it", (given, kept) => {
  expect(toQueued(transactionBody.parse({ ...GOOD, event_time: given })).eventTime).toBe(kept);
});

test.each([
  "0000-06-01T00:00:00Z",
  "0001-01-01T00:00:00+05:00",
  "9999-12-31T23:59:59-01:00",
  "2026-02-30T00:00:00Z",
  "2026-11-25T10:00:00",
  "2026-11-25T10:00:00+24:00",
  `2026-11-25T10:00:00.${"1".repeat(200_000)}Z`,
  "tomorrow",
])("%s is no moment", (given) => {
  expect(refused({ event_time: given })).toEqual(["event_time"]);
});

test("an answer names the first wrong fields of a body that has thousands", () => {
  const strange = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`k${i}`, 1]));
  try {
    check(transactionBody, { ...GOOD, ...strange, ["x".repeat(100_000)]: 1 });
    expect.unreachable();
  } catch (error) {
    expect(JSON.stringify(error).length).toBeLessThan(10_000);
    expect(error).toMatchObject({ violations: expect.arrayContaining([expect.anything()]) });
  }
});
