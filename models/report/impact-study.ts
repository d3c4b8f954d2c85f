import type { Evaluation } from "../evaluate/evaluation.ts";
import {
  type Programme,
  type ProgrammeImpact,
  programmeImpact,
  programmeSchema,
} from "../impact/programme.ts";
import { type BreakEven, breakEven, type TornadoBar, tornado } from "../impact/sensitivity.ts";

/** The business case of a model: its tiers in the real stream, and money. */
export interface ImpactStudy {
  readonly input: Programme;
  readonly impact: ProgrammeImpact;
  readonly tornado: readonly TornadoBar[];
  readonly breakEven: BreakEven;
}

/** A programme run on the tiers of an evaluation, everything else by default assumptions. */
export function studyImpact({ tiers }: Evaluation, transactionsPerDay: number): ImpactStudy {
  const input = programmeSchema.parse({
    transactionsPerDay,
    tiers: tiers.map(({ tier, share, fraudRate, frauds, fraudAmount }) => ({
      tier,
      share,
      fraudRate,
      meanFraudAmount: frauds > 0 ? fraudAmount / frauds : 0,
    })),
  });
  return { input, impact: programmeImpact(input), tornado: tornado(input), breakEven: breakEven(input) };
}
