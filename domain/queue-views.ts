import type { QueueOrder } from "./review-cases.ts";
import type { RiskTier } from "./tiers.ts";

/** Which cases the queue shows; `mine` and `assigned` are those of whoever looks. */
export const QUEUE_SHOWS = ["open", "free", "mine", "assigned", "snoozed", "lead", "decided"] as const;
export type QueueShow = (typeof QUEUE_SHOWS)[number];

/** What the queue can say of a case beside its number. */
export const QUEUE_COLUMNS = [
  "tier",
  "due",
  "amount",
  "loss",
  "score",
  "why",
  "card",
  "merchant",
  "country",
  "channel",
  "opened",
  "holder",
] as const;
export type QueueColumn = (typeof QUEUE_COLUMNS)[number];

/** What it says as long as nobody has chosen. */
export const USUAL_COLUMNS: readonly QueueColumn[] = [
  "tier",
  "due",
  "amount",
  "loss",
  "score",
  "why",
  "holder",
];

/** What a view keeps: the queue's filters, its order, and its columns from left to right. */
export interface SavedQuery {
  readonly show: QueueShow;
  readonly tier?: RiskTier | undefined;
  readonly order: QueueOrder;
  readonly columns: readonly QueueColumn[];
}

/** Views of one person. */
export const MOST_VIEWS = 30;
/** Views that everybody sees, whoever shared them. */
export const MOST_SHARED_VIEWS = 30;
/** Of a view, in characters. */
export const LONGEST_VIEW_NAME = 60;
