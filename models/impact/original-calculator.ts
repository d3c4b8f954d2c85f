import { z } from "zod";

/** Money is in the data's currency unit; defaults are the original's. */
export const originalImpactSchema = z.object({
  /** Frauds caught in the balanced, half synthetic test set, which the original takes for one day. */
  truePositives: z.number().nonnegative(),
  falsePositives: z.number().nonnegative(),
  /** Average loss a fraud. */
  fraudLoss: z.number().nonnegative().default(150),
  /** Cost of one investigation. */
  investigationCost: z.number().nonnegative().default(25),
  /** Share of wrongly stopped customers who leave, and what one is worth. */
  churnRate: z.number().min(0).max(1).default(0.05),
  customerValue: z.number().nonnegative().default(200),
  daysPerYear: z.number().positive().default(365),
});

export type OriginalImpactInput = z.input<typeof originalImpactSchema>;

/** A year, in money; `roiPercent` is undefined when nothing is spent on investigations. */
export interface OriginalImpact {
  readonly fraudPrevented: number;
  readonly investigation: number;
  readonly churn: number;
  readonly netBenefit: number;
  readonly roiPercent: number | undefined;
}

/** What has to be said wherever the figures below are shown. */
export const ORIGINAL_IMPACT_CAVEAT =
  "The original's calculator: it takes the balanced test set for one day of business, so it assumes as many frauds " +
  "caught every day as that set holds, where a day of the stream that the data comes from has a few hundred, and it " +
  "investigates false positives only.";

/**
 * The original's business-impact calculator, formula for formula: prevented = TP × loss × days, investigation =
 * FP × cost × days, churn = FP × rate × value × days, net = prevented − investigation − churn, ROI = net ÷ investigation.
 *
 * @throws ZodError when an input is negative or a rate is above 1
 */
export function originalImpact(input: OriginalImpactInput): OriginalImpact {
  const {
    truePositives,
    falsePositives,
    fraudLoss,
    investigationCost,
    churnRate,
    customerValue,
    daysPerYear,
  } = originalImpactSchema.parse(input);
  const fraudPrevented = truePositives * fraudLoss * daysPerYear;
  const investigation = falsePositives * investigationCost * daysPerYear;
  const churn = falsePositives * (churnRate * customerValue) * daysPerYear;
  const netBenefit = fraudPrevented - investigation - churn;
  return {
    fraudPrevented,
    investigation,
    churn,
    netBenefit,
    roiPercent: investigation > 0 ? (netBenefit / investigation) * 100 : undefined,
  };
}
