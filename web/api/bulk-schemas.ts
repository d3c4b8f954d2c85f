import { z } from "zod";
import { SNOOZE_MINUTES } from "../../domain/review-cases.ts";
import { ALL_VERDICT_KINDS, VERDICTS } from "../../domain/verdicts.ts";
import { wanted } from "../../pipeline/doors/fields.ts";
import { MOST_TOGETHER } from "../../pipeline/review/together.ts";
import { caseToken, reviewNote } from "./schemas.ts";

const chosenCases = z
  .array(z.strictObject({ case_id: z.int().positive(), token: caseToken }))
  .min(1)
  .max(MOST_TOGETHER);

export const bulkRequest = z.discriminatedUnion("act", [
  z.strictObject({ act: z.literal("assign"), cases: chosenCases, to: wanted(128).nullable() }),
  z.strictObject({
    act: z.literal("close"),
    cases: chosenCases,
    verdict: z.enum(VERDICTS),
    kind: z.enum(ALL_VERDICT_KINDS).optional(),
    reason: reviewNote.default(""),
  }),
  z.strictObject({
    act: z.literal("snooze"),
    cases: chosenCases,
    minutes: z.literal([...SNOOZE_MINUTES]),
    reason: reviewNote.default(""),
  }),
  z.strictObject({ act: z.literal("refer"), cases: chosenCases, reason: reviewNote }),
]);

export const bulkAnswer = z.object({
  done: z.int(),
  refused: z.array(z.object({ case_id: z.int(), why: z.string() })),
});
