import { z } from "zod";
import { ALL_VERDICT_KINDS } from "../../domain/verdicts.ts";

/** Of which kind a verdict is: a choice that may be left empty. */
export const kindField = z.preprocess(
  (kind) => (kind === "" ? undefined : kind),
  z.enum(ALL_VERDICT_KINDS).optional(),
);

/** A field that is there as often as boxes are ticked: not at all, once, or many times. */
export function several<S extends z.ZodType>(list: S) {
  return z.preprocess((some) => (some === undefined ? [] : [some].flat()), list);
}
