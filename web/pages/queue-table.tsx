import type { FC } from "hono/jsx";
import { VERDICTS } from "../../domain/verdicts.ts";
import type { QueueItem } from "../../pipeline/review/queue.ts";
import { mayDo } from "../auth/guard.ts";
import { caseHref } from "../components/case-links.ts";
import { whereOf } from "../components/decision-table.tsx";
import { formatAmount, formatMinute, formatMoney, VERDICT_NAME } from "../components/format.ts";
import { CheckIcon } from "../components/icons.tsx";
import { shortReason } from "../components/reasons.tsx";
import { Score, Tier } from "../components/risk.tsx";
import { isYours, type View } from "../components/view.ts";
import { Due, When } from "../components/when.tsx";
import { EMPTY_TEXT, pagesOf, type Query, queueHref, SHOW_NAME } from "./queue-query.ts";

interface QueueProps {
  readonly items: readonly QueueItem[];
  readonly total: number;
  readonly query: Query;
  readonly view: View;
}

/** The cases of a page of the queue. */
export const Queue: FC<QueueProps> = ({ items, total, query, view }) => {
  const now = new Date();
  const decided = query.show === "decided";
  const pages = pagesOf(total);
  const decides = !decided && mayDo(view.user, "reviews.decide");
  const chooses = !decided && mayDo(view.user, "reviews.bulk");
  if (items.length === 0) {
    return (
      <div class="empty">
        <CheckIcon />
        <p>{EMPTY_TEXT[query.show]}</p>
      </div>
    );
  }
  return (
    <>
      <div class="table-wrap">
        <table class="cards cases">
          <caption class="visually-hidden">{SHOW_NAME[query.show]} review cases</caption>
          <thead>
            <tr>
              <th scope="col">Case</th>
              <th scope="col">Tier</th>
              <th scope="col">{decided ? "Decided" : "Due in"}</th>
              <th scope="col" class="number">
                Amount
              </th>
              <th scope="col" class="number">
                <abbr title="Fraud probability × amount, in the currency of the payment">Expected loss</abbr>
              </th>
              <th scope="col">Score</th>
              <th scope="col">Where and why</th>
              <th scope="col">{decided ? "Verdict" : "In work with"}</th>
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <tr id={`q-${item.caseId}`} data-href={caseHref(item.caseId, query.tier)}>
                <td class="at-case">
                  {chooses && (
                    <input
                      type="checkbox"
                      id={`choose-${item.caseId}`}
                      form="choose"
                      name="cases"
                      value={String(item.caseId)}
                      class="choose"
                      data-row-key="x"
                      aria-label={`Choose case ${item.caseId}`}
                      hx-morph-skip
                    />
                  )}
                  <a class="row-link" href={caseHref(item.caseId, query.tier)}>
                    #{item.caseId}
                  </a>
                </td>
                <td class="at-tier">
                  <Tier tier={item.riskTier} />
                </td>
                <td class="at-due">
                  {item.decidedAt ? (
                    <When at={item.decidedAt} view={view} style="short" />
                  ) : (
                    <Due at={item.dueAt} now={now} />
                  )}
                </td>
                <td class="at-amount number strong">{formatAmount(item.amount, item.currency)}</td>
                <td class="at-loss number" data-label="Expected loss">
                  {formatMoney(item.expectedLoss, item.currency)}
                </td>
                <td class="at-score">
                  <Score probability={item.fraudProbability} tier={item.riskTier} />
                </td>
                <td class="at-why" title={item.topReason?.text}>
                  {whereOf(item)}
                  {item.topReason && <span class="second">{shortReason(item.topReason)}</span>}
                </td>
                <td class="at-holder" data-label={decided ? undefined : "In work with"}>
                  <Holder item={item} view={view} />
                  {decides && <RowVerdict item={item} view={view} query={query} />}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {pages > 1 && (
        <nav class="pager" aria-label="Pages">
          {query.page > 1 ? (
            <a class="button" href={queueHref(query, { page: query.page - 1 })}>
              Back
            </a>
          ) : (
            <span></span>
          )}
          <span class="soft small">
            Page {query.page} of {pages}
          </span>
          {query.page < pages ? (
            <a class="button" href={queueHref(query, { page: query.page + 1 })}>
              Further
            </a>
          ) : (
            <span></span>
          )}
        </nav>
      )}
    </>
  );
};

/** A verdict without opening the case; the keys press these buttons of the marked row. */
const RowVerdict: FC<{ readonly item: QueueItem; readonly view: View; readonly query: Query }> = ({
  item,
  view,
  query,
}) => {
  const others = item.claimedBy !== null && !isYours(item.claimedBy, view);
  if (others || (item.referredAt !== null && !mayDo(view.user, "reviews.supervise"))) return null;
  const back = queueHref(query, { page: query.page }).split("?")[1] ?? "";
  const address = `/reviews/${item.caseId}/decide?${new URLSearchParams({ back, token: String(item.token) })}`;
  return (
    <span class="row-verdict">
      {VERDICTS.map((verdict) => (
        <button
          type="submit"
          form="row-verdict"
          formaction={address}
          name="verdict"
          value={verdict}
          class="button small"
          data-row-key={verdict === "fraud" ? "f" : "a"}
          aria-label={`${VERDICT_NAME[verdict]}: case ${item.caseId}`}
        >
          {VERDICT_NAME[verdict]}
        </button>
      ))}
    </span>
  );
};

const Holder: FC<{ readonly item: QueueItem; readonly view: View }> = ({ item, view }) => {
  if (item.verdict) {
    return (
      <span>
        <span class="tag" data-kind={item.verdict}>
          {VERDICT_NAME[item.verdict]}
        </span>{" "}
        <span class="faint small">by {item.decidedBy?.name}</span>
      </span>
    );
  }
  if (!item.claimedBy) {
    if (item.snoozedUntil)
      return <span class="faint">snoozed until {formatMinute(item.snoozedUntil, view.timeZone)}</span>;
    if (item.referredAt) return <span class="faint">waits for a lead</span>;
    if (!item.assignedTo) return <span class="faint">nobody</span>;
    const whose = isYours(item.assignedTo, view) ? "you" : item.assignedTo.name;
    return <span class="faint">nobody, for {whose}</span>;
  }
  return <span class="strong">{isYours(item.claimedBy, view) ? "you" : item.claimedBy.name}</span>;
};
