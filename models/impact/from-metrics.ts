import { RISK_TIERS, tierName } from "../../domain/tiers.ts";
import { DomainError } from "../../platform/process/errors.ts";
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

const FRAUDS_A_DAY = "frauds_per_day";
const FRAUD_AMOUNT_A_DAY = "fraud_amount_per_day";

/** What the frauds a day of {@link programmeFromMetrics} are counted from, to be said beside them. */
export function basisOf(figures: readonly NamedFigure[]): string {
  return figures.some(({ name }) => name === FRAUDS_A_DAY)
    ? "transactions, frauds and stolen money a day are those of the whole data file; over the tiers they fall as they do on the test rows"
    : "transactions a day are those of the whole data file, but frauds are counted at the rate of the test rows: the model's card does not say how many a day has";
}

/**
 * A programme on the tiers that a model's card measured, the rest by default or as given. A day's transactions, frauds and
 * stolen money are the card's (of the whole data); each falls into the tiers as its like did on the test rows. The rate of
 * the test rows is not a day's: they are some hours of it.
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
  const tiers = RISK_TIERS.map((tier) => {
    const of = (what: string): number => figure(`tier_${tier}_${what}`);
    const frauds = of("frauds");
    return {
      tier: tierName(tier),
      frauds,
      legitimate: of("transactions") - frauds,
      fraudAmount: of("fraud_amount"),
    };
  });
  const sum = (of: (tier: (typeof tiers)[number]) => number): number =>
    tiers.reduce((total, tier) => total + of(tier), 0);
  const [frauds, legitimate, fraudAmount] = [
    sum((tier) => tier.frauds),
    sum((tier) => tier.legitimate),
    sum((tier) => tier.fraudAmount),
  ];
  const share = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);
  const transactionsPerDay = figure("transactions_per_day");
  const known = (name: string): number | undefined => figures.find((one) => one.name === name)?.value;
  const fraudsPerDay = known(FRAUDS_A_DAY) ?? transactionsPerDay * share(frauds, frauds + legitimate);
  const fraudAmountPerDay = known(FRAUD_AMOUNT_A_DAY) ?? fraudsPerDay * share(fraudAmount, frauds);
  return programmeSchema.parse({
    transactionsPerDay,
    ...assumptions,
    tiers: tiers.map((tier) => {
      const fraudsInTier = fraudsPerDay * share(tier.frauds, frauds);
      const inTier = fraudsInTier + (transactionsPerDay - fraudsPerDay) * share(tier.legitimate, legitimate);
      return {
        tier: tier.tier,
        share: inTier / transactionsPerDay,
        fraudRate: share(fraudsInTier, inTier),
        meanFraudAmount: share(fraudAmountPerDay * share(tier.fraudAmount, fraudAmount), fraudsInTier),
      };
    }),
  });
}
