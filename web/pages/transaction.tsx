import { Hono } from "hono";
import type { FC } from "hono/jsx";
import { finiteOrNone } from "../../domain/decision.ts";
import { decidedTransaction } from "../../pipeline/store/decided-transaction.ts";
import { type DecisionDetail, getDecision } from "../../pipeline/store/decision-list.ts";
import { DomainError, type ErrorCode } from "../../platform/process/errors.ts";
import { mayDo, requireRight } from "../auth/guard.ts";
import { shorten, transactionHref, VerdictOf } from "../components/decision-table.tsx";
import { formatAmount, formatNumber, sentence } from "../components/format.ts";
import { Gauge } from "../components/gauge.tsx";
import { Page } from "../components/layout.tsx";
import { OwnEntities, OwnFields } from "../components/own-values.tsx";
import { Facts, Story } from "../components/payment.tsx";
import { largest, Reasons } from "../components/reasons.tsx";
import { Redacted } from "../components/redacted.tsx";
import { Tier } from "../components/risk.tsx";
import { RuleHits } from "../components/rule-hits.tsx";
import { SeenFeatures, WithoutHistory } from "../components/seen-features.tsx";
import { viewOf } from "../components/view.ts";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { tierEdgesOf } from "./tier-edges.ts";

/** The contributions that say most; the rest is folded away. */
const SHOWN_FIRST = 8;

/** The id in the path, or for an id that no path can hold in the query. */
function transactionIdOf(c: AppContext): string {
  return c.req.param("id") ?? c.req.query("id") ?? "";
}

/** What a person can make of the scorer's refusal to explain; its own words are for the log. */
function whyNot(code: ErrorCode): string {
  switch (code) {
    case "not_found":
      return "The scorer no longer has the version of the model that scored this payment.";
    case "invalid_argument":
      return "The model cannot read this payment now, for instance because a rate of its currency is missing.";
    case "resource_exhausted":
      return "The scorer has more to do than it can right now.";
    default:
      return "The scorer does not answer right now.";
  }
}

/** The numbers of the public data set, for the payments that have them. */
const PublicInputs: FC<{ readonly decision: DecisionDetail }> = ({ decision }) => (
  <section class="panel" aria-labelledby="inputs-title">
    <div class="panel-head">
      <h2 id="inputs-title">What the model saw</h2>
    </div>
    <dl class="components-table">
      {decision.timeSeconds !== null && (
        <div>
          <dt>Time</dt>
          <dd>{formatNumber(decision.timeSeconds)} s</dd>
        </div>
      )}
      <div>
        <dt>Amount</dt>
        <dd>
          {decision.conversion
            ? formatAmount(decision.conversion.amount, decision.conversion.currency)
            : formatAmount(decision.amount, decision.currency)}
        </dd>
      </div>
      {decision.v?.map((value, index) => (
        <div>
          <dt>V{index + 1}</dt>
          <dd>{formatNumber(value)}</dd>
        </div>
      ))}
    </dl>
  </section>
);

