import { z } from "zod";
import { wanted } from "../../pipeline/doors/fields.ts";

/** Where a page of a list ended, as the API gives it out and takes it back: text that says nothing to callers. */
export interface Cursor<T> {
  /** The query parameter. */
  readonly parameter: z.ZodType<T, string>;
  write(place: T): string;
}

/** Far more than any place needs. */
const LONGEST = 512;

/**
 * A cursor over places of one shape. It is not signed: whatever a caller makes up either fits the shape and is a place
 * of the list, or is refused.
 */
export function cursorOf<T>(shape: z.ZodType<T>): Cursor<T> {
  return {
    parameter: wanted(LONGEST).transform((text, context) => {
      const place = shape.safeParse(decoded(text));
      if (place.success) return place.data;
      const message = "must be the next_cursor of a page of this list";
      context.addIssue({ code: "custom", message, continue: false });
      return z.NEVER;
    }),
    write: (place) => Buffer.from(JSON.stringify(place)).toString("base64url"),
  };
}

function decoded(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString());
  } catch {
    return undefined;
  }
}
