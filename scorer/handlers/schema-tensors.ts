import { randomUUID } from "node:crypto";
import { CONTEXT_ENTITIES, CONTRACT_FIELDS } from "../../domain/features/contract-fields.ts";
import type { ModelSchema, Value, ValueType } from "../../domain/features/definition.ts";
import { CURRENCY_FORM, DEFAULT_CURRENCY, MAX_AMOUNT } from "../../domain/money.ts";
import { gatherEntities, gatherFields, MAX_ENTITY_ID, utcMoment } from "../../domain/own-values.ts";
import { containsPan } from "../../domain/pan.ts";
import type { Reading } from "../../features/engine/engine.ts";
import { recordedAmount } from "../../features/engine/payment.ts";
import { DomainError, type FieldViolation } from "../../platform/process/errors.ts";
import type { ModelInferRequest__Output } from "../../proto/gen/inference/ModelInferRequest.ts";
import type { ModelInputs } from "../scoring/model-inputs.ts";
import type { SchemaInputs } from "../scoring/schema-inputs.ts";
import type { TensorOutline } from "./inference-tensors.ts";
import {
  cut,
  NUMBER_TYPES,
  numbersOf,
  requireType,
  TEXTS,
  type Tensor,
  textsOf,
  wrong,
} from "./tensor-columns.ts";

/**
 * Payments in the tensors of an inference request: one for each raw field of a schema, by its name, and one of ids for
 * each entity. Features are made of them as of any payment. A text that is empty, and a tensor that is left out, is not
 * given.
 */

/** What every payment may have, whether the schema names it or not. */
const ALWAYS: Readonly<Record<string, ValueType>> = {
  transaction_id: "text",
  event_time: "timestamp",
  currency: "text",
};
const NUMBERS = Object.keys(NUMBER_TYPES).filter((type) => type !== "BOOL");

/**
 * The schema whose raw fields a request names; undefined where its tensors are the columns that the graph takes.
 */
export function schemaOfFields(
  { inputs }: ModelInferRequest__Output,
  { named }: TensorOutline,
  model: ModelInputs,
): SchemaInputs | undefined {
  const { apart } = model;
  if (!named || !apart) return undefined;
  const columns = new Set(model.columns.map(({ name }) => name));
  const { fields } = apart.engine.schema;
  if (inputs.length === columns.size && inputs.every(({ name }) => columns.has(name))) return undefined;
  // A feature among them: what is missing is said of the columns.
  if (inputs.some(({ name }) => columns.has(name) && !Object.hasOwn(fields, name))) return undefined;
  return apart;
}

/** The fields and entities of a schema as tensors. */
export function describeFields({ fields, entities }: ModelSchema) {
  return [
    ...Object.entries(fields).map(([name, { type }]) => ({
      ...{ name, shape: [-1] },
      datatype: type === "number" ? "FP64" : type === "flag" ? "BOOL" : TEXTS,
    })),
    ...Object.keys(entities).map((name) => ({ name, datatype: TEXTS, shape: [-1] })),
  ];
}

/**
 * The payments of a request, read by the schema.
 *
 * @throws DomainError `invalid_argument` that names the tensor, or the first row in which something is wrong
 */
export function readFieldTensors(
  request: ModelInferRequest__Output,
  { rows }: TensorOutline,
  inputs: SchemaInputs,
): Reading[] {
  const { schema } = inputs.engine;
  const columns = request.inputs.map((tensor, i) =>
    columnOf(tensor, i, request.rawInputContents[i], rows, schema),
  );
  const names = new Set(columns.map(({ name }) => name));
  if (names.size < columns.length) {
    const twice = columns.findIndex(({ name }, i) => columns.findIndex((one) => one.name === name) < i);
    wrong(`inputs[${twice}].name`, `"${columns[twice]?.name}" came twice`);
  }
  for (const [name, { required }] of Object.entries(schema.fields)) {
    if (required && !names.has(name) && name !== "event_time") {
      wrong("inputs", `must have a tensor "${name}": the model needs it; ${known(schema)}`);
    }
  }
  const now = new Date();
  return Array.from({ length: rows }, (_, row) => {
    const reading = readRow(columns, row, now, inputs);
    if ("scope" in reading) return reading;
    throw DomainError.invalid(
      reading.map(({ field, description }) => ({ field: `row ${row}, ${field}`, description })),
    );
  });
}

