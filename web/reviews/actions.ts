import { z } from "zod";
import type { Actor } from "../../domain/actors.ts";
import type { RiskTier } from "../../domain/tiers.ts";
import { type Correction, correctVerdict, undoVerdict } from "../../pipeline/review/amend.ts";
import { assignCase } from "../../pipeline/review/assign.ts";
import {
  CLAIM_LEASE_MS,
  type Claim,
  claimCase,
  claimNext,
  releaseCase,
  renewClaim,
  takeOverCase,
} from "../../pipeline/review/claim.ts";
import { type OwnVerdict, readOwnVerdict } from "../../pipeline/review/own-verdict.ts";
import { referCase, type SetAside, snoozeCase } from "../../pipeline/review/set-aside.ts";
import { actTogether, type Together } from "../../pipeline/review/together.ts";
import { type CaseVerdict, type GivenVerdict, giveVerdict } from "../../pipeline/review/verdict.ts";
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
  /** Takes the case from whoever holds it; the route asks for the right. */
  takeOver(c: AppContext, caseId: number): Promise<Claim>;
  /** The next case of the queue, claimed; null when nobody's case is left. */
  claimNext(c: AppContext, tier: RiskTier | undefined): Promise<Claim | null>;
  renew(c: AppContext, caseId: number, token?: number): Promise<Claim>;
  /** Whoever may lead also ends another's claim. */
  release(c: AppContext, caseId: number): Promise<void>;
  /** @returns until when the case is put off */
  snooze(c: AppContext, aside: Omit<SetAside, "actor">, minutes: number): Promise<Date>;
  /** Hands the case to whoever leads. */
  refer(c: AppContext, aside: Omit<SetAside, "actor">): Promise<void>;
  /** Gives the case to a person, by what they sign in as, or takes it from whoever has it; the route asks for the right. */
  assign(c: AppContext, caseId: number, to: string | null): Promise<Actor | null>;
  giveVerdict(c: AppContext, given: Omit<CaseVerdict, "actor" | "leads">): Promise<GivenVerdict>;
  /** Takes one's own verdict back, in time. */
  undo(c: AppContext, caseId: number): Promise<void>;
  /** Whoever may lead also corrects others' verdicts. */
  correct(c: AppContext, correction: Omit<Correction, "actor" | "others">): Promise<GivenVerdict>;
  /** The same done to several cases; the route asks for the right. */
  together(c: AppContext, cases: readonly ChosenForBulk[], act: BulkAct): Promise<Together<unknown>>;
}

/** A case that somebody chose among others, with its token as they saw it. */
export interface ChosenForBulk {
  readonly caseId: number;
  readonly token?: number | undefined;
}

/** What can be done to several cases at once. */
export type BulkAct =
  | { readonly act: "assign"; readonly to: string | null }
  | ({ readonly act: "close"; readonly reason: string } & Pick<CaseVerdict, "verdict" | "kind">)
  | { readonly act: "snooze"; readonly minutes: number; readonly reason: string }
  | { readonly act: "refer"; readonly reason: string };

export function reviewActions({ db, feed, metrics }: Pick<Deps, "db" | "feed" | "metrics">): ReviewActions {
  const thenTell = async <T>(act: Promise<T>): Promise<T> => {
    const done = await act;
    failPoint("review.committed");
    feed.nudge();
    return done;
  };
  const actorOf = (c: AppContext) => currentUser(c).actor;
  const leads = (c: AppContext) => mayDo(currentUser(c), "reviews.supervise");
  const counted = (given: GivenVerdict): GivenVerdict => {
    if (!given.repeated) metrics.decisions.inc({ verdict: given.verdict });
    return given;
  };
  return {
    claim: (c, id) => thenTell(claimCase(db, id, actorOf(c), CLAIM_LEASE_MS, { leads: leads(c) })),
    takeOver: (c, id) => thenTell(takeOverCase(db, id, actorOf(c))),
    claimNext: (c, tier) => thenTell(claimNext(db, actorOf(c), { tier, leads: leads(c) })),
    renew: (c, id, token) => thenTell(renewClaim(db, id, actorOf(c), CLAIM_LEASE_MS, token)),
    release: (c, id) => thenTell(releaseCase(db, id, actorOf(c), { others: leads(c) })),
    snooze: (c, aside, minutes) => thenTell(snoozeCase(db, { ...aside, actor: actorOf(c) }, minutes)),
    refer: (c, aside) => thenTell(referCase(db, { ...aside, actor: actorOf(c) })),
    assign: (c, caseId, to) => thenTell(assignCase(db, { caseId, to, actor: actorOf(c) })),
    giveVerdict: async (c, given) =>
      counted(await thenTell(giveVerdict(db, { ...given, actor: actorOf(c), leads: leads(c) }))),
    undo: (c, id) => thenTell(undoVerdict(db, id, actorOf(c))),
    correct: (c, correction) =>
      thenTell(correctVerdict(db, { ...correction, actor: actorOf(c), others: leads(c) })),
    together: (c, cases, act) => {
      const tokens = new Map(cases.map(({ caseId, token }) => [caseId, token]));
      const one = async (caseId: number): Promise<unknown> => {
        const chosen = { caseId, token: tokens.get(caseId), actor: actorOf(c) };
        switch (act.act) {
          case "assign":
            return await assignCase(db, { ...chosen, to: act.to });
          case "close": {
            const { verdict, kind, reason: note } = act;
            return counted(await giveVerdict(db, { ...chosen, verdict, kind, note, leads: leads(c) }));
          }
          case "snooze":
            return await snoozeCase(db, { ...chosen, reason: act.reason }, act.minutes);
          case "refer":
            return await referCase(db, { ...chosen, reason: act.reason });
        }
      };
      return thenTell(
        actTogether(
          cases.map(({ caseId }) => caseId),
          one,
        ),
      );
    },
  };
}

/** The verdict that a page's address says one has just given; null when it is not one's own. */
export async function readJustDecided(
  { db }: Pick<Deps, "db">,
  c: AppContext,
  caseId: number | undefined,
): Promise<OwnVerdict | null> {
  return caseId === undefined ? null : await readOwnVerdict(db, caseId, currentUser(c).actor);
}
