import { ENTITY_NAME, type Entities, type Fields, type FieldValue } from "./entities.ts";
import { containsPan, isPanNumber, maskPans } from "./pan.ts";
import { CONTEXT_FIELDS, TEXT_FIELDS } from "./transaction.ts";

/**
 * What a team sends of its own beside the contract's fields: the limits and rules of `fields` and `entities`, declared
 * once for every door (wire, JSON, queue jobs).
 */

/** Most fields of one payment. */
export const MAX_FIELDS = 128;
/** Most entities of one payment. */
export const MAX_ENTITIES = 16;
/** Most characters of a field's text. */
export const MAX_FIELD_TEXT = 256;
/** Most characters of an entity's id. */
export const MAX_ENTITY_ID = 128;
/** Most characters of all names and texts of one payment's fields, or of its entities. */
export const MAX_OWN_CHARACTERS = 16_384;

/** A name and what is wrong with it or its value. */
export interface WrongValue {
  /** Fit to be shown: cut, and without card numbers. */
  readonly name: string;
  readonly description: string;
}

const NO_PAN = "looks like a card number (PAN); send a token that stands for the card instead";
/** Control characters, NUL among them, and halves of surrogate pairs, which UTF-8 lacks. */
const NOT_A_LINE = /[\p{Cc}\p{Cs}]/u;
/** JavaScript counts a character beyond U+FFFF as two. */
const MOST_UNITS_A_CHARACTER = 2;
const SHENTITY_NAME = 64;
/** Wrong ones that are named; of more, how many is said. */
const MAX_NAMED = 5;

/** The rules of one of the two maps. */
interface Rules<T> {
  readonly most: number;
  /** Names that the contract has a field of its own for, and which. */
  readonly taken: ReadonlyMap<string, string>;
  /** Names that were judged and are right: a team sends the same few all day. */
  readonly known: Set<string>;
  /** The value as it is kept, or what is wrong with it. */
  readonly read: (value: unknown) => { readonly value: T } | string;
}

/**
 * Gathers a payment's fields, or its entities, judging each as it comes. The same name again replaces what was there, as
 * protobuf and JSON have it. Costs no more than the limits allow, whatever is put in.
 */
export class OwnValues<T extends FieldValue> {
  readonly #rules: Rules<T>;
  readonly #values: Record<string, T> = {};
  readonly #wrong: WrongValue[] = [];
  #wrongCount = 0;
  #count = 0;
  #characters = 0;
  #full = false;

  constructor(rules: Rules<T>) {
    this.#rules = rules;
  }

  /** The right ones so far. Look a name up with `Object.hasOwn`: "constructor" is a name like any other. */
  get values(): Readonly<Record<string, T>> {
    return this.#values;
  }

  /** Whether nothing is wrong so far. */
  get right(): boolean {
    return this.#wrongCount === 0;
  }

  /** What is wrong; of very many, the first, and how many more. */
  get wrong(): readonly WrongValue[] {
    const more = this.#wrongCount - this.#wrong.length;
    return more === 0 ? this.#wrong : [...this.#wrong, { name: "", description: `${more} more are wrong` }];
  }

  /** Whether no more is taken: what comes now need not be read. */
  get full(): boolean {
    return this.#full;
  }

