import { z } from "zod";
import { maskPans } from "../../domain/pan.ts";
import type { Outcome } from "../../pipeline/doors/intake.ts";
import { refuse } from "../../pipeline/doors/json.ts";
import { DomainError, type FieldViolation } from "../../platform/process/errors.ts";
import { fieldErrorJson } from "./schemas.ts";

/** Of so many payments an answer says each; of more, those that were not taken, as many as this. */
const MOST_SAID = 1_000;
/** How many wrong fields a result names; its message counts the rest. */
const MOST_ERRORS = 10;

/** What became of one payment that was handed in. */
export const handInResult = z
  .object({
    index: z.int().meta({ description: "Its place among the transactions of the request, from 0." }),
    line: z.int().optional().meta({ description: "Its line, from 1, where it came as one." }),
    transaction_id: z.string().meta({ description: "As it was given; empty where none could be read." }),
    status: z.enum(["accepted", "duplicate", "conflict", "refused", "not_taken"]).meta({
      description:
        "accepted: it will be decided. duplicate: the same payment was decided before, or stands further up. conflict: the id is another payment's, which stands. refused: error says why. not_taken: nobody knows of it, send it again.",
    }),
    error: z
      .object({ code: z.string(), message: z.string(), errors: z.array(fieldErrorJson).optional() })
      .optional(),
  })
  .meta({ id: "HandInResult" });
export type HandInResult = z.output<typeof handInResult>;

/** The last line of an answer in lines that ends before the request's lines do. */
export const stoppedLine = z
  .object({
    status: z.literal("stopped"),
    line: z.int().meta({ description: "From this line on nothing was taken that is known of." }),
    error: z.object({ code: z.string(), message: z.string() }),
    retry_after: z.int().optional().meta({ description: "Seconds." }),
  })
  .meta({ id: "HandInStopped" });

export const handInAnswer = z
  .object({
    accepted: z.int(),
    duplicates: z.int(),
    conflicts: z.int(),
    refused: z.int(),
    transaction_ids: z
      .array(z.string())
      .optional()
      .meta({ description: "Of those accepted or decided before; left out for more than 1,000 lines." }),
    results: z.array(handInResult).meta({
      description: `Each transaction's, in order; of more than ${MOST_SAID.toLocaleString("en")} lines those of what was neither accepted nor decided before, the first ${MOST_SAID.toLocaleString("en")}.`,
    }),
    results_left_out: z.int().optional().meta({ description: "Results that would have been too many." }),
  })
  .meta({ id: "HandInAnswer" });

/** Where a payment stands in its request. */
export interface Place {
  readonly index: number;
  readonly line?: number;
  /** As errors call it: "line 3", "transactions[2]"; "" for a request that is one payment. */
  readonly name: string;
}

/** The result of a payment that is right in itself. */
export function outcomeResult({ index, line }: Place, id: string, outcome: Outcome): HandInResult {
  const where = { index, ...(line === undefined ? {} : { line }), transaction_id: id, status: outcome };
  if (outcome !== "conflict") return where;
  return { ...where, error: { code: "conflict", message: CONFLICT } };
}

const CONFLICT = "the id is another payment's, which came first and stands: give this one its own";

/** The result of a payment that is wrong; what its id looks like a card number is not said again. */
export function refusedResult({ index, line }: Place, given: unknown, error: DomainError): HandInResult {
  const id = typeof given === "object" && given !== null ? Reflect.get(given, "transaction_id") : undefined;
  return {
    index,
    ...(line === undefined ? {} : { line }),
    transaction_id: typeof id === "string" ? maskPans(id.slice(0, 128)) : "",
    status: "refused",
    error: {
      code: error.code,
      message: error.message,
      errors: error.violations.slice(0, MOST_ERRORS).map(({ field, description }) => ({
        field,
        message: description,
      })),
    },
  };
}

/** Adds results up to one answer that stays small however many there are. */
export class HandInTally {
  readonly #counts = { accepted: 0, duplicate: 0, conflict: 0, refused: 0, not_taken: 0 };
  #results: HandInResult[] = [];
  #all = 0;
  #leftOut = 0;
  readonly #wrong: FieldViolation[] = [];

  /** Counted so far, of any status. */
  get all(): number {
    return this.#all;
  }

  get accepted(): number {
    return this.#counts.accepted;
  }

  /** Accepted, or decided before. */
  get taken(): number {
    return this.#counts.accepted + this.#counts.duplicate;
  }

  add(result: HandInResult, place: Place): void {
    this.#counts[result.status]++;
    if (this.#all++ === MOST_SAID) this.#results = this.#results.filter(isNews);
    if (this.#all <= MOST_SAID || (isNews(result) && this.#results.length < MOST_SAID)) {
      this.#results.push(result);
    } else if (isNews(result)) this.#leftOut++;
    if (result.error && this.#wrong.length < MOST_SAID) this.#wrong.push(...violationsOf(result, place));
  }

  answer(): z.output<typeof handInAnswer> {
    const { accepted, duplicate, conflict, refused } = this.#counts;
    const ids = this.#results.filter((result) => !isNews(result)).map((result) => result.transaction_id);
    return {
      ...{ accepted, duplicates: duplicate, conflicts: conflict, refused },
      ...(this.#all <= MOST_SAID ? { transaction_ids: ids } : {}),
      results: this.#results,
      ...(this.#leftOut > 0 ? { results_left_out: this.#leftOut } : {}),
    };
  }

  /**
   * 202 when something is taken, as clients of earlier versions know it; of each one `results` tells.
   *
   * @throws DomainError when nothing is: `conflict` when every id is another payment's, else `invalid_argument`
   */
  status(): 202 {
    const { conflict, refused } = this.#counts;
    if (this.#all === 0) throw refuse([{ field: "body", description: "must have at least one transaction" }]);
    if (conflict + refused === 0 || this.taken > 0) return 202;
    if (refused > 0) throw refuse(this.#wrong);
    throw new DomainError("conflict", CONFLICT, { violations: this.#wrong.slice(0, 50) });
  }
}

function isNews({ status }: HandInResult): boolean {
  return status !== "accepted" && status !== "duplicate";
}

/** What is wrong with one of a list, by its place in the request. */
function violationsOf({ error }: HandInResult, { name }: Place): FieldViolation[] {
  if (!error?.errors) return [{ field: joined(name, "transaction_id"), description: error?.message ?? "" }];
  return error.errors.map(({ field, message }) => ({ field: joined(name, field), description: message }));
}

function joined(place: string, field: string): string {
  if (place === "") return field;
  return field === "body" || field === place ? place : `${place}.${field}`;
}