/** `/transactions/:id`, `/transaction?id=`: one decision with all the numbers the model saw, and on request why. */
export function transactionRoutes(deps: Deps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .on("GET", ["/transactions/:id", "/transaction"], requireRight("transactions.read"), async (c) => {
      const view = viewOf(c);
      const [decision, snapshot] = await Promise.all([
        getDecision(deps.db, transactionIdOf(c)),
        deps.feed.recent(),
      ]);
      const edges = await tierEdgesOf(deps.scorer, decision);
      return c.html(
        <Page
          title={`Transaction ${shorten(decision.transactionId)}`}
          heading={
            <span class="title-row">
              {shorten(decision.transactionId)} <Tier tier={decision.riskTier} />
            </span>
          }
          crumbs={
            <>
              <a href="/transactions">Transactions</a>
              <span aria-hidden="true">/</span>
              <span>{shorten(decision.transactionId)}</span>
            </>
          }
          view={view}
          live="/live/frame"
          reviews={snapshot.stats.reviews}
        >
          {decision.caseId !== null && (
            <div class="notice">
              <p>
                {decision.caseStatus === "decided"
                  ? "A person decided this one: "
                  : "This one waits for a person."}
                {decision.verdict && <VerdictOf decision={decision} />}
                {mayDo(view.user, "truth.read") &&
                  decision.truth !== null &&
                  ` What the simulation knew: ${decision.truth ? "fraud" : "legitimate"}.`}
              </p>
              <a class="button" href={`/reviews/${decision.caseId}`}>
                Open case {decision.caseId}
              </a>
            </div>
          )}
          <section class="panel" aria-label="What happened">
            <Story decision={decision} view={view} />
            <WithoutHistory decision={decision} />
            <Redacted decision={decision} view={view} />
            <Gauge probability={decision.fraudProbability} tier={decision.riskTier} edges={edges} />
            <RuleHits hits={decision.rules} />
            <Facts decision={decision} view={view} />
          </section>
          {decision.redactedAt === null && (
            <section class="panel" aria-labelledby="why-title">
              <div class="panel-head">
                <h2 id="why-title">Why this score</h2>
                <span class="sub">strongest first; right is towards fraud</span>
              </div>
              <div
                id="why"
                hx-get={transactionHref(decision.transactionId, "why")}
                hx-trigger="load"
                hx-swap="innerHTML"
              >
                <p class="panel-body soft">Asking the scorer…</p>
              </div>
            </section>
          )}
          {(decision.v !== null || (decision.timeSeconds !== null && decision.redactedAt === null)) && (
            <PublicInputs decision={decision} />
          )}
          <SeenFeatures decision={decision} />
          <OwnFields decision={decision} view={view} />
          <OwnEntities decision={decision} view={view} />
        </Page>,
      );
    })
    .on(
      "GET",
      ["/transactions/:id/why", "/transaction/why"],
      requireRight("transactions.read"),
      async (c) => {
        const decision = await getDecision(deps.db, transactionIdOf(c));
        try {
          const explanation = await deps.scorer.explain(
            decidedTransaction(decision),
            // The version that decided, and what it read, so that the reasons are those of this decision.
            {
              model: `${decision.modelName}@${decision.modelVersion}`,
              features: finiteOrNone(decision.seen?.values),
            },
          );
          const scale = largest(explanation.contributions);
          return c.html(
            <>
              <Reasons reasons={explanation.contributions.slice(0, SHOWN_FIRST)} scale={scale} />
              {explanation.contributions.length > SHOWN_FIRST && (
                <details class="more-reasons">
                  <summary>{explanation.contributions.length - SHOWN_FIRST} smaller contributions</summary>
                  <Reasons reasons={explanation.contributions.slice(SHOWN_FIRST)} scale={scale} />
                </details>
              )}
              <p class="panel-foot">
                In {explanation.unit}: the baseline {formatNumber(explanation.baseline)} and all contributions
                add up to {formatNumber(explanation.rawScore)}.
              </p>
              <details class="more-reasons">
                <summary>How this was worked out</summary>
                <p class="panel-body soft small">{sentence(explanation.method)}</p>
              </details>
            </>,
          );
        } catch (error) {
          const known = DomainError.from(error);
          if (known.code === "internal") throw error;
          deps.logger.warn({ err: known.message, code: known.code }, "the scorer did not explain");
          // The page stands without it: said where the reasons would be, with a way to ask again.
          return c.html(
            <div class="panel-body stack">
              <p class="soft">{whyNot(known.code)}</p>
              <div>
                <button
                  type="button"
                  class="button"
                  hx-get={transactionHref(decision.transactionId, "why")}
                  hx-target="closest .panel-body"
                  hx-swap="outerHTML"
                >
                  Ask again
                </button>
              </div>
            </div>,
          );
        }
      },
    );
}
