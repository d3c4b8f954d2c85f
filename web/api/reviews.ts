import { Hono } from "hono";
import { readCase } from "../../pipeline/review/case-page.ts";
import { listQueue } from "../../pipeline/review/queue.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { requireRole } from "../auth/guard.ts";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { caseIdIn, reviewActions } from "../reviews/actions.ts";
import { readBody, readQuery } from "./body.ts";
import { decideRequest, reviewQuery } from "./schemas.ts";
import { casePageToJson, caseToJson } from "./translate.ts";

function caseIdOf(c: AppContext): number {
  const id = caseIdIn(c);
  if (id === undefined)
    throw DomainError.invalid([{ field: "id", description: "must be a positive whole number" }]);
  return id;
}

/** Review cases for programs: list, read, claim, release, decide. */
export function reviewRoutes(deps: Deps): Hono<AppEnv> {
  const actions = reviewActions(deps);
  return new Hono<AppEnv>()
    .get("/api/v1/reviews", requireRole("viewer"), async (c) => {
      const query = readQuery(c, reviewQuery);
      const { items, total } = await listQueue(deps.db, {
        status: query.status,
        limit: query.limit,
        offset: query.offset,
        ...(query.tier ? { tier: query.tier } : {}),
        ...(query.claimed_by === undefined ? {} : { claimedBy: query.claimed_by }),
        ...(query.unclaimed === undefined ? {} : { unclaimed: query.unclaimed }),
      });
      return c.json({ items: items.map(caseToJson), total });
    })
    .get("/api/v1/reviews/:id", requireRole("viewer"), async (c) =>
      c.json(casePageToJson(await readCase(deps.db, caseIdOf(c)))),
    )
    .post("/api/v1/reviews/:id/claim", requireRole("analyst"), async (c) => {
      const claim = await actions.claim(c, caseIdOf(c));
      return c.json({ case_id: claim.caseId, claimed_until: claim.claimedUntil.toISOString() });
    })
    .post("/api/v1/reviews/:id/release", requireRole("analyst"), async (c) => {
      await actions.release(c, caseIdOf(c));
      return c.body(null, 204);
    })
    .post("/api/v1/reviews/:id/decide", requireRole("analyst"), async (c) => {
      const id = caseIdOf(c);
      const { verdict, note } = await readBody(c, decideRequest);
      const given = await actions.giveVerdict(c, id, verdict, note);
      return c.json({
        case_id: given.caseId,
        transaction_id: given.transactionId,
        verdict: given.verdict,
        decided_at: given.decidedAt.toISOString(),
      });
    });
}
