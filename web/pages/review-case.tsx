import { Hono } from "hono";
import type { Child } from "hono/jsx";
import { z } from "zod";
import type { TierEdges } from "../../domain/policy/decision-policy.ts";
import { SNOOZE_MINUTES } from "../../domain/review-cases.ts";
import { RISK_TIERS } from "../../domain/tiers.ts";
import { FOLLOW_UPS, VERDICTS } from "../../domain/verdicts.ts";
import { type Assignee, listAssignees } from "../../pipeline/review/assign.ts";
import { type CasePage, readCase } from "../../pipeline/review/case-page.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { readQuery } from "../api/body.ts";
import { toHttpFailure } from "../api/problem.ts";
import { currentUser, mayDo, requireRight } from "../auth/guard.ts";
import { CaseContent } from "../components/case-content.tsx";
import { caseHref } from "../components/case-links.ts";
import { sentence } from "../components/format.ts";
import { JustDecided } from "../components/just-decided.tsx";
import { Page } from "../components/layout.tsx";
import { Notice, type PageNotice } from "../components/notice.tsx";
import { Tier } from "../components/risk.tsx";
import { isYours, type View, viewOf } from "../components/view.ts";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { frameFragments, liveSnapshot, render, whenQueueChanges } from "../fragments/fragments.tsx";
import { streamFragments } from "../fragments/stream.ts";
import { caseIdIn, caseIdParameter, readJustDecided, reviewActions } from "../reviews/actions.ts";
import { readFields, readForm } from "./form.ts";
import { tierEdgesOf } from "./tier-edges.ts";
import { kindField, several } from "./verdict-fields.ts";

const workQuery = z.object({
  tier: z.enum(RISK_TIERS).optional().catch(undefined),
  /** The case that one has just decided. */
  undo: caseIdParameter.optional().catch(undefined),
});

const tokenField = z.coerce.number("must be a whole number").int().min(0).optional();

/** What the note may be is decided where it is recorded. */
const decisionForm = z.object({
  verdict: z.enum(VERDICTS, "choose fraud or legitimate"),
  kind: kindField,
  follow_up: several(z.array(z.enum(FOLLOW_UPS)).max(FOLLOW_UPS.length)),
  note: z.string().default(""),
  token: tokenField,
});

const asideForm = z.object({ reason: z.string().default(""), token: tokenField });
const snoozeForm = asideForm.extend({
  minutes: z.coerce
    .number("choose for how long")
    .refine((minutes) => (SNOOZE_MINUTES as readonly number[]).includes(minutes), "choose for how long"),
});

const correctionForm = z.object({
  verdict: z.enum(VERDICTS, "choose fraud or legitimate"),
  kind: kindField,
  reason: z.string().default(""),
});

const assignForm = z.object({ to: z.string("choose a person").max(128) });

const renewQuery = z.object({ token: tokenField });

/** What happened instead of what the person wanted. */
function refusal(error: DomainError, page: CasePage, view: View, noteKept: boolean): PageNotice {
  const kept = noteKept ? " Your note is kept below." : "";
  if (error.code !== "conflict") {
    return { kind: "problem", text: `Nothing was recorded. ${sentence(error.message)}${kept}` };
  }
  const own = isYours(page.case.decidedBy, view);
  return {
    kind: "problem",
    text: `${own ? "That is done" : "Somebody was faster"}: ${error.message}. Nothing of yours was recorded now.${kept}`,
  };
}

/** @throws DomainError `not_found`: a path that is no number names no case */
function caseIdOf(c: AppContext): number {
  const id = caseIdIn(c);
  if (id === undefined) throw new DomainError("not_found", "there is no such case");
  return id;
}

interface Loaded {
  readonly page: CasePage;
  readonly edges: TierEdges | null;
  readonly assignees: readonly Assignee[] | undefined;
}

