import { Hono } from "hono";
import { z } from "zod";
import { readCase } from "../../pipeline/review/case-page.ts";
import { claimCase, releaseCase } from "../../pipeline/review/claim.ts";
import { decideCase } from "../../pipeline/review/decide.ts";
import { listQueue } from "../../pipeline/review/queue.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { currentUser, hasRole, requireRole } from "../auth/guard.ts";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { announceReview } from "../live/review-news.ts";
import { readBody, readQuery } from "./body.ts";
import { decideRequest, reviewQuery } from "./schemas.ts";
import { casePageToJson, caseToJson } from "./translate.ts";

const caseId = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);

function caseIdOf(c: AppContext): number {
  const parsed = caseId.safeParse(c.req.param("id"));
  if (!parsed.success)
    throw DomainError.invalid([{ field: "id", description: "must be a positive whole number" }]);
  return parsed.data;
}

/** Review cases for programs: list, read, claim, release, decide. */
export function reviewRoutes(deps: Deps): Hono<AppEnv> {
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
      const { name } = currentUser(c);
      const claim = await claimCase(deps.db, caseIdOf(c), name);
      announceReview(deps, claim.caseId, "claimed", name);
      return c.json({ case_id: claim.caseId, claimed_until: claim.claimedUntil.toISOString() });
    })
    .post("/api/v1/reviews/:id/release", requireRole("analyst"), async (c) => {
      const id = caseIdOf(c);
      const user = currentUser(c);
      const { name } = user;
      await releaseCase(deps.db, id, name, { others: hasRole(user, "admin") });
      announceReview(deps, id, "released", name);
      return c.body(null, 204);
    })
    .post("/api/v1/reviews/:id/decide", requireRole("analyst"), async (c) => {
      const id = caseIdOf(c);
      const { name } = currentUser(c);
      const { verdict, note } = await readBody(c, decideRequest);
      const decided = await decideCase(deps.db, { caseId: id, actor: name, verdict, note });
      if (!decided.repeated) {
        deps.metrics.decisions.inc({ verdict });
        announceReview(deps, id, "decided", name);
      }
      return c.json({
        case_id: decided.caseId,
        transaction_id: decided.transactionId,
        verdict: decided.verdict,
        decided_at: decided.decidedAt.toISOString(),
      });
    });
}
