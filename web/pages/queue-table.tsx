import type { FC } from "hono/jsx";
import type { QueueColumn } from "../../domain/queue-views.ts";
import { VERDICTS } from "../../domain/verdicts.ts";
import type { QueueItem } from "../../pipeline/review/queue.ts";
import { mayDo } from "../auth/guard.ts";
import { caseHref } from "../components/case-links.ts";
import { VERDICT_NAME } from "../components/format.ts";
import { CheckIcon } from "../components/icons.tsx";
import { isYours, type View } from "../components/view.ts";
import { cellOf, headOf } from "./queue-cells.tsx";
import { EMPTY_TEXT, pagesOf, type Query, queueHref, SHOW_NAME } from "./queue-query.ts";

interface QueueProps {
  readonly items: readonly QueueItem[];
  readonly total: number;
  readonly query: Query;
  readonly columns: readonly QueueColumn[];
  readonly view: View;
}

/** More columns are drawn closer together. */
const MOST_AT_EASE = 8;

/** The cases of a page of the queue. */
export const Queue: FC<QueueProps> = ({ items, total, query, columns, view }) => {
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
        <table
          class={`cards cases${columns.length > MOST_AT_EASE ? " many-columns" : ""}`}
          data-columns={columns.join(" ")}
        >
          <caption class="visually-hidden">{SHOW_NAME[query.show]} review cases</caption>
          <thead>
            <tr>
              <th scope="col">Case</th>
              {columns.map((column) => headOf(column, columns, decided))}
            </tr>
          </thead>
          <tbody>
            {items.map((item) => {
              const verdicts = decides && <RowVerdict item={item} view={view} query={query} />;
              const shown = { item, columns, view, now, verdicts };
              return (
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
                    {!columns.includes("holder") && verdicts}
                  </td>
                  {columns.map((column) => cellOf(column, shown))}
                </tr>
              );
            })}
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
