import { CONTRACT_FIELDS } from "../../domain/features/contract-fields.ts";
import {
  type FeatureDefinition,
  type FieldDefinition,
  type ModelSchema,
  OF_NUMBERS,
  type ValueType,
} from "../../domain/features/definition.ts";
import { CURRENCY_FORM } from "../../domain/money.ts";
import { type Expression, ExpressionError, Language, type Variables } from "../expressions/language.ts";
import { type FeatureOrder, orderFeatures, type SchemaProblem } from "./order.ts";

/** The expressions of a schema, compiled. */
export interface CompiledExpressions {
  readonly order: FeatureOrder;
  /** Of derived features, by name. */
  readonly derived: ReadonlyMap<string, Expression>;
  /** Of aggregates' `of` and `where`, by their text. */
  readonly ofEvents: ReadonlyMap<string, Expression>;
}

/** Checks what the shape of a file does not say, and compiles its expressions. All problems are found, not the first. */
export function compileExpressions(
  schema: ModelSchema,
): { readonly compiled: CompiledExpressions } | { readonly problems: readonly SchemaProblem[] } {
  const problems: SchemaProblem[] = [];
  const wrong = (path: readonly (string | number)[], message: string, start?: number): void => {
    problems.push({ path, message, ...(start === undefined ? {} : { start }) });
  };
  checkFields(schema, wrong);
  checkMoney(schema, wrong);
  const variables = variablesOf(schema);
  const language = new Language(variables);
  const derived = new Map<string, Expression>();
  const ofEvents = new Map<string, Expression>();
  const compile = (
    path: readonly (string | number)[],
    text: string,
    types: readonly ValueType[] | undefined,
  ) => {
    try {
      return language.compile(text, types);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      wrong(path, error.message, error.start);
      return undefined;
    }
  };
  for (const [name, feature] of Object.entries(schema.features)) {
    if (feature.kind !== "derived") continue;
    const expression = compile(["features", name, "expression"], feature.expression, ["number", "flag"]);
    if (expression) derived.set(name, expression);
  }
  const order = orderFeatures(schema, new Map([...derived].map(([name, { uses }]) => [name, uses])));
  problems.push(...order.problems);
  const late = new Set(order.after);
  for (const [name, feature] of Object.entries(schema.features)) {
    if (feature.kind === "one_hot" || feature.kind === "target") checkText(schema, name, feature, wrong);
    if (feature.kind !== "aggregate") continue;
    for (const [i, entity] of feature.by.entries()) {
      if (!Object.hasOwn(schema.entities, entity)) {
        wrong(
          ["features", name, "by", ...(feature.by.length > 1 ? [i] : [])],
          `there is no entity "${entity}"`,
        );
      }
    }
    for (const part of ["of", "where"] as const) {
      const text = feature[part];
      if (text === undefined) continue;
      const types: readonly ValueType[] | undefined =
        part === "where" ? ["flag"] : OF_NUMBERS.has(feature.aggregate) ? ["number"] : undefined;
      const path = ["features", name, part];
      const expression = compile(path, text, types);
      if (!expression) continue;
      const used = expression.uses.find((use) => late.has(use) || isWindowed(schema.features[use]));
      if (used) wrong(path, `reads "${used}", which is an aggregate or reads one`);
      else ofEvents.set(text, expression);
    }
  }
  checkInputs(schema, wrong);
  return problems.length > 0 ? { problems } : { compiled: { order, derived, ofEvents } };
}

type Report = (path: readonly (string | number)[], message: string, start?: number) => void;

function isWindowed(feature: FeatureDefinition | undefined): boolean {
  return feature?.kind === "aggregate" || feature?.kind === "target";
}

/** What expressions may read: fields, entities' ids, and features that are numbers. */
export function variablesOf({ fields, entities, features }: ModelSchema): Variables {
  const variables: Record<string, ValueType> = {};
  for (const name of Object.keys(entities)) variables[name] = "text";
  for (const [name, { type }] of Object.entries(fields)) variables[name] = type;
  for (const [name, { kind }] of Object.entries(features)) if (kind !== "one_hot") variables[name] = "number";
  return variables;
}

const DEFAULTS: Readonly<Record<ValueType, (value: unknown) => boolean>> = {
  number: (value) => typeof value === "number",
  text: (value) => typeof value === "string",
  flag: (value) => typeof value === "boolean",
  timestamp: (value) => typeof value === "string" && Number.isFinite(Date.parse(value)),
};

function checkFields({ fields, entities, features }: ModelSchema, wrong: Report): void {
  for (const [name, field] of Object.entries(fields)) {
    const path = ["fields", name];
    const contract = Object.hasOwn(CONTRACT_FIELDS, name) ? CONTRACT_FIELDS[name] : undefined;
    if (contract !== undefined && contract !== field.type) {
      wrong([...path, "type"], `"${name}" of the contract is a ${contract}`);
    }
    if (field.default !== undefined && !DEFAULTS[field.type](field.default)) {
      wrong([...path, "default"], `is no ${field.type}`);
    }
    if (field.default !== undefined && field.required) {
      wrong([...path, "default"], "a field that is required needs no default");
    }
    if (!field.required && field.default === undefined) {
      wrong([...path, "required"], "a field that may be missing needs a default");
    }
    checkRange(path, field, wrong);
    if (Object.hasOwn(features, name)) wrong(["features", name], "is a field's name already");
  }
  for (const name of Object.keys(entities)) {
    if (Object.hasOwn(fields, name)) wrong(["entities", name], "is a field's name already");
    if (Object.hasOwn(features, name)) wrong(["features", name], "is an entity's name already");
  }
}

/** A unit that looks like a currency is one. */
function checkMoney({ currency, fields: { amount } }: ModelSchema, wrong: Report): void {
  if (amount?.unit === undefined || !CURRENCY_FORM.test(amount.unit) || amount.unit === currency) return;
  wrong(["fields", "amount", "unit"], `is ${amount.unit}, and the schema's currency is ${currency}`);
}

function checkRange(path: readonly string[], field: FieldDefinition, wrong: Report): void {
  const { min, max, type } = field;
  for (const end of ["min", "max"] as const) {
    if (field[end] !== undefined && type !== "number") wrong([...path, end], `a ${type} has no range`);
  }
  if (min !== undefined && max !== undefined && min > max) wrong([...path, "max"], "is below min");
  if (
    typeof field.default === "number" &&
    (field.default < (min ?? -Infinity) || field.default > (max ?? Infinity))
  ) {
    wrong([...path, "default"], "is out of the field's own range");
  }
}

function checkText(
  { fields }: ModelSchema,
  name: string,
  feature: Extract<FeatureDefinition, { field: string }>,
  wrong: Report,
): void {
  const path = ["features", name, feature.kind];
  const field = Object.hasOwn(fields, feature.field) ? fields[feature.field] : undefined;
  if (!field) wrong(path, `there is no field "${feature.field}"`);
  else if (field.type !== "text") wrong(path, `"${feature.field}" is a ${field.type}, not a text`);
}

function checkInputs({ inputs, fields, features }: ModelSchema, wrong: Report): void {
  for (const [i, name] of inputs.entries()) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (!field && !Object.hasOwn(features, name)) {
      wrong(["inputs", i], `there is no field or feature "${name}"`);
    } else if (field && field.type !== "number" && field.type !== "flag") {
      wrong(["inputs", i], `"${name}" is a ${field.type}: a graph takes numbers; make a feature of it`);
    }
  }
}