  /** @param value of any kind: what is no field's value is refused */
  put(name: string, value: unknown): void {
    if (this.#full) return;
    this.#characters += name.length + (typeof value === "string" ? value.length : 0);
    if (++this.#count > this.#rules.most) {
      this.#close(`must hold at most ${this.#rules.most}`);
    } else if (this.#characters > MAX_OWN_CHARACTERS) {
      const most = MAX_OWN_CHARACTERS.toLocaleString("en");
      this.#close(`must hold at most ${most} characters of names and texts`);
    } else {
      const wrong = wrongName(name, this.#rules);
      const read = wrong ?? this.#rules.read(value);
      if (typeof read === "string") this.refuse(name, read);
      else this.#values[name] = read.value;
    }
  }

  /** Notes that something cannot even be read. */
  refuse(name: string, description: string): void {
    this.#wrongCount++;
    if (this.#wrong.length < MAX_NAMED) this.#wrong.push({ name: shown(name), description });
  }

  #close(description: string): void {
    this.#full = true;
    this.refuse("", description);
  }
}

const WRONG_NAME = "is no name: a lower-case letter, then letters, digits or _, at most 64 characters";

/** Whether a name has the form of names and no card number in it. */
export function isRightName(name: string): boolean {
  return ENTITY_NAME.test(name) && !containsPan(name);
}

const MAX_KNOWN = 4_096;

function wrongName(
  name: string,
  { taken, known }: Pick<Rules<unknown>, "taken" | "known">,
): string | undefined {
  if (known.has(name)) return undefined;
  const wrong = taken.get(name);
  if (wrong !== undefined) return wrong;
  if (!isRightName(name)) return ENTITY_NAME.test(name) ? NO_PAN : WRONG_NAME;
  if (known.size < MAX_KNOWN) known.add(name);
  return undefined;
}

function shown(name: string): string {
  return maskPans(name.slice(0, 4 * SHENTITY_NAME)).slice(0, SHENTITY_NAME);
}

/** Gathers `fields`. */
export function gatherFields(): OwnValues<FieldValue> {
  return new OwnValues(FIELD_RULES);
}

/** Gathers `entities`. */
export function gatherEntities(): OwnValues<string> {
  return new OwnValues(ENTITY_RULES);
}

/** A moment as JSON gives it; on the wire it is a google.protobuf.Timestamp. */
export interface Moment {
  readonly timestamp: string;
}

function isMoment(value: unknown): value is Moment {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.keys(value).length === 1 &&
    "timestamp" in value &&
    typeof value.timestamp === "string"
  );
}

function readField(value: unknown): { readonly value: FieldValue } | string {
  switch (typeof value) {
    case "number":
      if (!Number.isFinite(value)) return `must be finite, got ${value}`;
      // JSON has no negative zero to come back as.
      return isPanNumber(value) ? NO_PAN : { value: value + 0 };
    case "boolean":
      return { value };
    case "string": {
      const wrong = wrongLine(value, MAX_FIELD_TEXT);
      return wrong ?? { value };
    }
    default: {
      if (!isMoment(value)) return "must be a number, a text, true or false, or a timestamp";
      const utc = utcMoment(value.timestamp);
      return utc === undefined ? NO_MOMENT : { value: utc };
    }
  }
}

function readEntity(value: unknown): { readonly value: string } | string {
  if (typeof value !== "string") return "must be a text";
  if (value === "") return "must not be empty";
  return wrongLine(value, MAX_ENTITY_ID) ?? { value };
}

/** What is wrong with a text that should be one line of at most so many characters without a card number. */
export function wrongLine(text: string, most: number): string | undefined {
  const tooLong =
    text.length > most * MOST_UNITS_A_CHARACTER || (text.length > most && [...text].length > most);
  if (tooLong) return `must be at most ${most} characters`;
  if (NOT_A_LINE.test(text)) return "must hold no control characters and no half of a surrogate pair";
  return containsPan(text) ? NO_PAN : undefined;
}

const NO_MOMENT = "must be an ISO 8601 date and time with a zone, in the years 0001 to 9999";
const ISO_8601 =
  /^(\d{4})-(\d{2})-(\d{2})T([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const MIN_MOMENT_MS = Date.parse("0001-01-01T00:00:00Z");
const MAX_MOMENT_MS = Date.parse("9999-12-31T23:59:59.999Z");

/** A moment in UTC, to the millisecond, e.g. "2026-11-26T10:00:00.000Z"; undefined for what is none. */
export function utcMoment(text: string): string | undefined {
  const parts = text.length <= 64 ? ISO_8601.exec(text) : null;
  if (!parts) return undefined;
  const [year = 0, month = 0, day = 0] = parts.slice(1, 4).map(Number);
  // Date makes the second of March of the thirtieth of February.
  if (
    month < 1 ||
    month > 12 ||
    day < 1 ||
    day > new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()
  ) {
    return undefined;
  }
  return utcOf(Date.parse(text));
}

/** As {@link utcMoment}, of milliseconds since 1970. */
export function utcOf(milliseconds: number): string | undefined {
  const known = milliseconds >= MIN_MOMENT_MS && milliseconds <= MAX_MOMENT_MS;
  return known ? new Date(milliseconds).toISOString() : undefined;
}

/** What the contract's own fields are called, on the wire and in JSON. */
const CONTRACT_NAMES = [
  ...TEXT_FIELDS.map(({ column }) => column),
  ...["time", "v", "amount", "event_time", "fields", "entities"],
];

const FIELD_RULES: Rules<FieldValue> = {
  most: MAX_FIELDS,
  known: new Set(),
  taken: new Map(CONTRACT_NAMES.map((name) => [name, `is a field of the contract's: send it as ${name}`])),
  read: readField,
};

const ENTITY_RULES: Rules<string> = {
  most: MAX_ENTITIES,
  known: new Set(),
  taken: new Map(
    CONTEXT_FIELDS.flatMap((field) =>
      "entity" in field ? [[field.entity, `is named by the contract: send it as ${field.column}`]] : [],
    ),
  ),
  read: readEntity,
};

/** Fields and entities where there are any. */
export function ownOrNone<T extends Fields | Entities>(values: T | null | undefined): T | undefined {
  return values && Object.keys(values).length > 0 ? values : undefined;
}
