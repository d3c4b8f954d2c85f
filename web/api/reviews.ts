import { z } from "zod";
import { readCase } from "../../pipeline/review/case-page.ts";
import { listQueue } from "../../pipeline/review/queue.ts";
import { caseIdParameter, reviewActions } from "../reviews/actions.ts";
import { type ApiRoute, jsonBody, route } from "./route.ts";
import {
  caseDetailJson,
  claimAnswer,
  decideAnswer,
  decideRequest,
  queueCursor,
  reviewPage,
  reviewQuery,
} from "./schemas.ts";
import { casePageToJson, caseToJson } from "./translate.ts";

const params = z.object({ id: caseIdParameter });

/** Review cases for programs: list, read, claim, release, decide. */
export const REVIEW_ROUTES: readonly ApiRoute[] = [
  route(
    {
      method: "get",
      path: "/api/v1/reviews",
      summary: "List review cases",
      description:
        "Open ones in the order they should be worked on: overdue first, then by fraud probability × (amount ÷ the usual payment of its currency + 1). Decided ones: the latest verdict first. With `cursor` a case that keeps its place is listed exactly once however many come and go; one that moves between two pages (it became overdue, was decided, or is worth another amount by now) may be listed twice or be passed over.",
      access: "reviews.read",
      query: reviewQuery,
      status: 200,
      answer: reviewPage,
    },
    ({ db }) =>
      async ({ query }) => {
        const { items, total, next } = await listQueue(db, {
          status: query.status,
          limit: query.limit,
          offset: query.offset,
          ...(query.cursor ? { after: query.cursor } : {}),
          ...(query.tier ? { tier: query.tier } : {}),
          ...(query.claimed_by === undefined ? {} : { claimedBy: query.claimed_by }),
          ...(query.unclaimed === undefined ? {} : { unclaimed: query.unclaimed }),
        });
        return { items: items.map(caseToJson), total, next_cursor: next && queueCursor.write(next) };
      },
  ),
  route(
    {
      method: "get",
      path: "/api/v1/reviews/{id}",
      summary: "Read one case",
      access: "reviews.read",
      params,
      status: 200,
      answer: caseDetailJson,
      failures: [404],
    },
    ({ db }) =>
      async ({ params: { id } }) =>
        casePageToJson(await readCase(db, id)),
  ),
  route(
    {
      method: "post",
      path: "/api/v1/reviews/{id}/claim",
      summary: "Claim a case, or renew one's claim",
      access: "reviews.decide",
      params,
      status: 200,
      answer: claimAnswer,
      failures: [404, 409],
    },
    (deps) => {
      const actions = reviewActions(deps);
      return async ({ params: { id } }, c) => {
        const claim = await actions.claim(c, id);
        return { case_id: claim.caseId, claimed_until: claim.claimedUntil.toISOString() };
      };
    },
  ),
  route(
    {
      method: "post",
      path: "/api/v1/reviews/{id}/release",
      summary: "Give a claim back",
      description: "An administrator may also end another's claim; the case's events say whose it was.",
      access: "reviews.decide",
      params,
      status: 204,
      failures: [404, 409],
    },
    (deps) => {
      const actions = reviewActions(deps);
      return async ({ params: { id } }, c) => {
        await actions.release(c, id);
        return undefined;
      };
    },
  ),
  route(
    {
      method: "post",
      path: "/api/v1/reviews/{id}/decide",
      summary: "Decide a case",
      description:
        "The same verdict with the same note, sent again by the same caller because the answer was lost, is answered as the first time and recorded once. Anything else after the verdict is a conflict.",
      access: "reviews.decide",
      params,
      body: jsonBody(decideRequest, { verdict: "fraud", note: "card holder called: not theirs" }),
      status: 200,
      answer: decideAnswer,
      failures: [404, 409],
    },
    (deps) => {
      const actions = reviewActions(deps);
      return async ({ params: { id }, body: { verdict, note } }, c) => {
        const given = await actions.giveVerdict(c, id, verdict, note);
        return {
          case_id: given.caseId,
          transaction_id: given.transactionId,
          verdict: given.verdict,
          decided_at: given.decidedAt.toISOString(),
        };
      };
    },
  ),
];
