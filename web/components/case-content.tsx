import type { FC } from "hono/jsx";
import type { CaseEvent, CasePage } from "../../pipeline/review/case-page.ts";
import { CaseDecision, type CaseProps } from "./case-decision.tsx";
import { transactionHref } from "./decision-table.tsx";
import { Gauge, type GaugeProps } from "./gauge.tsx";
import { NeighbourPanels } from "./neighbours.tsx";
import { OwnEntities, OwnFields } from "./own-values.tsx";
import { Facts, Story } from "./payment.tsx";
import { Reasons } from "./reasons.tsx";
import { Redacted } from "./redacted.tsx";
import { RuleHits } from "./rule-hits.tsx";
import { SeenFeatures, WithoutHistory } from "./seen-features.tsx";
import { When } from "./when.tsx";

/** A case, whole: drawn with the page, after each action, and for live updates. */
export const CaseContent: FC<CaseProps & Pick<GaugeProps, "edges">> = ({
  page,
  edges,
  view,
  tier,
  notice,
  note,
  assignees,
}) => {
  const { decision } = page;
  return (
    <div id="case" class="case-grid">
      <div class="case-main">
        <section class="panel case-summary" aria-label="What happened">
          <Story decision={decision} view={view} />
          <Redacted decision={decision} view={view} />
          <WithoutHistory decision={decision} />
          <Gauge probability={decision.fraudProbability} tier={decision.riskTier} edges={edges} />
          <RuleHits hits={decision.rules} />
          <Facts decision={decision} view={view} />
        </section>
        <section class="panel case-why" aria-labelledby="why-title">
          <div class="panel-head">
            <h2 id="why-title">Why it was flagged</h2>
            <span class="sub">strongest first; right is towards fraud</span>
          </div>
          <Why page={page} />
        </section>
        <SeenFeatures decision={decision} />
        <OwnFields decision={decision} view={view} />
        <OwnEntities decision={decision} view={view} />
        <NeighbourPanels page={page} view={view} />
      </div>
      <div class="case-side">
        <CaseDecision page={page} view={view} tier={tier} notice={notice} note={note} assignees={assignees} />
        <section class="panel case-history" aria-labelledby="history-title">
          <div class="panel-head">
            <h2 id="history-title">History</h2>
          </div>
          <ol class="timeline">
            {page.events.map((event) => (
              <li data-kind={event.kind}>
                <span class="strong">{describe(event)}</span>
                <br />
                <span class="faint small">
                  <When at={event.at} view={view} style="full" />
                </span>
              </li>
            ))}
          </ol>
        </section>
      </div>
    </div>
  );
};

const Why: FC<{ readonly page: CasePage }> = ({ page }) => (
  <>
    {page.case.reasons.length > 0 ? (
      <Reasons reasons={page.case.reasons} />
    ) : (
      <p class="panel-body soft">No reasons were stored with this decision.</p>
    )}
    <div class="panel-foot" id="full-why">
      <button
        type="button"
        class="button"
        hx-get={transactionHref(page.decision.transactionId, "why")}
        hx-target="#full-why"
        hx-swap="innerHTML"
      >
        Every contribution, from the scorer
      </button>
    </div>
  </>
);

/** An event of the audit trail in words. */
function describe(event: CaseEvent): string {
  switch (event.kind) {
    case "opened":
      return "Opened by the system";
    case "claimed": {
      const from = event.detail["taken_over_from"];
      const taken = event.detail["taken_from"];
      if (taken !== undefined) return `Taken over by ${event.actor.name} from ${String(taken)}`;
      return `Claimed by ${event.actor.name}${from === undefined ? "" : `, after the claim of ${String(from)} ran out`}`;
    }
    case "released": {
      const holder = event.detail["held_by"];
      return `Released by ${event.actor.name}${holder === undefined ? "" : `, who ended the claim of ${String(holder)}`}`;
    }
    case "escalated":
      return "Escalated: the deadline passed";
    case "snoozed":
      return `Put off by ${event.actor.name}${saying(event)}`;
    case "referred":
      return `Escalated to a lead by ${event.actor.name}${saying(event)}`;
    case "assigned": {
      const { to, from } = event.detail;
      const before = from === undefined ? "" : `, before to ${String(from)}`;
      return to === undefined
        ? `Assignment to ${String(from)} ended by ${event.actor.name}`
        : `Assigned to ${String(to)} by ${event.actor.name}${before}`;
    }
    case "reopened":
      return `Verdict taken back by ${event.actor.name}`;
    case "corrected":
      return `Corrected from ${String(event.detail["from"])} to ${String(event.detail["verdict"])} by ${event.actor.name}${saying(event)}${staying(event)}`;
    case "decided":
      return `Decided ${String(event.detail["verdict"] ?? "")} by ${event.actor.name}${staying(event)}`.replace(
        "  ",
        " ",
      );
  }
}

/** What somebody wrote with what they did. */
function saying({ detail }: CaseEvent): string {
  return detail["note"] === undefined ? "" : `: “${String(detail["note"])}”`;
}

/** That a verdict is not what is learned from. */
function staying({ detail }: CaseEvent): string {
  return detail["label_stays"] === undefined ? "" : "; what is learned from stays what the chargeback said";
}
