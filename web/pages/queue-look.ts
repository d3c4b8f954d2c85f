import { z } from "zod";
import {
  QUEUE_COLUMNS,
  QUEUE_SHOWS,
  type QueueColumn,
  type SavedQuery,
  USUAL_COLUMNS,
} from "../../domain/queue-views.ts";
import { QUEUE_ORDERS } from "../../domain/review-cases.ts";
import { RISK_TIERS } from "../../domain/tiers.ts";
import {
  mayChange,
  type QueueView,
  readPersonalQueue,
  type ViewPerson,
} from "../../pipeline/review/views.ts";
import { readQuery } from "../api/body.ts";
import { currentUser, mayDo } from "../auth/guard.ts";
import type { AppContext, Deps } from "../context.ts";
import { FILTERS, type Query, querySchema } from "./queue-query.ts";

/** What a person sees of the queue: which cases, in which columns, and through which view. */
export interface Look {
  readonly query: Query;
  readonly columns: readonly QueueColumn[];
  readonly views: readonly QueueView[];
  /** The one that is open. */
  readonly view: QueueView | null;
  /** Other filters than it keeps. */
  readonly changed: boolean;
  readonly mayChange: boolean;
  /** What is not as the address or the view asks. */
  readonly said: string | null;
}

/** What is still known of a saved query, and in words what is not. */
export interface OpenedQuery {
  readonly filters: Omit<SavedQuery, "columns">;
  /** None where none of them is known. */
  readonly columns: readonly QueueColumn[] | null;
  readonly wrong: readonly string[];
}

const parts = {
  show: z.enum(QUEUE_SHOWS).catch("open"),
  tier: z.enum(RISK_TIERS).optional().catch(undefined),
  order: z.enum(QUEUE_ORDERS).catch("worth"),
};

const PART_NAME: Readonly<Record<string, string>> = {
  show: "the cases",
  tier: "the tier",
  order: "the order",
};

const LONGEST_SAID = 40;
const inQuotes = (value: unknown): string => `"${String(value).slice(0, LONGEST_SAID)}"`;

function isColumn(name: unknown): name is QueueColumn {
  return (QUEUE_COLUMNS as readonly unknown[]).includes(name);
}

/** Reads what was saved, perhaps by another version than this. */
export function openSaved(saved: Readonly<Record<string, unknown>>): OpenedQuery {
  const { columns: named, ...rest } = saved;
  const columns = Array.isArray(named) ? [...new Set(named.filter(isColumn))] : [];
  const filters = {
    show: parts.show.parse(rest["show"]),
    tier: parts.tier.parse(rest["tier"]),
    order: parts.order.parse(rest["order"]),
  };
  const known: Readonly<Record<string, unknown>> = filters;
  const wrong = Object.entries(rest)
    .filter(([name, value]) => known[name] !== value)
    .map(([name, value]) => `${PART_NAME[name] ?? name} ${inQuotes(value)}`);
  const unknown = [named ?? []].flat().filter((name) => !isColumn(name));
  return {
    filters,
    columns: columns.length > 0 ? columns : null,
    wrong: [...wrong, ...unknown.map((name) => `the column ${inQuotes(name)}`)],
  };
}

/** Who changes views; null for a program, which has none. */
export function viewPerson(c: AppContext): ViewPerson | null {
  const user = currentUser(c);
  return user.session ? { userId: user.session.userId, leads: mayDo(user, "reviews.supervise") } : null;
}

/**
 * What the request looks at: the filters of its address, or those of the view that it opens.
 *
 * @throws DomainError `invalid_argument` for an address that is wrong
 */
export async function readLook({ db }: Pick<Deps, "db">, c: AppContext): Promise<Look> {
  const asked = readQuery(c, querySchema);
  const person = viewPerson(c);
  const { views, columns } = await readPersonalQueue(db, person?.userId ?? null);
  const own = openSaved({ columns }).columns ?? USUAL_COLUMNS;
  const view = views.find(({ id }) => id === asked.view) ?? null;
  if (!view) {
    const said = asked.view === undefined ? null : "That view is no longer there, or not shared any more.";
    return {
      query: { ...asked, view: undefined },
      columns: own,
      views,
      view,
      changed: false,
      mayChange: false,
      said,
    };
  }
  const opened = openSaved(view.saved);
  const otherwise = FILTERS.some((filter) => (c.req.query(filter) ?? "") !== "");
  return {
    query: otherwise ? asked : { ...asked, ...opened.filters, asSaved: true },
    columns: opened.columns ?? own,
    views,
    view,
    changed: otherwise && FILTERS.some((filter) => asked[filter] !== opened.filters[filter]),
    mayChange: mayChange(view, person),
    said:
      opened.wrong.length === 0
        ? null
        : `The view ${inQuotes(view.name)} asks for what there no longer is: ${opened.wrong.join(", ")}. The queue is shown without that.`,
  };
}