/** `/reviews/:id`: one case, from claim to verdict. */
export function reviewCaseRoutes(deps: Deps): Hono<AppEnv> {
  const actions = reviewActions(deps);

  /** A case, where the model that flagged it has its tiers, and for leads whom it can be given to. */
  const load = async (c: AppContext, caseId: number): Promise<Loaded> => {
    const leads = mayDo(currentUser(c), "reviews.supervise");
    const [page, assignees] = await Promise.all([
      readCase(deps.db, caseId),
      leads ? listAssignees(deps.db) : undefined,
    ]);
    return { page, assignees, edges: await tierEdgesOf(deps.scorer, page.decision) };
  };

  /** The whole page, or for htmx the case alone, as it is now; with what was refused and the note that came with it. */
  const show = async (
    c: AppContext,
    refused?: { readonly error: DomainError; readonly note: string | undefined },
  ): Promise<Response> => {
    const loaded = await load(c, caseIdOf(c));
    const { page } = loaded;
    const view = viewOf(c);
    const { tier, undo } = readQuery(c, workQuery);
    const status = refused ? toHttpFailure(refused.error).status : 200;
    const notice = refused && refusal(refused.error, page, view, Boolean(refused.note));
    if (isHtmx(c)) {
      return c.html(
        await render(
          <>
            <CaseContent {...loaded} view={view} tier={tier} />
            {c.req.method === "POST" && (
              <hx-partial hx-target="#case-notices" hx-swap="innerHTML">
                {notice && <Notice notice={notice} />}
              </hx-partial>
            )}
          </>,
        ),
        status,
      );
    }
    const [snapshot, decided] = await Promise.all([deps.feed.recent(), readJustDecided(deps, c, undo)]);
    return c.html(
      <Page
        title={`Case ${page.case.caseId}`}
        heading={<Heading page={page} />}
        crumbs={
          <>
            <a href={tier ? `/reviews?tier=${tier}` : "/reviews"}>Review queue</a>
            <span aria-hidden="true">/</span>
            <span>Case {page.case.caseId}</span>
          </>
        }
        view={view}
        live={`/live${caseHref(page.case.caseId, tier)}`}
        reviews={snapshot.stats.reviews}
      >
        <JustDecided decided={decided} view={view} tier={tier} />
        <CaseContent {...loaded} view={view} tier={tier} notice={notice} note={refused?.note} />
      </Page>,
      status,
    );
  };

  /** The next case, in the tier one works through; where nobody's is left, the queue. Either offers to undo. */
  const onwards = async (c: AppContext, undo?: number): Promise<string> => {
    const { tier } = readQuery(c, workQuery);
    const next = await actions.claimNext(c, tier);
    const query = new URLSearchParams({ ...(tier && { tier }), ...(undo && { undo: String(undo) }) });
    if (!next) query.set("show", "free");
    const path = next ? caseHref(next.caseId, undefined) : "/reviews";
    return query.size === 0 ? path : `${path}?${query}`;
  };

  /**
   * Does something to the case and shows it as it then is, or goes where `work` says; a refusal is shown kindly, and the
   * note is kept.
   */
  const act = async (c: AppContext, work: (caseId: number) => Promise<unknown>): Promise<Response> => {
    let goTo: unknown;
    try {
      goTo = await work(caseIdOf(c));
    } catch (error) {
      if (!(error instanceof DomainError) || !["conflict", "invalid_argument"].includes(error.code))
        throw error;
      const { note } = await c.req.parseBody();
      return await show(c, { error, note: typeof note === "string" ? note : undefined });
    }
    if (typeof goTo === "string") {
      if (!isHtmx(c)) return c.redirect(goTo, 303);
      c.header("hx-redirect", goTo);
      return c.body(null, 200);
    }
    return isHtmx(c) ? await show(c) : c.redirect(caseHref(caseIdOf(c), readQuery(c, workQuery).tier), 303);
  };

  return new Hono<AppEnv>()
    .get("/reviews/:id", requireRight("reviews.read"), (c) => show(c))
    .post("/reviews/:id/claim", requireRight("reviews.decide"), (c) =>
      act(c, (caseId) => actions.claim(c, caseId)),
    )
    .post("/reviews/:id/take-over", requireRight("reviews.supervise"), (c) =>
      act(c, (caseId) => actions.takeOver(c, caseId)),
    )
    .post("/reviews/:id/release", requireRight("reviews.decide"), (c) =>
      act(c, (caseId) => actions.release(c, caseId)),
    )
    .post("/reviews/:id/renew", requireRight("reviews.decide"), async (c) => {
      // Whether it is still theirs is an answer, not a failure: the page hears of it by itself.
      try {
        await actions.renew(c, caseIdOf(c), readQuery(c, renewQuery).token);
        return c.json({ renewed: true });
      } catch (error) {
        if (error instanceof DomainError && error.code === "conflict") return c.json({ renewed: false });
        throw error;
      }
    })
    .post("/reviews/:id/decide", requireRight("reviews.decide"), (c) =>
      act(c, async (caseId) => {
        const { advance, verdict_next, ...body } = await c.req.parseBody({ all: true });
        const form = readFields(decisionForm, {
          ...body,
          verdict: body["verdict"] ?? verdict_next,
          token: body["token"] ?? c.req.query("token"),
        });
        const { follow_up: followUp, ...given } = form;
        await actions.giveVerdict(c, { ...given, followUp, caseId });
        const { back } = c.req.query();
        if (back !== undefined) return queueHref(back, caseId);
        return verdict_next !== undefined || advance === "true" ? await onwards(c, caseId) : undefined;
      }),
    )
    .post("/reviews/:id/undo", requireRight("reviews.decide"), (c) =>
      act(c, (caseId) => actions.undo(c, caseId)),
    )
    .post("/reviews/:id/correct", requireRight("reviews.decide"), (c) =>
      act(c, async (caseId) => {
        await actions.correct(c, { ...(await readForm(c, correctionForm)), caseId });
      }),
    )
    .post("/reviews/:id/snooze", requireRight("reviews.decide"), (c) =>
      act(c, async (caseId) => {
        const { minutes, ...aside } = await readForm(c, snoozeForm);
        await actions.snooze(c, { ...aside, caseId }, minutes);
        return await onwards(c);
      }),
    )
    .post("/reviews/:id/refer", requireRight("reviews.decide"), (c) =>
      act(c, async (caseId) => {
        await actions.refer(c, { ...(await readForm(c, asideForm)), caseId });
        return await onwards(c);
      }),
    )
    .post("/reviews/:id/assign", requireRight("reviews.supervise"), (c) =>
      act(c, async (caseId) => {
        const { to } = await readForm(c, assignForm);
        await actions.assign(c, caseId, to === "" ? null : to);
      }),
    )
    .get("/live/reviews/:id", requireRight("reviews.read"), async (c) => {
      const view = viewOf(c);
      const caseId = caseIdOf(c);
      const { tier } = readQuery(c, workQuery);
      await readCase(deps.db, caseId);
      const drawCase = whenQueueChanges(deps.feed, async () => {
        const loaded = await load(c, caseId);
        return await render(
          <hx-partial hx-target="#case" hx-swap="outerMorph">
            <CaseContent {...loaded} view={view} tier={tier} />
          </hx-partial>,
        );
      });
      return streamFragments(c, deps, async () => {
        const snapshot = await liveSnapshot(deps.feed);
        return (await render(frameFragments(snapshot, c.get("user")))) + (await drawCase());
      });
    });
}

/** The queue with the filters that a verdict was given from. */
function queueHref(filters: string, undo: number): string {
  const query = new URLSearchParams(filters);
  query.set("undo", String(undo));
  return `/reviews?${query}`;
}

function isHtmx(c: AppContext): boolean {
  return c.req.header("hx-request") === "true";
}

function Heading({ page }: { readonly page: CasePage }): Child {
  return (
    <span class="title-row">
      Case {page.case.caseId} <Tier tier={page.case.riskTier} />
    </span>
  );
}
