import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_AMOUNT } from "../../domain/money.ts";
import { CONTRACT_INPUTS, MAX_TIME_S, TEXT_FIELDS } from "../../domain/transaction.ts";
import { contractTypes, loadContract } from "../../proto/loader.ts";
import { decodeScoreRequest } from "../wire/decode-request.ts";
import { inputsOf, wrongRow } from "./model-inputs.ts";
import { CONTRACT_WIDTH, TEXT, TransactionInput } from "./transaction-input.ts";
import { validateTransaction } from "./validate.ts";

const { ScoreRequest } = contractTypes(loadContract()).paysecure.scoring.v1;
const input = new TransactionInput();

const ulb = inputsOf(CONTRACT_INPUTS);
const right = { transactionId: "t-1", time: 0, v: new Array<number>(28).fill(0), amount: 1 };

/** The fields that are wrong in a transaction whose text fields have been replaced in the request's bytes. */
function wrongFields(text: Readonly<Record<number, Buffer>>): string[] {
  // A placeholder is sent and its bytes replaced, so that bytes can be sent that no string encodes to.
  const bytes = ScoreRequest.serialize({ transaction: right });
  input.reset(bytes, new Float32Array(CONTRACT_WIDTH), 0);
  decodeScoreRequest(bytes, input);
  const all = [bytes];
  let at = bytes.length;
  for (const [field, value] of Object.entries(text)) {
    all.push(value);
    input.starts[Number(field)] = at;
    at += value.length;
    input.ends[Number(field)] = at;
  }
  input.bytes = Buffer.concat(all);
  return (validateTransaction(input, "transaction", ulb) ?? []).map((violation) => violation.field);
}

const FREE_TEXT = [TEXT.transactionId, TEXT.cardToken, TEXT.merchantId, TEXT.merchantCategory, TEXT.channel];

describe("text", () => {
  it.each([
    ["a NUL", Buffer.from("a\0b")],
    ["half a surrogate pair", Buffer.from([0x61, 0xed, 0xa0, 0x80])],
    ["the other half", Buffer.from([0xed, 0xb0, 0x80, 0x61])],
    ["bytes that are no UTF-8", Buffer.from([0xff, 0xfe, 0x41])],
    ["a character cut off", Buffer.from([0xf0, 0x9f, 0x98])],
    ["an overlong slash", Buffer.from([0xc0, 0xaf])],
  ])("with %s is refused in every field", (_what, value) => {
    for (const field of FREE_TEXT) {
      expect(wrongFields({ [field]: value })).toEqual([`transaction.${TEXT_FIELDS[field]?.column}`]);
    }
  });

  it("that is accepted can be stored and comes back the same, whatever bytes were sent", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...FREE_TEXT),
        fc.oneof(
          fc.uint8Array({ minLength: 1, maxLength: 32 }).map((bytes) => Buffer.from(bytes)),
          fc.string({ unit: "binary", minLength: 1, maxLength: 32 }).map((text) => Buffer.from(text)),
        ),
        (field, value) => {
          if (wrongFields({ [field]: value }).length > 0) return;
          const text = input.text(field);
          expect(text).not.toMatch(/\0|\p{Surrogate}/u);
          expect(Buffer.from(text)).toEqual(value);
        },
      ),
    );
  });
});

describe("rows of inputs", () => {
  it("keep the rules that a transaction's numbers keep", () => {
    const odd = [Number.NaN, Number.POSITIVE_INFINITY, -1, 1e30];
    const wrong = (values: Float32Array) => wrongRow(ulb, values);
    const rows = (column: number, value: number): Float32Array => {
      const values = new Float32Array(3 * CONTRACT_WIDTH);
      values[CONTRACT_WIDTH + column] = value;
      return values;
    };
    expect(wrong(rows(0, MAX_TIME_S))).toBeUndefined();
    expect(wrong(rows(29, MAX_AMOUNT))).toBeUndefined();
    for (const value of odd) {
      expect(wrong(rows(0, value))).toMatchObject({ row: 1, violations: [{ field: "time" }] });
      expect(wrong(rows(29, value))).toMatchObject({ row: 1, violations: [{ field: "amount" }] });
    }
    expect(wrong(rows(14, Number.NaN))).toMatchObject({ row: 1, violations: [{ field: "v[13]" }] });
    expect(wrong(rows(14, -1e30))).toBeUndefined();
  });
});
