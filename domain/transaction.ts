import type { Entities, Fields } from "./entities.ts";

/** How a text of a payment is checked: one line of free text, or a code of upper-case letters. */
export type TextForm = "line" | "currency" | "country";

/** A text of the contract's Transaction. */
export interface TextField {
  /** In our code. */
  readonly name: string;
  /** On the wire, in JSON and in the store. */
  readonly column: string;
  /** On pages. */
  readonly title: string;
  /** Most characters. */
  readonly max: number;
  readonly form: TextForm;
  /** The entity that it names, for history and velocity: payments with the same value belong together. */
  readonly entity?: string;
  /** One sentence for the API's document. */
  readonly about?: string;
}

/**
 * The context of a payment: every text beside id and currency. All are optional. Proto conversion, JSON schemas, the
 * store's columns, lists and pages are derived from this list; a new field is one more entry here, in scoring.proto and
 * in a migration.
 */
export const CONTEXT_FIELDS = [
  {
    name: "cardToken",
    column: "card_token",
    title: "Card",
    max: 128,
    form: "line",
    entity: "card",
    about: "An opaque token that stands for the card. Never the card number.",
  },
  {
    name: "merchantId",
    column: "merchant_id",
    title: "Merchant",
    max: 128,
    form: "line",
    entity: "merchant",
  },
  { name: "merchantCategory", column: "merchant_category", title: "Category", max: 64, form: "line" },
  { name: "country", column: "country", title: "Country", max: 2, form: "country" },
  { name: "channel", column: "channel", title: "Channel", max: 32, form: "line" },
] as const satisfies readonly TextField[];

export type ContextName = (typeof CONTEXT_FIELDS)[number]["name"];
export type ContextColumn = (typeof CONTEXT_FIELDS)[number]["column"];

/** The context as callers give it: what is left out is absent or undefined. */
export type Context = { readonly [N in ContextName]?: string | undefined };
/** The context as it lies in the store: null is what was not given. */
export type StoredContext = { readonly [N in ContextName]: string | null };

/** All texts of the contract's Transaction, in the contract's order. */
export const TEXT_FIELDS = [
  { name: "transactionId", column: "transaction_id", title: "Transaction", max: 128, form: "line" },
  { name: "currency", column: "currency", title: "Currency", max: 3, form: "currency" },
  ...CONTEXT_FIELDS,
] as const satisfies readonly TextField[];

/** Makes something for each context field, by its name in our code. */
export function byContextName<T>(make: (field: (typeof CONTEXT_FIELDS)[number]) => T): {
  [N in ContextName]: T;
} {
  return Object.fromEntries(CONTEXT_FIELDS.map((field) => [field.name, make(field)])) as {
    [N in ContextName]: T;
  };
}

/** Makes something for each context field, by its name on the wire and in the store. */
export function byContextColumn<T>(make: (field: (typeof CONTEXT_FIELDS)[number]) => T): {
  [C in ContextColumn]: T;
} {
  return Object.fromEntries(CONTEXT_FIELDS.map((field) => [field.column, make(field)])) as {
    [C in ContextColumn]: T;
  };
}

/** How many V values the anonymised ULB schema has. */
export const V_COUNT = 28;

/** The numbers that the contract has fields for, as models of the ULB data set name and order them. */
export const CONTRACT_INPUTS: readonly string[] = [
  "Time",
  ...Array.from({ length: V_COUNT }, (_, i) => `V${i + 1}`),
  "Amount",
];

const BY_INPUT = new Map(CONTRACT_INPUTS.map((name) => [name, name.toLowerCase()]));

/** A model's input as a schema names it: Time, V1…V28 and Amount are `time`, `v1`…`v28` and `amount` there. */
export function contractField(input: string): string {
  return BY_INPUT.get(input) ?? input;
}

/** The model reads time as float32: from 2^32 s on its steps are 512 s and the hour is no longer told. */
export const MAX_TIME_S = 2 ** 32;

/** One card payment. Never holds a card number: a field that looks like one is refused. */
export interface Transaction extends Context {
  /** 1–128 characters, unique per payment; the idempotency key of everything recorded. */
  readonly transactionId: string;
  /** Seconds, as the ULB data set's Time: finite, ≥ 0. Only for models that read it. */
  readonly time?: number | undefined;
  /** V1…V28: exactly 28 finite values, or none where no model reads them. */
  readonly v?: ArrayLike<number> | undefined;
  /** In units of the currency, as it was given: finite, ≥ 0. What is kept is money: `minorUnits`, domain/money.ts. */
  readonly amount: number;
  readonly eventTime?: Date | undefined;
  /** ISO 4217; `DEFAULT_CURRENCY` when left out. */
  readonly currency?: string | undefined;
  /** A team's own fields and entities, as domain/own-values.ts lets them in. */
  readonly fields?: Fields | undefined;
  readonly entities?: Entities | undefined;
}

/** What makes two payments of one id the same payment. */
export interface TransactionContent
  extends Partial<{ readonly [N in ContextName]: string | null | undefined }> {
  readonly time?: number | null | undefined;
  readonly v?: ArrayLike<number> | null | undefined;
  readonly amountMinor: bigint;
  readonly currency: string;
  /** ISO 8601 in UTC, to the millisecond; absent when nobody gave one. */
  readonly eventTime?: string | undefined;
  readonly fields?: Fields | undefined;
  readonly entities?: Entities | undefined;
}

/**
 * What is kept of `time`: on the wire a time of 0 and none are the same, so beside V1…V28 it is a time, and without them
 * none was given.
 */
export function givenTime(
  time: number | null | undefined,
  v: ArrayLike<number> | null | undefined,
): number | null {
  if (v && v.length > 0) return time ?? 0;
  return time || null;
}

/**
 * A payment's content as one text that is the same whatever door it came by: V as float32, money in minor units,
 * context that was not given left out, own fields by name. Not in it: who sent it, when it arrived, what is known to be
 * true of it.
 */
export function canonicalContent(content: TransactionContent): string {
  const sorted = (map: Readonly<Record<string, unknown>> | undefined): unknown[] =>
    Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return JSON.stringify([
    givenTime(content.time, content.v),
    Array.from(content.v ?? [], Math.fround),
    String(content.amountMinor),
    content.currency,
    content.eventTime ?? null,
    CONTEXT_FIELDS.flatMap(({ name, column }) => (content[name] ? [[column, content[name]]] : [])),
    sorted(content.fields),
    sorted(content.entities),
  ]);
}
