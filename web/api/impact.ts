import { Hono } from "hono";
import { z } from "zod";
import {
  ASSUMPTIONS,
  assumptionsSchema,
  basisOf,
  programmeFromMetrics,
} from "../../models/impact/from-metrics.ts";
import { CURRENCY } from "../../models/impact/money.ts";
import { ORIGINAL_IMPACT_CAVEAT, originalImpact } from "../../models/impact/original-calculator.ts";
import { type ImpactStudy, studyProgramme } from "../../models/impact/study.ts";
import { requireRole } from "../auth/guard.ts";
import type { AppEnv, Deps } from "../context.ts";
import { readQuery } from "./body.ts";

const MEASURED = "transactions_per_day";

/** minutesPerReview → minutes_per_review */
export const snakeCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Query parameters come as text; the rest of each assumption's rules are the calculation's own. */
export const impactQuery = z.object(
  Object.fromEntries(
    ASSUMPTIONS.map((name) => {
      // A number always comes in here, so a default inside has no part to play.
      const rules = assumptionsSchema.shape[name].unwrap() as z.ZodType<number, number>;
      return [snakeCase(name), z.coerce.number("must be a number").pipe(rules).optional()];
    }),
  ),
);

export const originalImpactQuery = z.object({
  true_positives: z.coerce.number("must be a number").nonnegative().default(56_170),
  false_positives: z.coerce.number("must be a number").nonnegative().default(65),
});

/** The business case of the champion, as the API and the page show it. */
export interface BusinessCase extends ImpactStudy {
  /** "name@version" of the model whose card the tiers come from, and how they were measured. */
  readonly model: string;
  readonly protocol: string;
  /** Of every amount of money. */
  readonly currency: string;
  /** What transactions and frauds a day are counted from. */
  readonly basis: string;
}

/**
 * Calculates a year with the champion's measured tiers.
 *
 * @param query assumptions by their snake_case names, what is missing by default
 * @throws DomainError `conflict` when the champion's card lacks what the calculation needs
 */
export async function businessCase(
  scorer: Deps["scorer"],
  query: z.output<typeof impactQuery>,
): Promise<BusinessCase> {
  const { model, metrics } = await scorer.getModel("champion");
  const protocol = metrics.find(({ name }) => name === MEASURED)?.protocol ?? "";
  const given = ASSUMPTIONS.flatMap((name) => {
    const value = query[snakeCase(name)];
    return value === undefined ? [] : [[name, value] as const];
  });
  const figures = metrics.filter((metric) => metric.protocol === protocol);
  const programme = programmeFromMetrics(figures, Object.fromEntries(given));
  return {
    model: `${model.name}@${model.version}`,
    protocol,
    currency: CURRENCY,
    basis: basisOf(figures),
    ...studyProgramme(programme),
  };
}

/** Every key of plain data in snake_case, as the rest of the API. */
function snakeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [snakeCase(key), snakeKeys(inner)]));
}

/** What a fraud programme brings and costs: at the true base rate, and as the original calculated it. */
export function impactRoutes(deps: Deps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get("/api/v1/impact", requireRole("viewer"), async (c) =>
      c.json(snakeKeys(await businessCase(deps.scorer, readQuery(c, impactQuery))) as object),
    )
    .get("/api/v1/impact/original", requireRole("viewer"), (c) => {
      const { true_positives: truePositives, false_positives: falsePositives } = readQuery(
        c,
        originalImpactQuery,
      );
      const impact = originalImpact({ truePositives, falsePositives });
      return c.json({ ...(snakeKeys(impact) as object), currency: CURRENCY, caveat: ORIGINAL_IMPACT_CAVEAT });
    });
}
