import { Hono } from "hono";
import type { Child } from "hono/jsx";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { z } from "zod";
import { type CasePage, readCase } from "../../pipeline/review/case-page.ts";
import { claimCase, releaseCase } from "../../pipeline/review/claim.ts";
import { decideCase } from "../../pipeline/review/decide.ts";
import { DomainError } from "../../platform/errors.ts";
import { invalid } from "../api/body.ts";
import { toHttpFailure } from "../api/problem.ts";
import { reviewNote } from "../api/schemas.ts";
import { currentUser, requireRole } from "../auth/guard.ts";
import { CaseContent, type CaseNotice } from "../components/case-content.tsx";
import { Page } from "../components/layout.tsx";
import { Tier } from "../components/risk.tsx";
import { viewOf } from "../components/view.ts";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { frameFragments, render, whenQueueChanges } from "../live/fragments.tsx";
import { announceReview } from "../live/review-news.ts";
import { streamFragments } from "../live/stream.ts";

const caseIdSchema = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);

/** The form of the decision; browsers send line ends as CRLF. */
const decisionForm = z.object({
  verdict: z.enum(["fraud", "legitimate"], "choose fraud or legitimate"),
  note: reviewNote.default("").transform((note) => note.replaceAll("\r\n", "\n").trim()),
});

/** @throws DomainError `not_found`: a path that is no number names no case */
function caseIdOf(c: AppContext): number {
  const parsed = caseIdSchema.safeParse(c.req.param("id"));
  if (!parsed.success) throw new DomainError("not_found", "there is no such case");
  return parsed.data;
}

/** `/reviews/:id`: one case, from claim to verdict. */
export function reviewCaseRoutes(deps: Deps): Hono<AppEnv> {
  /** The whole page, or for htmx the case alone, as it is now. */
  const show = async (
    c: AppContext,
    status: ContentfulStatusCode = 200,
    notice?: CaseNotice,
  ): Promise<Response> => {
    const page = await readCase(deps.db, caseIdOf(c));
    const view = viewOf(c);
    const content = <CaseContent page={page} view={view} notice={notice} />;
    if (c.req.header("hx-request") === "true") return c.html(content, status);
    const snapshot = await deps.feed.current();
    return c.html(
      <Page
        title={`Case ${page.case.caseId}`}
        heading={<Heading page={page} />}
        crumbs={
          <>
            <a href="/reviews">Review queue</a>
            <span aria-hidden="true">/</span>
            <span>Case {page.case.caseId}</span>
          </>
        }
        view={view}
        live={`/live/reviews/${page.case.caseId}`}
        reviews={snapshot.stats.reviews}
      >
        {content}
      </Page>,
      status,
    );
  };

  /** Does something to the case and shows it as it then is; a conflict is shown kindly, with what happened instead. */
  const act = async (
    c: AppContext,
    work: (caseId: number, actor: string) => Promise<void>,
  ): Promise<Response> => {
    const htmx = c.req.header("hx-request") === "true";
    try {
      await work(caseIdOf(c), currentUser(c).name);
      return htmx ? await show(c) : c.redirect(`/reviews/${caseIdOf(c)}`, 303);
    } catch (error) {
      if (!(error instanceof DomainError) || !["conflict", "invalid_argument"].includes(error.code))
        throw error;
      const { status } = toHttpFailure(error);
      const text =
        error.code === "conflict"
          ? `Somebody was faster: ${error.message}. Nothing of yours was saved.`
          : error.message;
      const { note } = await c.req.parseBody();
      return await show(c, status, { kind: "problem", text, ...(typeof note === "string" ? { note } : {}) });
    }
  };

  return new Hono<AppEnv>()
    .get("/reviews/:id", requireRole("viewer"), (c) => show(c))
    .post("/reviews/:id/claim", requireRole("analyst"), (c) =>
      act(c, async (caseId, actor) => {
        await claimCase(deps.db, caseId, actor);
        announceReview(deps, caseId, "claimed", actor);
      }),
    )
    .post("/reviews/:id/release", requireRole("analyst"), (c) =>
      act(c, async (caseId, actor) => {
        await releaseCase(deps.db, caseId, actor);
        announceReview(deps, caseId, "released", actor);
      }),
    )
    .post("/reviews/:id/decide", requireRole("analyst"), (c) =>
      act(c, async (caseId, actor) => {
        const form = decisionForm.safeParse(await c.req.parseBody());
        if (!form.success) throw invalid(form.error);
        await decideCase(deps.db, { caseId, actor, verdict: form.data.verdict, note: form.data.note });
        deps.metrics.decisions.inc({ verdict: form.data.verdict });
        announceReview(deps, caseId, "decided", actor);
      }),
    )
    .get("/live/reviews/:id", requireRole("viewer"), async (c) => {
      const view = viewOf(c);
      const caseId = caseIdOf(c);
      await readCase(deps.db, caseId);
      const drawCase = whenQueueChanges(deps.feed, async () => {
        const page = await readCase(deps.db, caseId);
        return await render(
          <hx-partial hx-target="#case" hx-swap="outerMorph">
            <CaseContent page={page} view={view} />
          </hx-partial>,
        );
      });
      return streamFragments(c, deps, async () => {
        if (deps.feed.failing) throw new Error("the database does not answer");
        const snapshot = deps.feed.snapshot ?? (await deps.feed.current());
        return (await render(frameFragments(snapshot))) + (await drawCase());
      });
    });
}

function Heading({ page }: { readonly page: CasePage }): Child {
  return (
    <span class="title-row">
      Case {page.case.caseId} <Tier tier={page.case.riskTier} />
    </span>
  );
}
