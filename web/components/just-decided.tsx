import type { FC } from "hono/jsx";
import type { OwnVerdict } from "../../pipeline/review/own-verdict.ts";
import { draftOf, Undo } from "./case-decision.tsx";
import { caseHref, type WorkTier } from "./case-links.ts";
import { VERDICT_NAME } from "./format.ts";
import type { View } from "./view.ts";

interface JustDecidedProps {
  readonly decided: OwnVerdict | null;
  readonly view: View;
  readonly tier: WorkTier;
}

/** What one did to the last case, on the page one went on to, and the way back while there is one. */
export const JustDecided: FC<JustDecidedProps> = ({ decided, view, tier }) =>
  decided && (
    <div class="just-decided" id="just-decided" data-forget-draft={draftOf(decided.caseId, view)}>
      <p role="status">
        <a href={caseHref(decided.caseId, tier)}>Case {decided.caseId}</a>: {VERDICT_NAME[decided.verdict]},
        recorded.
      </p>
      <Undo caseId={decided.caseId} tier={tier} decidedAt={decided.decidedAt} />
    </div>
  );
