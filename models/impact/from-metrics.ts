import { DomainError } from "../../platform/errors.ts";
import { type Programme, programmeSchema } from "./programme.ts";

/** A model's figure as its card and `GetModel` give it. */
export interface NamedFigure {
  readonly name: string;
  readonly value: number;
}

/** The assumptions a caller may set: everything of a programme but what was measured, and the actions. */
export const assumptionsSchema = programmeSchema.omit({ tiers: true, actions: true }).partial();

/** Names of the assumptions, in the order they are asked for. */
export const ASSUMPTIONS = Object.keys(assumptionsSchema.shape) as (keyof typeof assumptionsSchema.shape)[];

const TIERS = ["Low", "Medium", "High", "Critical"] as const;

/**
 * A programme on the tiers that a model's card measured at the true base rate (transactions, frauds and fraud money of
 * each, transactions a day), the rest by default or as given.
 *
 * @param figures those of one protocol
 * @throws DomainError `conflict` when the card does not hold them: it was measured by an older version, or balanced
 */
export function programmeFromMetrics(
  figures: readonly NamedFigure[],
  assumptions: Partial<Omit<Programme, "tiers" | "actions">> = {},
): Programme {
  const figure = (name: string): number => {
    const found = figures.find((one) => one.name === name);
    if (!found)
      throw new DomainError("conflict", `the model's card has no figure ${name}: train or import it anew`);
    return found.value;
  };
  const tiers = TIERS.map((tier) => {
    const of = (what: string): number => figure(`tier_${tier.toLowerCase()}_${what}`);
    return { tier, transactions: of("transactions"), frauds: of("frauds"), fraudAmount: of("fraud_amount") };
  });
  const all = tiers.reduce((sum, { transactions }) => sum + transactions, 0);
  return programmeSchema.parse({
    transactionsPerDay: figure("transactions_per_day"),
    ...assumptions,
    tiers: tiers.map(({ tier, transactions, frauds, fraudAmount }) => ({
      tier,
      share: transactions / all,
      fraudRate: transactions > 0 ? frauds / transactions : 0,
      meanFraudAmount: frauds > 0 ? fraudAmount / frauds : 0,
    })),
  });
}
