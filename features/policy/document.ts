import { z } from "zod";
import { ACTIONS } from "../../domain/actions.ts";
import { containsPan } from "../../domain/pan.ts";
import { type DecisionPolicy, MAX_SLA_MINUTES } from "../../domain/policy/decision-policy.ts";
import {
  MAX_PRIORITY,
  MAX_RULE_NAME,
  MAX_RULE_REASON,
  MAX_RULES,
  RULE_EFFECTS,
  RULE_ID,
} from "../../domain/policy/rules.ts";
import { byTier } from "../../domain/tiers.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { MAX_EXPRESSION_LENGTH } from "../expressions/language.ts";

/** A version's name, kept with each decision. */
export const POLICY_VERSION = /^[a-z0-9][a-z0-9._-]{0,63}$/;

const line = (max: number) =>
  z
    .string()
    .max(max, `must be at most ${max} characters`)
    .refine((text) => !/\p{Cc}/u.test(text), "must be one line without control characters")
    .refine((text) => !containsPan(text), "looks as if it holds a card number");

const action = z.enum(ACTIONS);
const acting = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("raise"), to: action }),
  z.strictObject({ kind: z.literal("lower"), to: action }),
  z.strictObject({ kind: z.literal("review") }),
]);

const effect = z.discriminatedUnion(
  "kind",
  [...acting.options, z.strictObject({ kind: z.literal("shadow"), would: acting })],
  { error: `must have a kind: ${RULE_EFFECTS.join(", ")}` },
);

/** One rule, as documents hold it; whether `when` can be read is the language's to say. */
export const ruleSchema = z.strictObject({
  id: z
    .string()
    .regex(RULE_ID, "must be 1 to 40 lower-case letters, digits and hyphens and begin with a letter"),
  name: line(MAX_RULE_NAME).min(1, "must not be empty"),
  when: z.string().max(MAX_EXPRESSION_LENGTH, `must be at most ${MAX_EXPRESSION_LENGTH} characters`),
  effect,
  priority: z.int().min(0).max(MAX_PRIORITY),
  enabled: z.boolean(),
  reason: line(MAX_RULE_REASON),
});

const tier = z.strictObject({
  action,
  review: z.boolean(),
  slaMinutes: z.int().min(1).max(MAX_SLA_MINUTES).nullable(),
});

const documentSchema = z
  .strictObject({
    version: z.string().regex(POLICY_VERSION, "must be 1 to 64 lower-case letters, digits and . _ -"),
    tiers: z.strictObject(byTier(() => tier)),
    rules: z.array(ruleSchema).max(MAX_RULES, `a policy has at most ${MAX_RULES} rules`),
  })
  .superRefine(({ rules }, context) => {
    const seen = new Set<string>();
    for (const [index, { id }] of rules.entries()) {
      if (seen.has(id)) {
        context.addIssue({
          code: "custom",
          path: ["rules", index, "id"],
          message: `"${id}" is the id of another rule too`,
        });
      }
      seen.add(id);
    }
  });

/**
 * Reads a policy's document.
 *
 * @throws DomainError `invalid_argument` naming each wrong field, e.g. `rules[2].priority`
 */
export function parsePolicy(given: unknown): DecisionPolicy {
  const parsed = documentSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw DomainError.invalid(
    parsed.error.issues.map(({ path, message }) => ({
      field:
        path
          .map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
          .join("")
          .slice(1) || "policy",
      description: message,
    })),
  );
}
