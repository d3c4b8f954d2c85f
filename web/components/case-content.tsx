import type { FC } from "hono/jsx";
import type { CaseEvent, CasePage } from "../../pipeline/review/case-page.ts";
import { hasRole } from "../auth/guard.ts";
import { DecisionTable, transactionHref } from "./decision-table.tsx";
import { formatMinute, formatMoney } from "./format.ts";
import { Gauge } from "./gauge.tsx";
import { amountAgainstUsual, Facts, Story } from "./payment.tsx";
import { Reasons } from "./reasons.tsx";
import type { View } from "./view.ts";
import { Due, When } from "./when.tsx";

/** The newest of the card's payments; the link below them leads to all. */
const SHOWN_HISTORY = 8;

/** Something to tell the person on top of the case. */
export interface CaseNotice {
  readonly kind: "problem";
  readonly text: string;
  /** What the person had written when their verdict was refused: theirs to copy. */
  readonly note?: string;
}

interface CaseProps {
  readonly page: CasePage;
  readonly view: View;
  readonly notice?: CaseNotice | undefined;
}

/** A case, whole: drawn with the page, after each action, and for live updates. */
export const CaseContent: FC<CaseProps> = ({ page, view, notice }) => {
  const { decision, cardHistory, cardUsual } = page;
  const against = amountAgainstUsual(decision, cardUsual);
  return (
    <div id="case" class="case-grid">
      <div class="case-main">
        <section class="panel case-summary" aria-label="What happened">
          <Story decision={decision} view={view} />
          <Gauge probability={decision.fraudProbability} tier={decision.riskTier} edges={null} />
          <Facts decision={decision} view={view} />
        </section>
        <section class="panel case-why" aria-labelledby="why-title">
          <div class="panel-head">
            <h2 id="why-title">Why it was flagged</h2>
            <span class="sub">strongest first; right is towards fraud</span>
          </div>
          <Why page={page} />
        </section>
        <section class="panel case-card" aria-labelledby="card-title">
          <div class="panel-head">
            <h2 id="card-title">The card's other payments</h2>
            {against && <span class="sub">This one is {against}</span>}
          </div>
          {cardHistory.length === 0 ? (
            <p class="panel-body soft">
              {decision.cardToken
                ? "No other payment of this card is known."
                : "The payment came without a card token."}
            </p>
          ) : (
            <DecisionTable
              decisions={cardHistory.slice(0, SHOWN_HISTORY)}
              view={view}
              dated
              caption="Other payments of the same card"
            />
          )}
          {decision.cardToken && cardHistory.length > SHOWN_HISTORY && (
            <p class="panel-foot">
              <a href={`/transactions?q=${encodeURIComponent(decision.cardToken)}`}>
                All payments of this card
              </a>
            </p>
          )}
        </section>
      </div>
      <div class="case-side">
        <section class="panel case-decide" aria-label="Decision">
          {page.case.status === "decided" ? (
            <Verdict page={page} view={view} />
          ) : (
            <Decide page={page} view={view} notice={notice} />
          )}
          {page.case.status === "decided" && notice && <Notice notice={notice} />}
        </section>
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

const Notice: FC<{ readonly notice: CaseNotice }> = ({ notice }) => (
  <div class="notice" data-kind={notice.kind} role="alert">
    <p>{notice.text}</p>
    {notice.note && <blockquote>{notice.note}</blockquote>}
  </div>
);

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
        hx-get={`${transactionHref(page.decision.transactionId)}/why`}
        hx-target="#full-why"
        hx-swap="innerHTML"
      >
        Every contribution, from the scorer
      </button>
    </div>
  </>
);

const Decide: FC<CaseProps> = ({ page, view, notice }) => {
  const item = page.case;
  const mayDecide = hasRole(view.user, "analyst");
  const mine = item.claimedBy !== null && item.claimedBy === view.user?.name;
  const others = item.claimedBy !== null && !mine;
  const action = (name: string): string => `/reviews/${item.caseId}/${name}`;
  return (
    <>
      <div class="claim-state">
        <div>
          <p class="strong">
            {mine
              ? "You have this case"
              : others
                ? `${item.claimedBy} has this case`
                : "Nobody has this case"}
          </p>
          <p class="faint small">
            {item.claimedUntil
              ? `until ${formatMinute(item.claimedUntil, view.timeZone)}`
              : "claim it so that nobody does it twice"}
          </p>
        </div>
        {mayDecide && !others && (
          <form
            method="post"
            action={action(mine ? "release" : "claim")}
            hx-post={action(mine ? "release" : "claim")}
            hx-target="#case"
            hx-swap="outerMorph"
          >
            <button type="submit" class="button" data-key={mine ? "r" : "c"}>
              {mine ? "Release" : "Claim"} <kbd>{mine ? "r" : "c"}</kbd>
            </button>
          </form>
        )}
      </div>
      <form
        class="decide"
        method="post"
        action={action("decide")}
        hx-post={action("decide")}
        hx-target="#case"
        hx-swap="outerMorph"
      >
        <p>
          Deadline: <Due at={item.dueAt} />{" "}
          <span class="faint">· expected loss {formatMoney(item.expectedLoss, item.currency)}</span>
        </p>
        {notice && <Notice notice={notice} />}
        {!mayDecide ? (
          <p class="soft">Your role may look at cases. Deciding them needs the role analyst.</p>
        ) : others ? (
          <p class="soft">
            You can decide it once {item.claimedBy} has released it, or the claim has run out.
          </p>
        ) : (
          <>
            <label class="field">
              <span>Note for the record</span>
              <textarea
                id="note"
                name="note"
                maxlength={2000}
                rows={4}
                data-key="e"
                data-key-does="focus"
                placeholder="What you found, in a sentence"
              ></textarea>
            </label>
            <div class="decide-buttons">
              <button
                type="submit"
                name="verdict"
                value="fraud"
                class="button fraud large"
                data-key="f"
                data-key-does="focus"
              >
                Fraud <kbd>f</kbd>
              </button>
              <button
                type="submit"
                name="verdict"
                value="legitimate"
                class="button primary large"
                data-key="l"
                data-key-does="focus"
              >
                Legitimate <kbd>l</kbd>
              </button>
            </div>
            <p class="keys">
              <span>
                <kbd>f</kbd> or <kbd>l</kbd>, then <kbd>Enter</kbd>
              </span>
              <span>
                <kbd>e</kbd> note
              </span>
            </p>
          </>
        )}
      </form>
    </>
  );
};

const Verdict: FC<{ readonly page: CasePage; readonly view: View }> = ({ page, view }) => {
  const { case: item } = page;
  return (
    <div class="verdict" data-verdict={item.verdict}>
      <p class="soft small">Decided</p>
      <p class="big" id="verdict">
        {item.verdict === "fraud" ? "Fraud" : "Legitimate"}
      </p>
      <p class="soft">
        by {item.decidedBy === view.user?.name ? "you" : item.decidedBy}
        {item.decidedAt && (
          <>
            , <When at={item.decidedAt} view={view} style="full" />
          </>
        )}
      </p>
      {item.note && <blockquote>{item.note}</blockquote>}
      {hasRole(view.user, "analyst") && (
        <form method="post" action="/reviews/next">
          <button type="submit" class="button primary large wide" data-key="n">
            Take the next case <kbd>n</kbd>
          </button>
        </form>
      )}
    </div>
  );
};

/** An event of the audit trail in words. */
function describe(event: CaseEvent): string {
  switch (event.kind) {
    case "opened":
      return "Opened by the system";
    case "claimed":
      return `Claimed by ${event.actor}`;
    case "released":
      return `Released by ${event.actor}`;
    case "escalated":
      return "Escalated: the deadline passed";
    case "decided":
      return `Decided ${String(event.detail["verdict"] ?? "")} by ${event.actor}`.replace("  ", " ");
  }
}
