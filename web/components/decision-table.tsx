import type { FC } from "hono/jsx";
import type { Entities } from "../../domain/entities.ts";
import type { StoredContext } from "../../domain/transaction.ts";
import type { DecisionSummary } from "../../pipeline/store/decision-list.ts";
import { ACTION_NAME, formatAmount, plainWords, VERDICT_NAME } from "./format.ts";
import { Score, Tier } from "./risk.tsx";
import type { View } from "./view.ts";
import { When } from "./when.tsx";

/** Of a team's own payment, in a line of a list. */
const MOST_ENTITIES = 3;

/** An id that is a part of a path as it is: browsers and proxies take `.` and `..` for folders, and unfold `%2F`. */
const PLAIN_ID = /^[\w~:-][\w.~:-]*$/;

/** Where a transaction's page is, or a part of it; any id has one. */
export function transactionHref(id: string, part?: "why"): string {
  const rest = part ? `/${part}` : "";
  return PLAIN_ID.test(id)
    ? `/transactions/${id}${rest}`
    : `/transaction${rest}?id=${encodeURIComponent(id)}`;
}

/** What a person said of a payment, or that one is to say it. What the source knows is nobody's answer, so it is not here. */
export const VerdictOf: FC<{ readonly decision: Pick<DecisionSummary, "caseStatus" | "verdict"> }> = ({
  decision: { caseStatus, verdict },
}) => {
  if (verdict) {
    return (
      <span class="tag" data-kind={verdict}>
        {VERDICT_NAME[verdict]}
      </span>
    );
  }
  return <span class="faint">{caseStatus === "open" ? "waiting" : "–"}</span>;
};

interface DecisionTableProps {
  readonly decisions: readonly DecisionSummary[];
  readonly view: View;
  /** Full dates instead of times. */
  readonly dated?: boolean;
  readonly caption: string;
}

/** Decisions, newest first; a table on a wide screen, cards on a phone. */
export const DecisionTable: FC<DecisionTableProps> = ({ decisions, view, dated = false, caption }) => (
  <div class="table-wrap">
    <table class="cards decisions">
      <caption class="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">Scored</th>
          <th scope="col">Payment</th>
          <th scope="col" class="number">
            Amount
          </th>
          <th scope="col">Score</th>
          <th scope="col">Tier</th>
          <th scope="col" class="at-action">
            Action
          </th>
          <th scope="col">Verdict</th>
        </tr>
      </thead>
      <tbody>
        {decisions.map((decision) => (
          <tr id={`d-${decision.seq}`} data-href={transactionHref(decision.transactionId)}>
            <td class="at-when faint">
              <When at={decision.decidedAt} view={view} style={dated ? "short" : "time"} />
            </td>
            <td class="at-what">
              <a class="row-link mono small nowrap" href={transactionHref(decision.transactionId)}>
                {shorten(decision.transactionId)}
              </a>
              <span class="second">{whereOf(decision)}</span>
            </td>
            <td class="at-amount number strong">{formatAmount(decision.amount, decision.currency)}</td>
            <td class="at-score">
              <Score probability={decision.fraudProbability} tier={decision.riskTier} />
            </td>
            <td class="at-tier">
              <Tier tier={decision.riskTier} />
            </td>
            <td class="at-action soft">{ACTION_NAME[decision.action]}</td>
            <td class="at-verdict">
              <VerdictOf decision={decision} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

/** "Electronics · FR" */
export function whereOf(
  decision: Pick<StoredContext, "merchantCategory"> &
    Pick<StoredContext, "country"> & { readonly entities?: Entities | null },
): string {
  const category = decision.merchantCategory && plainWords(decision.merchantCategory);
  const place = [category, decision.country].filter(Boolean);
  // A payment of a team's own says where it belongs by its entities.
  const parts = place.length > 0 ? place : Object.values(decision.entities ?? {}).slice(0, MOST_ENTITIES);
  return parts.join(" · ") || "–";
}

/** An id short enough for a row; the whole of it is on the transaction's page. */
export function shorten(id: string): string {
  const characters = [...id];
  return characters.length <= 22
    ? id
    : `${characters.slice(0, 12).join("")}…${characters.slice(-8).join("")}`;
}
