import { describe, expect, it } from "vitest";
import { CONTRACT_INPUTS } from "../../domain/transaction.ts";
import { contractTypes, loadContract } from "../../proto/loader.ts";
import { decodeScoreRequest } from "../wire/decode-request.ts";
import { inputsOf } from "./model-inputs.ts";
import { CONTRACT_WIDTH, TransactionInput } from "./transaction-input.ts";
import { validateTransaction } from "./validate.ts";

const { ScoreRequest } = contractTypes(loadContract()).paysecure.scoring.v1;
const input = new TransactionInput();
const V = Array.from({ length: 28 }, (_, i) => i + 1);

/** Decodes a transaction as it comes, and gives the fields that the model finds wrong, or its row. */
function rowOf(names: readonly string[], sent: Record<string, unknown>): number[] | string[] {
  const bytes = ScoreRequest.serialize({ transaction: { transactionId: "t-1", ...sent } });
  input.reset(bytes, new Float32Array(CONTRACT_WIDTH).fill(Number.NaN), 0);
  decodeScoreRequest(bytes, input);
  const inputs = inputsOf(names);
  const wrong = validateTransaction(input, "transaction", inputs);
  if (wrong) return wrong.map(({ field, description }) => `${field} ${description}`);
  const row = new Float32Array(inputs.width + 2);
  inputs.write(input, row, 1);
  return Array.from(row.subarray(1, inputs.width + 1));
}

describe("a model of the public data set", () => {
  it("reads its numbers where the decoder puts them, and needs V", () => {
    expect(inputsOf(CONTRACT_INPUTS)).toMatchObject({ inPlace: true, needsV: true, width: 30 });
    expect(rowOf(CONTRACT_INPUTS, { time: 5, v: V, amount: 7 })).toEqual([5, ...V, 7]);
    expect(rowOf(CONTRACT_INPUTS, { amount: 7 })).toEqual([
      "transaction.v must hold exactly 28 values (V1…V28), got 0",
    ]);
  });

  it("has no opinion on own fields", () => {
    rowOf(CONTRACT_INPUTS, { v: V, fields: { a: { number: 1 } } });
    expect(inputsOf(CONTRACT_INPUTS).unknownFields(input)).toEqual([]);
  });

  it("that takes them in another order gets them in that order", () => {
    const turned = [...CONTRACT_INPUTS].reverse();
    expect(inputsOf(turned)).toMatchObject({ inPlace: false, needsV: true });
    expect(rowOf(turned, { time: 5, v: V, amount: 7 })).toEqual([7, ...[...V].reverse(), 5]);
  });
});

describe("a model of a team's own", () => {
  const NAMES = ["items", "amount", "new_device"];
  const FIELDS = { items: { number: 3 }, new_device: { flag: true } };

  it("reads fields by name and the contract's numbers, and needs no V", () => {
    expect(inputsOf(NAMES)).toMatchObject({ inPlace: false, needsV: false, width: 3 });
    expect(rowOf(NAMES, { amount: 7, fields: FIELDS })).toEqual([3, 7, 1]);
    expect(rowOf(NAMES, { amount: 7, v: V, fields: FIELDS })).toEqual([3, 7, 1]);
  });

  it("names each field that is missing, of another kind or too large", () => {
    expect(
      rowOf([...NAMES, "constructor"], {
        amount: -1,
        v: [1, 2],
        fields: { items: { text: "three" }, new_device: { number: 1e39 } },
      }),
    ).toEqual([
      "transaction.v must hold exactly 28 values (V1…V28), got 2",
      "transaction.amount must not be negative, got -1",
      'transaction.fields["items"] must be a number, or true or false: the model reads it',
      'transaction.fields["new_device"] must fit a 32-bit number: the model reads it',
      'transaction.fields["constructor"] must be set: the model reads it',
    ]);
  });

  it("tells which fields it reads nothing of", () => {
    rowOf(NAMES, { fields: { ...FIELDS, itmes: { number: 1 }, constructor: { flag: false } } });
    expect(inputsOf(NAMES).unknownFields(input)).toEqual(["itmes", "constructor"]);
  });

  it("with some of V1…V28 needs all of them", () => {
    expect(rowOf(["V14", "items"], { v: V, fields: FIELDS })).toEqual([14, 3]);
    expect(rowOf(["V14", "items"], { fields: FIELDS })).toEqual([
      "transaction.v must hold exactly 28 values (V1…V28), got 0",
    ]);
  });
});

it("an input that nothing can be is refused when the model is loaded", () => {
  expect(() => inputsOf(["amount", "V29"])).toThrow(/input "V29" is none of/);
});
