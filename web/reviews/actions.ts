import { z } from "zod";
import type { RiskTier } from "../../domain/tiers.ts";
import type { Verdict } from "../../domain/verdicts.ts";
import { type Claim, claimCase, claimNext, releaseCase, renewClaim } from "../../pipeline/review/claim.ts";
import { type GivenVerdict, giveVerdict } from "../../pipeline/review/verdict.ts";
import { failPoint } from "../../platform/process/fail-point.ts";
import { currentUser, mayDo } from "../auth/guard.ts";
import type { AppContext, Deps } from "../context.ts";

const NO_CASE_ID = { error: "must be a positive whole number", abort: true };

/** The number of a case as a path names it. */
export const caseIdParameter = z.coerce
  .number(NO_CASE_ID.error)
  .int(NO_CASE_ID)
  .min(1, NO_CASE_ID)
  .max(Number.MAX_SAFE_INTEGER, NO_CASE_ID);

/** The number of the case that a path names; undefined when what stands there is none. */
export function caseIdIn(c: AppContext): number | undefined {
  return caseIdParameter.safeParse(c.req.param("id")).data;
}

/**
 * What people do to cases, the same for pages and API: the actor is who asks, open pages of this process are told at
 * once (those of others through the outbox), and only what was really recorded is counted.
 *
 * All throw DomainError as pipeline/review's functions do: `not_found`, `conflict`, `invalid_argument`.
 */
export interface ReviewActions {
  claim(c: AppContext, caseId: number): Promise<Claim>;
  /** The next case of the queue, claimed; null when nobody's case is left. */
  claimNext(c: AppContext, tier: RiskTier | undefined): Promise<Claim | null>;
  renew(c: AppContext, caseId: number): Promise<Claim>;
  /** Whoever may lead also ends another's claim. */
  release(c: AppContext, caseId: number): Promise<void>;
  giveVerdict(c: AppContext, caseId: number, verdict: Verdict, note: string): Promise<GivenVerdict>;
}

export function reviewActions({ db, feed, metrics }: Pick<Deps, "db" | "feed" | "metrics">): ReviewActions {
  const thenTell = async <T>(act: Promise<T>): Promise<T> => {
    const done = await act;
    failPoint("review.committed");
    feed.nudge();
    return done;
  };
  const actorOf = (c: AppContext) => currentUser(c).actor;
  return {
    claim: (c, id) => thenTell(claimCase(db, id, actorOf(c))),
    claimNext: (c, tier) => thenTell(claimNext(db, actorOf(c), { tier })),
    renew: (c, id) => thenTell(renewClaim(db, id, actorOf(c))),
    release: (c, id) =>
      thenTell(releaseCase(db, id, actorOf(c), { others: mayDo(currentUser(c), "reviews.supervise") })),
    giveVerdict: async (c, id, verdict, note) => {
      const given = await thenTell(giveVerdict(db, { caseId: id, actor: actorOf(c), verdict, note }));
      if (!given.repeated) metrics.decisions.inc({ verdict });
      return given;
    },
  };
}
