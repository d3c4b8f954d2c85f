import { z } from "zod";
import { QUEUE_SHOWS, type QueueShow } from "../../domain/queue-views.ts";
import { QUEUE_ORDERS, type QueueOrder } from "../../domain/review-cases.ts";
import { RISK_TIERS } from "../../domain/tiers.ts";
import type { SignedIn } from "../../pipeline/accounts/sessions.ts";
import type { QueueFilter } from "../../pipeline/review/queue.ts";
import { caseIdParameter } from "../reviews/actions.ts";

const PAGE_SIZE = 50;

/** No queue is longer. */
const LAST_PAGE = 10_000_000;

/** What the queue's address says. */
export const querySchema = z.object({
  show: z.enum(QUEUE_SHOWS).default("open"),
  tier: z.enum(RISK_TIERS).optional(),
  order: z.enum(QUEUE_ORDERS).default("worth"),
  // Any page there could be: one beyond the last shows the last.
  page: z.coerce
    .number("must be a page number")
    .refine((page) => Number.isInteger(page) && page >= 1, "pages are counted from 1")
    .transform((page) => Math.min(page, LAST_PAGE))
    .default(1),
  /** The case that one has just decided. */
  undo: caseIdParameter.optional(),
  /** The view that was opened; filters beside it are other ones than it keeps. */
  view: caseIdParameter.optional(),
});

export type Query = z.output<typeof querySchema> & {
  /** The filters are those of the view: its number says them all. */
  readonly asSaved?: boolean;
};

/** What of the address filters and orders the list. */
export const FILTERS = ["show", "tier", "order"] as const;

/** What the queue shows of it, to whom. */
export function filterOf({ show, tier, order, page }: Query, user: SignedIn): QueueFilter {
  return {
    status: show === "decided" ? "decided" : "open",
    ...(show === "mine" ? { holder: user.actor } : {}),
    ...(show === "assigned" ? { assignee: user.actor } : {}),
    ...(show === "free" ? { unclaimed: true } : {}),
    ...(show === "snoozed" ? { aside: "snoozed" } : show === "lead" ? { aside: "referred" } : {}),
    ...(tier ? { tier } : {}),
    order,
    limit: PAGE_SIZE,
    offset: (page - 1) * PAGE_SIZE,
  };
}

/** At least one. */
export const pagesOf = (total: number): number => Math.max(1, Math.ceil(total / PAGE_SIZE));

/** The address of the queue with some of its filters changed; a view stays open, as one that was changed. */
export function queueHref(
  query: Query,
  change: Partial<Record<keyof Query, Query[keyof Query] | undefined>>,
): string {
  const next = { ...query, page: 1, ...change };
  const params = new URLSearchParams();
  const inView = next.view !== undefined;
  if (inView) params.set("view", String(next.view));
  if (!inView || !query.asSaved || FILTERS.some((filter) => filter in change)) {
    // In a view all is said: what is left out there is as it was saved.
    if (inView || next.show !== "open") params.set("show", String(next.show));
    if (next.tier) params.set("tier", String(next.tier));
    if (inView || next.order !== "worth") params.set("order", String(next.order));
  }
  if (next.page !== 1) params.set("page", String(next.page));
  const text = params.toString();
  return text === "" ? "/reviews" : `/reviews?${text}`;
}

export const SHOW_NAME: Readonly<Record<QueueShow, string>> = {
  open: "All open",
  free: "Nobody's",
  mine: "Mine",
  assigned: "For me",
  snoozed: "Snoozed",
  lead: "For leads",
  decided: "Decided",
};

export const ORDER_NAME: Readonly<Record<QueueOrder, string>> = {
  worth: "At stake",
  due: "Deadline",
  score: "Score",
  oldest: "Oldest",
};

export const ORDER_WORDS: Readonly<Record<QueueOrder, string>> = {
  worth: "overdue first, then by what is at stake",
  due: "the next deadline first",
  score: "the highest score first",
  oldest: "the oldest first",
};

export const EMPTY_TEXT: Readonly<Record<QueueShow, string>> = {
  open: "No case waits for a verdict.",
  free: "Every open case is in somebody's hands.",
  mine: "You have no case in work. Take the next one.",
  assigned: "No case is assigned to you.",
  snoozed: "No case is put off.",
  lead: "No case was escalated to a lead.",
  decided: "No case has been decided yet.",
};
