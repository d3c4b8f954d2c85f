import { z } from "zod";

/**
 * What the simulator draws from: statistics of real transactions, per class a mixture of components, per component
 * the marginal distributions and their rank correlations. No row of the data is in it. models/simulator fits it,
 * pipeline/simulator draws from it.
 */

/** The variables of a component after the hour: V1…V28, Amount. */
export const PROFILE_VARIABLES: readonly string[] = [
  ...Array.from({ length: 28 }, (_, i) => `V${i + 1}`),
  "Amount",
];

const share = z.number().min(0).max(1);

/** A quantile function, linear between its knots: `value[i]` at probability `at[i]`, from 0 to 1. */
const quantileSchema = z
  .object({ at: z.array(share).min(2), value: z.array(z.number()).min(2) })
  .refine((q) => q.at.length === q.value.length && q.at[0] === 0 && q.at.at(-1) === 1, {
    message: "as many probabilities as values, from 0 to 1",
  });

const componentSchema = z.object({
  /** Share of its class. */
  weight: share,
  /** Share of the component's transactions in each hour of the day; sums to 1. */
  hours: z.array(share).length(24),
  /** One for each of {@link PROFILE_VARIABLES}. */
  quantiles: z.array(quantileSchema).length(PROFILE_VARIABLES.length),
  /**
   * Correlations of the normal scores of hour, V1…V28, Amount (30 variables): the strict lower triangle, row by row
   * (435 numbers).
   */
  correlations: z.array(z.number().min(-1).max(1)).length(435),
});

const classSchema = z.object({
  /** Rows it was fitted on, and how many transactions they stand for. */
  rows: z.number().int(),
  /** Share of the class's transactions in each hour of the day, from the full data. */
  hours: z.array(share).length(24),
  components: z.array(componentSchema).min(1),
});

export const profileSchema = z.object({
  schema: z.literal(1),
  about: z.string(),
  /** SHA-256 of the files it was fitted on. */
  data: z.record(z.string(), z.string()),
  seed: z.number().int(),
  /** Share of all transactions in each hour of the day. */
  hours: z.array(share).length(24),
  /** True share of fraud. */
  fraudRate: share,
  legitimate: classSchema,
  fraud: classSchema,
});

export type SimulatorProfile = z.output<typeof profileSchema>;
export type ProfileClass = z.output<typeof classSchema>;
export type ProfileComponent = z.output<typeof componentSchema>;
export type QuantileFunction = z.output<typeof quantileSchema>;
