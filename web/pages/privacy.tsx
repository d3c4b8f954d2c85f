import { Hono } from "hono";
import { z } from "zod";
import { listProposals } from "../../pipeline/accounts/approvals.ts";
import { decideErasure, listErasures, proposeErasure } from "../../pipeline/privacy/erasures.ts";
import { findSubject } from "../../pipeline/privacy/find.ts";
import { type Held, liftHold, listHolds, putHold } from "../../pipeline/privacy/holds.ts";
import { givenSubject, type Subject } from "../../pipeline/privacy/subject.ts";
import type { DomainError } from "../../platform/process/errors.ts";
import { personFile } from "../api/privacy.ts";
import { currentUser, mayDo, requireRight } from "../auth/guard.ts";
import { Refused } from "../components/form.tsx";
import { Page } from "../components/layout.tsx";
import { Erasures, FoundPanel, Holds, WhoFields } from "../components/privacy.tsx";
import { Proposals } from "../components/proposals.tsx";
import { viewOf } from "../components/view.ts";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { numberIn, orSayWhy, readForm } from "./form.ts";

const DAY_MS = 86_400_000;

const who = { entity: z.string().trim(), id: z.string().trim() };
const whoForm = z.object(who);
const eraseForm = z.object({ ...who, reason: z.string() });
const liftForm = z.object({ reason: z.string() });
const day = z.iso.date("choose a day");
const reason = z.string();
const holdForm = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("entity"), ...who, reason }),
  z.object({
    kind: z.literal("case"),
    case: z.coerce.number("type a case's number").int().positive("type a case's number"),
    reason,
  }),
  z.object({ kind: z.literal("time"), from: day, to: day, reason }),
]);

function heldBy(form: z.output<typeof holdForm>): Held {
  if (form.kind === "entity") return { kind: "entity", subject: givenSubject(form.entity, form.id) };
  if (form.kind === "case") return { kind: "case", caseId: form.case };
  return {
    kind: "time",
    since: new Date(form.from),
    until: new Date(Date.parse(form.to) + DAY_MS),
  };
}

/** What the page shows beside holds and erasures. */
interface Shown {
  readonly subject?: Subject | undefined;
  readonly typed?: Partial<Subject> | undefined;
  readonly done?: string;
  /** Refused: what was asked of the subject, or of the search where there is none. */
  readonly refused?: DomainError;
  /** … of a hold. */
  readonly holdRefused?: DomainError;
}

/** `/privacy`: one person's data, seen, taken out and erased; legal holds. Ids come by POST: no address has them. */
export function privacyRoutes(deps: Deps): Hono<AppEnv> {
  const show = async (c: AppContext, shown: Shown = {}): Promise<Response> => {
    const view = viewOf(c);
    const { subject, refused } = shown;
    const [found, holds, erasures, waiting, snapshot] = await Promise.all([
      subject && findSubject(deps.db, subject),
      listHolds(deps.db),
      listErasures(deps.db),
      listProposals(deps.db, "data.erase"),
      deps.feed.recent(),
    ]);
    const mayHold = mayDo(view.user, "data.hold");
    const mayErase = mayDo(view.user, "data.erase");
    return await c.html(
      <Page
        title="Privacy"
        heading="Privacy"
        sub="One person's data: seen, taken out, erased, or kept by a legal hold"
        view={view}
        live="/live/frame"
        reviews={snapshot.stats.reviews}
      >
        {shown.done !== undefined && (
          <p class="notice" role="status" data-kind="success">
            {shown.done}
          </p>
        )}
        <form class="panel" method="post" action="/privacy/find" aria-labelledby="find-title">
          <div class="panel-head">
            <h2 id="find-title">Whose data</h2>
          </div>
          <div class="panel-body form">
            {!found && <Refused refused={refused} />}
            <WhoFields typed={subject ?? shown.typed} refused={found ? undefined : refused} />
            <div>
              <button type="submit" class="button primary">
                Look
              </button>
            </div>
          </div>
        </form>
        {subject && found && (
          <FoundPanel
            subject={subject}
            found={found}
            mayErase={mayErase}
            mayHold={mayHold}
            refused={refused}
          />
        )}
        {waiting.length > 0 && (
          <Proposals
            title="Erasures that wait for a second person"
            proposals={waiting}
            view={view}
            at="/privacy/proposals"
            agree="Agree"
            mayAnswer={mayErase}
            what={({ subject: erasure, detail }) => (
              <strong>{`${erasure.replace(":", " ")}, a ${String(detail["entity"])}: ${String(detail["reason"])}`}</strong>
            )}
          />
        )}
        <Holds holds={holds} view={view} mayHold={mayHold} refused={shown.holdRefused} />
        <Erasures erasures={erasures} view={view} />
      </Page>,
    );
  };

  const decide = async (c: AppContext, approve: boolean): Promise<Response> => {
    await decideErasure(deps.db, numberIn(c, "id", "proposal"), approve, currentUser(c).actor);
    return c.redirect("/privacy", 303);
  };

  return new Hono<AppEnv>()
    .get("/privacy", requireRight("privacy.export"), (c) => show(c))
    .post("/privacy/find", requireRight("privacy.export"), async (c) => {
      const form = await readForm(c, whoForm);
      return await orSayWhy(
        () => show(c, { subject: givenSubject(form.entity, form.id) }),
        (refused) => show(c, { typed: form, refused }),
      );
    })
    .post("/privacy/export", requireRight("privacy.export"), async (c) =>
      personFile(c, deps, await readForm(c, whoForm)),
    )
    .post("/privacy/erase", requireRight("data.erase"), async (c) => {
      const form = await readForm(c, eraseForm);
      const subject = givenSubject(form.entity, form.id);
      return await orSayWhy(
        async () => {
          const id = await proposeErasure(deps.db, subject, form.reason, currentUser(c).actor);
          return await show(c, { done: `Erasure ${id} waits for a second person.` });
        },
        (refused) => show(c, { subject, refused }),
      );
    })
    .post("/privacy/proposals/:id/approve", requireRight("data.erase"), (c) => decide(c, true))
    .post("/privacy/proposals/:id/refuse", requireRight("data.erase"), (c) => decide(c, false))
    .post("/privacy/holds", requireRight("data.hold"), async (c) => {
      const form = await readForm(c, holdForm);
      return await orSayWhy(
        async () => {
          const id = await putHold(deps.db, heldBy(form), form.reason, currentUser(c).actor);
          return await show(c, { done: `Hold ${id} stands.` });
        },
        (refused) =>
          form.kind === "entity"
            ? show(c, { subject: givenSubject(form.entity, form.id), refused })
            : show(c, { holdRefused: refused }),
      );
    })
    .post("/privacy/holds/:id/lift", requireRight("data.hold"), async (c) => {
      const id = numberIn(c, "id", "hold");
      const form = await readForm(c, liftForm);
      return await orSayWhy(
        async () => {
          await liftHold(deps.db, id, form.reason, currentUser(c).actor);
          return await show(c, { done: `Hold ${id} is lifted.` });
        },
        (refused) => show(c, { holdRefused: refused }),
      );
    });
}
