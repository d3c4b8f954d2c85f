import { isUtf8 } from "node:buffer";
import { MAX_AMOUNT } from "../../domain/money.ts";
import { containsPan } from "../../domain/pan.ts";
import { MAX_TIME_S, TEXT_FIELDS, type TextField, V_COUNT } from "../../domain/transaction.ts";
import type { FieldViolation } from "../../platform/process/errors.ts";
import { type ModelInputs, wrongNumber } from "./model-inputs.ts";
import { CONTRACT_WIDTH, TEXT, type TransactionInput } from "./transaction-input.ts";

const MAX_BYTES_PER_CHARACTER = 4;
const MIN_PAN_DIGITS = 13;
/** Wrong values of V that are named: in ten thousand transactions, naming all 28 would cost more than scoring does. */
const MAX_NAMED_V = 5;

/**
 * Checks one transaction against the contract, and against what a model reads.
 *
 * @param path where it stands in the request, e.g. `transaction` or `transactions[7]`
 * @param model what the model that is to answer reads; left out where that is not known yet
 * @returns every field that is wrong, of V and of own fields the first few; `undefined` when none is
 */
export function validateTransaction(
  input: TransactionInput,
  path: string,
  model: ModelInputs | undefined,
): FieldViolation[] | undefined {
  const fine = numbersAreFine(input) && textIsFine(input) && ownValuesAreFine(input);
  if (fine && model?.inPlace === true && input.hasV && model.currency?.isOf(input)) return undefined;
  const violations: FieldViolation[] = [];
  const wrong = (field: string, description: string): void => {
    violations.push({ field: `${path}.${field}`, description });
  };
  if (!fine) {
    for (let field = 0; field < TEXT_FIELDS.length; field++) checkText(input, field, wrong);
    checkNumbers(input, wrong);
    checkOwnValues(input, wrong);
  }
  model?.check(input, (field, description) => {
    if (!violations.some((violation) => violation.field === `${path}.${field}`)) wrong(field, description);
  });
  return violations.length > 0 ? violations : undefined;
}

type Report = (field: string, description: string) => void;

/** The quick way: true only when every number is right. */
function numbersAreFine(input: TransactionInput): boolean {
  if (input.vCount !== V_COUNT && input.vCount !== 0) return false;
  if (!(input.time >= 0 && input.time <= MAX_TIME_S && input.amount >= 0 && input.amount <= MAX_AMOUNT)) {
    return false;
  }
  // A sum of products with zero is NaN as soon as one of them is not finite.
  const { rows, offset } = input;
  let probe = 0;
  if (input.hasV) for (let i = offset; i < offset + CONTRACT_WIDTH; i++) probe += (rows[i] as number) * 0;
  return probe === 0 && !(input.eventTimeMs > MAX_EVENT_TIME_MS || input.eventTimeMs < MIN_EVENT_TIME_MS);
}

/** Years 0001 to 9999, as google.protobuf.Timestamp allows. */
const MIN_EVENT_TIME_MS = Date.parse("0001-01-01T00:00:00Z");
const MAX_EVENT_TIME_MS = Date.parse("9999-12-31T23:59:59.999Z");

/** The quick way: true only when every string is short printable ASCII without many digits. */
function textIsFine(input: TransactionInput): boolean {
  const { bytes, starts, ends } = input;
  if (starts[TEXT.transactionId] === ends[TEXT.transactionId]) return false;
  for (let field = 0; field < TEXT_FIELDS.length; field++) {
    const start = starts[field] as number;
    const end = ends[field] as number;
    if (start === end) continue;
    if ((TEXT_FIELDS[field] as TextField).form !== "line") {
      if (end - start !== (TEXT_FIELDS[field] as TextField).max) return false;
      for (let i = start; i < end; i++) if (!isUpperCase(bytes[i] as number)) return false;
      continue;
    }
    if (end - start > (TEXT_FIELDS[field] as TextField).max) return false;
    let digits = 0;
    for (let i = start; i < end; i++) {
      const byte = bytes[i] as number;
      if (byte < 0x20 || byte > 0x7e) return false;
      if (byte >= 0x30 && byte <= 0x39) digits++;
    }
    if (digits >= MIN_PAN_DIGITS && containsPan(input.text(field))) return false;
  }
  return true;
}

function isUpperCase(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}

function checkText(input: TransactionInput, field: number, wrong: Report): void {
  const { column: name, max, form } = TEXT_FIELDS[field] as TextField;
  const start = input.starts[field] as number;
  const end = input.ends[field] as number;
  if (start === end) {
    if (field === TEXT.transactionId) wrong(name, "must not be empty");
    return;
  }
  if (end - start > max * MAX_BYTES_PER_CHARACTER) {
    wrong(name, `must be at most ${max} characters`);
    return;
  }
  if (!isUtf8(input.bytes.subarray(start, end))) {
    wrong(name, "must be valid UTF-8");
    return;
  }
  const text = input.text(field);
  if (form === "currency") {
    if (!/^[A-Z]{3}$/.test(text)) wrong(name, "must be an ISO 4217 code: three upper-case letters");
  } else if (form === "country") {
    if (!/^[A-Z]{2}$/.test(text)) wrong(name, "must be an ISO 3166-1 alpha-2 code: two upper-case letters");
  } else if ([...text].length > max) {
    wrong(name, `must be at most ${max} characters`);
  } else if (/\p{Cc}/u.test(text)) {
    wrong(name, "must not contain control characters");
  } else if (containsPan(text)) {
    wrong(name, "looks like a card number (PAN); send a token that stands for the card instead");
  }
}

function ownValuesAreFine({ fields, entities }: TransactionInput): boolean {
  return (fields === undefined || fields.right) && (entities === undefined || entities.right);
}

function checkOwnValues({ fields, entities }: TransactionInput, wrong: Report): void {
  const named = (map: string, name: string): string =>
    name === "" ? map : `${map}[${JSON.stringify(name)}]`;
  for (const { name, description } of fields?.wrong ?? []) wrong(named("fields", name), description);
  for (const { name, description } of entities?.wrong ?? []) wrong(named("entities", name), description);
}

function checkNumbers(input: TransactionInput, wrong: Report): void {
  checkRange("time", input.time, MAX_TIME_S, wrong);
  if (input.vCount !== V_COUNT && input.vCount !== 0) {
    wrong("v", `must hold exactly ${V_COUNT} values (V1…V28), got ${input.vCount}`);
  }
  checkV(input.rows, input.offset, Math.min(input.vCount, V_COUNT), wrong);
  checkRange("amount", input.amount, MAX_AMOUNT, wrong);
  if (input.eventTimeMs > MAX_EVENT_TIME_MS || input.eventTimeMs < MIN_EVENT_TIME_MS) {
    wrong("event_time", "must be in the years 0001 to 9999");
  }
}

function checkV(rows: Float32Array, offset: number, count: number, wrong: Report): void {
  let named = 0;
  for (let i = 0; i < count && named < MAX_NAMED_V; i++) {
    const value = rows[offset + 1 + i] as number;
    if (Number.isFinite(value)) continue;
    wrong(`v[${i}]`, `must be finite, got ${value}`);
    named++;
  }
}

function checkRange(field: string, value: number, max: number, wrong: Report): void {
  const description = wrongNumber(value, 0, max);
  if (description !== undefined) wrong(field, description);
}
