import { type Programme, type ProgrammeImpact, programmeImpact } from "./programme.ts";
import { type BreakEven, breakEven, type TornadoBar, tornado } from "./sensitivity.ts";

/** A programme's business case: a year of it, what matters, and where it begins to pay. */
export interface ImpactStudy {
  readonly programme: Programme;
  readonly impact: ProgrammeImpact;
  readonly tornado: readonly TornadoBar[];
  readonly breakEven: BreakEven;
}

/** What the report, the page and the API show of a programme. */
export function studyProgramme(programme: Programme): ImpactStudy {
  return {
    programme,
    impact: programmeImpact(programme),
    tornado: tornado(programme),
    breakEven: breakEven(programme),
  };
}
