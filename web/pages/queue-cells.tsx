import type { Child, FC } from "hono/jsx";
import type { QueueColumn } from "../../domain/queue-views.ts";
import type { QueueItem } from "../../pipeline/review/queue.ts";
import { shorten, whereOf } from "../components/decision-table.tsx";
import {
  countryName,
  formatAmount,
  formatMinute,
  formatMoney,
  plainWords,
  VERDICT_NAME,
} from "../components/format.ts";
import { shortReason } from "../components/reasons.tsx";
import { Score, Tier } from "../components/risk.tsx";
import { isYours, type View } from "../components/view.ts";
import { Due, When } from "../components/when.tsx";

/** Columns as a choice names them. */
export const COLUMN_NAME: Readonly<Record<QueueColumn, string>> = {
  tier: "Tier",
  due: "Due in",
  amount: "Amount",
  loss: "Expected loss",
  score: "Score",
  why: "Where and why",
  card: "Card",
  merchant: "Merchant",
  country: "Country",
  channel: "Channel",
  opened: "Opened",
  holder: "In work with",
};

const NUMBERS: readonly QueueColumn[] = ["amount", "loss"];

/** The reasons' column says where it was, unless other columns do. */
const saysWhere = (columns: readonly QueueColumn[]): boolean =>
  !(columns.includes("merchant") && columns.includes("country"));

/** What stands above a column. */
export function headOf(column: QueueColumn, columns: readonly QueueColumn[], decided: boolean): Child {
  const name =
    column === "due" && decided
      ? "Decided"
      : column === "holder" && decided
        ? "Verdict"
        : column === "why" && !saysWhere(columns)
          ? "Why"
          : COLUMN_NAME[column];
  return (
    <th scope="col" class={NUMBERS.includes(column) ? "number" : undefined}>
      {column === "loss" ? (
        <abbr title="Fraud probability × amount, in the currency of the payment">{name}</abbr>
      ) : (
        name
      )}
    </th>
  );
}

/** What a cell is drawn of. */
interface Shown {
  readonly item: QueueItem;
  readonly columns: readonly QueueColumn[];
  readonly view: View;
  readonly now: Date;
  /** Buttons, beside whoever has the case. */
  readonly verdicts: Child;
}

/** What a column says of a case; on a phone a line of its card. */
export function cellOf(column: QueueColumn, { item, columns, view, now, verdicts }: Shown): Child {
  switch (column) {
    case "tier":
      return (
        <td class="at-tier">
          <Tier tier={item.riskTier} />
        </td>
      );
    case "due":
      return (
        <td class="at-due">
          {item.decidedAt ? (
            <When at={item.decidedAt} view={view} style="short" />
          ) : (
            <Due at={item.dueAt} now={now} />
          )}
        </td>
      );
    case "amount":
      return <td class="at-amount number strong">{formatAmount(item.amount, item.currency)}</td>;
    case "loss":
      return (
        <td class="at-loss number" data-label="Expected loss">
          {formatMoney(item.expectedLoss, item.currency)}
        </td>
      );
    case "score":
      return (
        <td class="at-score">
          <Score probability={item.fraudProbability} tier={item.riskTier} />
        </td>
      );
    case "why":
      return (
        <td class="at-why" title={item.topReason?.text}>
          {saysWhere(columns) && whereOf(item)}
          {item.topReason && (
            <span class={saysWhere(columns) ? "second" : undefined}>{shortReason(item.topReason)}</span>
          )}
        </td>
      );
    case "card": {
      const card = item.cardToken ?? item.entities?.["card"];
      return (
        <td class="at-more" data-label="Card" title={card}>
          {card === undefined ? <Nothing /> : <span class="cut mono small">{shorten(card)}</span>}
        </td>
      );
    }
    case "merchant": {
      const merchant = item.merchantId ?? item.entities?.["merchant"];
      return (
        <td class="at-more" data-label="Merchant" title={merchant}>
          {merchant === undefined ? <Nothing /> : <span class="cut">{shorten(merchant)}</span>}
          {item.merchantCategory && <span class="second">{plainWords(item.merchantCategory)}</span>}
        </td>
      );
    }
    case "country":
      return (
        <td class="at-more" data-label="Country">
          {item.country ? <abbr title={countryName(item.country)}>{item.country}</abbr> : <Nothing />}
        </td>
      );
    case "channel":
      return (
        <td class="at-more" data-label="Channel">
          {item.channel ? plainWords(item.channel) : <Nothing />}
        </td>
      );
    case "opened":
      return (
        <td class="at-more" data-label="Opened">
          <When at={item.openedAt} view={view} style="short" />
        </td>
      );
    case "holder":
      return (
        <td class="at-holder" data-label={item.verdict ? undefined : "In work with"}>
          <Holder item={item} view={view} />
          {verdicts}
        </td>
      );
  }
}

const Nothing: FC = () => <span class="faint">–</span>;

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
