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
import type { Deps } from "../context.ts";
import { impactJson, originalImpactJson } from "./impact-schemas.ts";
import { type ApiRoute, route } from "./route.ts";

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

/** A name in snake_case, as {@link snakeCase} makes it. */
type Snake<S extends string> = S extends `${infer Head}${infer Tail}`
  ? `${Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`}${Snake<Tail>}`
  : "";

/** Plain data with every key in snake_case. */
type SnakeKeys<T> = T extends readonly (infer E)[]
  ? SnakeKeys<E>[]
  : T extends object
    ? { [K in keyof T as Snake<K & string>]: SnakeKeys<T[K]> }
    : T;

/** Every key of plain data in snake_case, as the rest of the API. */
function snakeKeys<T>(value: T): SnakeKeys<T>;
function snakeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => snakeKeys<unknown>(each));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [snakeCase(key), snakeKeys<unknown>(inner)]),
  );
}

/** What a fraud programme brings and costs: at the true base rate, and as the original calculated it. */
export const IMPACT_ROUTES: readonly ApiRoute[] = [
  route(
    {
      method: "get",
      path: "/api/v1/impact",
      summary: "Business impact at the true base rate",
      description:
        "A year of the programme: the champion's tiers as measured on later time, every assumption a parameter; net benefit, costs, capacity, sensitivity (tornado) and break-even.",
      access: "figures.read",
      query: impactQuery,
      status: 200,
      answer: impactJson,
      failures: [403, 409, 503],
    },
    ({ scorer }) =>
      async ({ query }) =>
        snakeKeys(await businessCase(scorer, query)),
  ),
  route(
    {
      method: "get",
      path: "/api/v1/impact/original",
      summary: "Business impact as the original calculated it",
      description:
        "To the cent, with the caveat that belongs to it: one balanced test set is taken for one day.",
      access: "figures.read",
      query: originalImpactQuery,
      status: 200,
      answer: originalImpactJson,
      failures: [403],
    },
    () =>
      ({ query }) => {
        const impact = originalImpact({
          truePositives: query.true_positives,
          falsePositives: query.false_positives,
        });
        return { ...snakeKeys(impact), currency: CURRENCY, caveat: ORIGINAL_IMPACT_CAVEAT };
      },
  ),
];
