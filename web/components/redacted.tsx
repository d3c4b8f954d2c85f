import type { FC } from "hono/jsx";
import type { DecisionSummary } from "../../pipeline/store/decision-list.ts";
import type { View } from "./view.ts";
import { When } from "./when.tsx";

/** Said on a payment that no longer says whose it was. */
export const Redacted: FC<{
  readonly decision: Pick<DecisionSummary, "redactedAt">;
  readonly view: View;
}> = ({ decision: { redactedAt }, view }) =>
  redactedAt === null ? null : (
    <p class="panel-foot" role="note">
      Redacted on <When at={redactedAt} view={view} style="full" />: what told whose payment it was, and what
      the model read of it, is no longer kept.
    </p>
  );