interface Column {
  readonly name: string;
  readonly isEntity: boolean;
  readonly type: ValueType;
  readonly values: readonly (number | string)[];
}

function columnOf(
  tensor: Tensor,
  index: number,
  raw: Buffer | undefined,
  rows: number,
  schema: ModelSchema,
): Column {
  const { name } = tensor;
  const isEntity = Object.hasOwn(schema.entities, name);
  const field = Object.hasOwn(schema.fields, name) ? schema.fields[name] : undefined;
  const always = Object.hasOwn(ALWAYS, name) ? ALWAYS[name] : undefined;
  const type = isEntity ? "text" : (field?.type ?? always);
  if (type === undefined)
    return wrong(`inputs[${index}].name`, `there is no "${cut(name)}": ${known(schema)}`);
  requireType(tensor, index, type === "number" ? NUMBERS : type === "flag" ? ["BOOL"] : [TEXTS]);
  const read = type === "number" || type === "flag" ? numbersOf : textsOf;
  return { name, isEntity, type, values: read(tensor, index, raw, rows) };
}

/** What a request may name. */
function known({ name, fields, entities }: ModelSchema): string {
  const listed = (names: readonly string[]) => (names.length === 0 ? "none" : names.join(", "));
  const others = Object.keys(ALWAYS).filter((one) => !Object.hasOwn(fields, one));
  return (
    `the schema ${name} has the fields ${listed(Object.keys(fields))}, the entities ` +
    `${listed(Object.keys(entities))}, and every payment may have ${listed(others)}`
  );
}

function readRow(
  columns: readonly Column[],
  row: number,
  now: Date,
  inputs: SchemaInputs,
): Reading | readonly FieldViolation[] {
  const own = gatherFields();
  const entities = gatherEntities();
  const fields: Record<string, Value | undefined> = {};
  const violations: FieldViolation[] = [];
  for (const { name, isEntity, type, values } of columns) {
    const value = values[row] as number | string;
    if (value === "") continue;
    if (isEntity && !Object.hasOwn(CONTEXT_ENTITIES, name)) entities.put(name, value);
    else if (type === "timestamp") {
      const utc = utcMoment(String(value));
      if (utc === undefined) violations.push({ field: name, description: NO_MOMENT });
      else fields[name] = new Date(utc);
    } else if (isEntity || Object.hasOwn(ALWAYS, name) || Object.hasOwn(CONTRACT_FIELDS, name)) {
      const description = wrongOfContract(name, value);
      if (description !== undefined) violations.push({ field: name, description });
      else fields[isEntity ? (CONTEXT_ENTITIES[name] as string) : name] = value;
    } else own.put(name, type === "flag" ? value === 1 : value);
  }
  for (const { name, description } of own.wrong) violations.push({ field: `fields["${name}"]`, description });
  for (const { name, description } of entities.wrong) {
    violations.push({ field: `entities["${name}"]`, description });
  }
  if (violations.length > 0) return violations;
  const { transaction_id: id, ...given } = { ...own.values, ...fields };
  const currency = given["currency"] ?? DEFAULT_CURRENCY;
  const at = given["event_time"] instanceof Date ? given["event_time"] : now;
  const amount = given["amount"];
  return inputs.readPayment({
    transactionId: typeof id === "string" ? id : randomUUID(),
    eventTimeMs: at.getTime(),
    fields: {
      ...given,
      ...{ currency, event_time: at },
      ...(typeof amount === "number" ? { amount: recordedAmount(amount, String(currency)) } : {}),
    },
    entities: entities.values,
  });
}

const NO_MOMENT = "must be an ISO 8601 date and time with a zone, in the years 0001 to 9999";

function wrongOfContract(name: string, value: number | string): string | undefined {
  if (typeof value === "number") {
    if (!Number.isFinite(value)) return `must be finite, got ${value}`;
    return name === "amount" && !(value >= 0 && value <= MAX_AMOUNT)
      ? `must be from 0 to ${MAX_AMOUNT}, got ${value}`
      : undefined;
  }
  if (name === "currency" && !CURRENCY_FORM.test(value)) return "must be an ISO 4217 code, e.g. EUR";
  if (value.length > MAX_ENTITY_ID) return `must be at most ${MAX_ENTITY_ID} characters`;
  return containsPan(value) ? "looks like a card number (PAN); send a token instead" : undefined;
}
