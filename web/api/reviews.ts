import { z } from "zod";
import { readCase } from "../../pipeline/review/case-page.ts";
import { listQueue } from "../../pipeline/review/queue.ts";
import { caseIdParameter, reviewActions } from "../reviews/actions.ts";
import { bulkAnswer, bulkRequest } from "./bulk-schemas.ts";
import { type ApiRoute, jsonBody, route } from "./route.ts";
import {
  assignAnswer,
  assignRequest,
  caseDetailJson,
  claimAnswer,
  correctRequest,
  decideAnswer,
  decideRequest,
  queueCursor,
  referRequest,
  reviewPage,
  reviewQuery,
  snoozeAnswer,
  snoozeRequest,
} from "./schemas.ts";
import { casePageToJson, caseToJson, claimToJson, givenToJson } from "./translate.ts";

const params = z.object({ id: caseIdParameter });

/** Review cases for programs: list, read, claim, release, decide. */
export const REVIEW_ROUTES: readonly ApiRoute[] = [
  route(
    {
      method: "get",
      path: "/api/v1/reviews",
      summary: "List review cases",
      description:
        "Open ones in the order they should be worked on unless `order` says another: overdue first, then by fraud probability × (amount ÷ the usual payment of its currency + 1). Decided ones: the latest verdict first. With `cursor` a case that keeps its place is listed exactly once however many come and go; one that moves between two pages (it became overdue, was decided, or is worth another amount by now) may be listed twice or be passed over.",
      access: "reviews.read",
      query: reviewQuery,
      status: 200,
      answer: reviewPage,
    },
    ({ db }) =>
      async ({ query }) => {
        const { items, total, next } = await listQueue(db, {
          status: query.status,
          order: query.order,
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
        return claimToJson(claim);
      };
    },
  ),
  route(
    {
      method: "post",
      path: "/api/v1/reviews/{id}/release",
      summary: "Give a claim back",
      description:
        "Whoever may lead (`reviews.supervise`) also ends another's claim; the case's events say whose it was.",
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
      return async ({ params: { id }, body: { follow_up: followUp, ...given } }, c) =>
        givenToJson(await actions.giveVerdict(c, { ...given, followUp, caseId: id }));
    },
  ),
  route(
    {
      method: "post",
      path: "/api/v1/reviews/{id}/undo",
      summary: "Take one's own verdict back",
      description:
        "Within ten seconds. The case is open again and claimed by the caller; the label is what it was before. Later, correct it.",
      access: "reviews.decide",
      params,
      status: 204,
      failures: [404, 409],
    },
    (deps) => {
      const actions = reviewActions(deps);
      return async ({ params: { id } }, c) => {
        await actions.undo(c, id);
        return undefined;
      };
    },
  ),
  route(
    {
      method: "post",
      path: "/api/v1/reviews/{id}/correct",
      summary: "Correct a verdict",
      description:
        "One's own, or with `reviews.supervise` anybody's. Label and figures follow; the first verdict stays in the case's events.",
      access: "reviews.decide",
      params,
      body: jsonBody(correctRequest, { verdict: "legitimate", reason: "the card holder recognised it" }),
      status: 200,
      answer: decideAnswer,
      failures: [404, 409],
    },
    (deps) => {
      const actions = reviewActions(deps);
      return async ({ params: { id }, body }, c) =>
        givenToJson(await actions.correct(c, { ...body, caseId: id }));
    },
  ),
  route(
    {
      method: "post",
      path: "/api/v1/reviews/{id}/snooze",
      summary: "Put a case off",
      description: "It is nobody's next case until then, and comes back by itself. Its deadline stays.",
      access: "reviews.decide",
      params,
      body: jsonBody(snoozeRequest, { minutes: 60, reason: "waits for the merchant's answer" }),
      status: 200,
      answer: snoozeAnswer,
      failures: [404, 409],
    },
    (deps) => {
      const actions = reviewActions(deps);
      return async ({ params: { id }, body: { minutes, ...aside } }, c) => {
        const until = await actions.snooze(c, { ...aside, caseId: id }, minutes);
        return { case_id: id, snoozed_until: until.toISOString() };
      };
    },
  ),
  route(
    {
      method: "post",
      path: "/api/v1/reviews/{id}/assign",
      summary: "Assign a case to a person",
      description:
        "It is their next case before all that are nobody's, and nobody else's next until its deadline has passed; others may still claim it. `null` ends the assignment. A conflict while somebody else works on it.",
      access: "reviews.supervise",
      params,
      body: jsonBody(assignRequest, { to: "ann" }),
      status: 200,
      answer: assignAnswer,
      failures: [404, 409],
    },
    (deps) => {
      const actions = reviewActions(deps);
      return async ({ params: { id }, body: { to } }, c) => {
        const assignee = await actions.assign(c, id, to);
        return { case_id: id, assigned_to: assignee?.name ?? null };
      };
    },
  ),
  route(
    {
      method: "post",
      path: "/api/v1/reviews/{id}/refer",
      summary: "Escalate a case to a lead",
      description: "From then on only callers with `reviews.supervise` claim and decide it.",
      access: "reviews.decide",
      params,
      body: jsonBody(referRequest, { reason: "the customer is a colleague" }),
      status: 204,
      failures: [404, 409],
    },
    (deps) => {
      const actions = reviewActions(deps);
      return async ({ params: { id }, body }, c) => {
        await actions.refer(c, { ...body, caseId: id });
        return undefined;
      };
    },
  ),
  route(
    {
      method: "post",
      path: "/api/v1/reviews/bulk",
      summary: "Change many cases at once",
      description:
        "Assigns, closes, puts off or escalates up to 100 cases, each by itself and audited. What somebody else holds or has decided, and what has changed hands since `token`, is left and named under `refused`.",
      access: "reviews.bulk",
      body: jsonBody(bulkRequest, {
        act: "close",
        cases: [{ case_id: 12 }, { case_id: 13 }],
        verdict: "legitimate",
        reason: "the merchant's test payments",
      }),
      status: 200,
      answer: bulkAnswer,
    },
    (deps) => {
      const actions = reviewActions(deps);
      return async ({ body: { cases, ...act } }, c) => {
        const chosen = cases.map(({ case_id: caseId, token }) => ({ caseId, token }));
        const { done, refused } = await actions.together(c, chosen, act);
        return {
          done: done.length,
          refused: refused.map(({ caseId, why }) => ({ case_id: caseId, why })),
        };
      };
    },
  ),
];
