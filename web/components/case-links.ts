import type { RiskTier } from "../../domain/tiers.ts";

/** The tier that the person works through; it goes with them from case to case. */
export type WorkTier = RiskTier | undefined;

type CaseAction =
  | "claim"
  | "take-over"
  | "release"
  | "decide"
  | "snooze"
  | "refer"
  | "assign"
  | "undo"
  | "correct";

/** The address of a case, or of something done to it, with the tier one works through. */
export function caseHref(caseId: number, tier: WorkTier, action?: CaseAction): string {
  return `/reviews/${caseId}${action ? `/${action}` : ""}${tier ? `?tier=${tier}` : ""}`;
}
