import { listDecisions } from "../../pipeline/store/decision-list.ts";
import { type ApiRoute, route } from "./route.ts";
import { decisionCursor, decisionPage, decisionQuery } from "./schemas.ts";
import { decisionToJson } from "./translate.ts";

/** What was decided, for programs. */
export const DECISION_ROUTES: readonly ApiRoute[] = [
  route(
    {
      method: "get",
      path: "/api/v1/transactions",
      summary: "List decisions, newest first",
      access: "transactions.read",
      query: decisionQuery,
      status: 200,
      answer: decisionPage,
    },
    ({ db }) =>
      async ({ query }) => {
        const before = query.cursor?.seq ?? query.before;
        const { items, nextBefore } = await listDecisions(db, {
          limit: query.limit,
          ...(before === undefined ? {} : { before }),
          ...(query.tier ? { tiers: query.tier } : {}),
          ...(query.source ? { source: query.source } : {}),
          ...(query.search === undefined ? {} : { search: query.search }),
          ...(query.since === undefined ? {} : { since: new Date(query.since) }),
          ...(query.until === undefined ? {} : { until: new Date(query.until) }),
        });
        return {
          items: items.map(decisionToJson),
          next_before: nextBefore,
          next_cursor: nextBefore === null ? null : decisionCursor.write({ seq: nextBefore }),
        };
      },
  ),
];
