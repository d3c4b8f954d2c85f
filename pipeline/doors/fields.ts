import { z } from "zod";
import { MAX_AMOUNT } from "../../domain/money.ts";
import { containsPan, isPanNumber } from "../../domain/pan.ts";
import { MAX_TIME_S } from "../../domain/transaction.ts";
import { isStorableText, storableTime } from "../../platform/process/storable.ts";

/**
 * The kinds of value that the API takes. Each is as narrow as what lies behind it (the scorer's rules, PostgreSQL's
 * types), so that what is accepted can be decided and recorded.
 */

const NO_PAN = "looks like a card number; send a token that stands for the card instead";

const CONTROL = /\p{Cc}/u;

/** JavaScript counts a character beyond U+FFFF as two. */
const MOST_UNITS_A_CHARACTER = 2;

type Rule = (text: string) => string | undefined;

const storable: Rule = (text) =>
  isStorableText(text) ? undefined : "must hold no NUL and no half of a surrogate pair";
const oneLine: Rule = (text) => (CONTROL.test(text) ? "must hold no control characters" : undefined);
const noPan: Rule = (text) => (containsPan(text) ? NO_PAN : undefined);

/** Text of `least` to `most` characters; only the first rule that it breaks is told, and none is asked of a longer one. */
function text(least: number, most: number, rules: readonly Rule[]) {
  const length = `${least > 0 ? `must have ${least} to` : "at most"} ${most.toLocaleString("en")} characters`;
  const fits = (value: string): boolean =>
    value.length >= least &&
    value.length <= most * MOST_UNITS_A_CHARACTER &&
    (value.length <= most || [...value].length <= most);
  return z
    .string("must be a string")
    .superRefine((value, context) => {
      const message = fits(value)
        ? rules.map((rule) => rule(value)).find((wrong) => wrong !== undefined)
        : length;
      // What is transformed after this, or judged beside other fields, must not meet a text that is wrong.
      if (message !== undefined) context.addIssue({ code: "custom", message, continue: false });
    })
    .meta({ ...(least > 0 ? { minLength: least } : {}), maxLength: most });
}

/** An id or a short word of a payment: one line without a card number. */
export const label = (most: number, least = 0) => text(least, most, [storable, oneLine, noPan]);

/** What a person writes: lines are theirs to break; no card number. */
export const prose = (most: number) => text(0, most, [storable, noPan]);

/** Text to look something up by, e.g. the name of a model. */
export const wanted = (most: number) => text(0, most, [storable, noPan]);

/** As the model reads it, a 32-bit float: beyond this it is infinite. */
export const LARGEST = 3.4e38;

/** A number that the model can read. No model has one that is a card number. */
export const modelNumber = z
  .number("must be a finite number")
  .refine((value) => !isPanNumber(value), NO_PAN)
  .min(-LARGEST, `must be ≥ -${LARGEST}`)
  .max(LARGEST, `must be ≤ ${LARGEST}`);

export const seconds = modelNumber.min(0, "must be ≥ 0").max(MAX_TIME_S, `must be ≤ ${MAX_TIME_S}`);
export const amount = modelNumber.min(0, "must be ≥ 0").max(MAX_AMOUNT, `must be ≤ ${MAX_AMOUNT}`);

/** What a 32-bit float rounds to nothing is nothing: PostgreSQL refuses numbers that underflow. */
export const withoutDust = (value: number): number => (Math.fround(value) === 0 ? 0 : value);

const NO_INSTANT = "must be an ISO 8601 date and time with a zone, in the years 0001 to 9999";

/**
 * A moment, with any offset that ISO 8601 knows (PostgreSQL knows fewer). It comes out in UTC, to the millisecond.
 */
export const instant = z.iso
  .datetime({ offset: true, error: NO_INSTANT })
  .max(64, { error: NO_INSTANT, abort: true })
  .transform((value, context) => {
    const utc = storableTime(value);
    if (utc !== undefined) return utc;
    context.addIssue({ code: "custom", message: NO_INSTANT });
    return z.NEVER;
  });
