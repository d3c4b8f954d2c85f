import { Hono } from "hono";
import { z } from "zod";
import { VERDICTS } from "../../domain/verdicts.ts";
import { check } from "../../pipeline/doors/json.ts";
import { readCase } from "../../pipeline/review/case-page.ts";
import { listLinkedCases } from "../../pipeline/review/linked.ts";
import { MOST_TOGETHER, type Together } from "../../pipeline/review/together.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { readQuery } from "../api/body.ts";
import { requireRight } from "../auth/guard.ts";
import { caseHref } from "../components/case-links.ts";
import { DoneTogether } from "../components/done-together.tsx";
import { formatAmount, formatCount } from "../components/format.ts";
import { Page } from "../components/layout.tsx";
import { VerdictFields } from "../components/verdict-fields.tsx";
import { isYours, viewOf } from "../components/view.ts";
import { When } from "../components/when.tsx";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { caseIdIn, caseIdParameter, reviewActions } from "../reviews/actions.ts";
import { kindField, several } from "./verdict-fields.ts";

const linkedQuery = z.object({ by: z.string().min(1).max(64) });

const closeForm = z.object({
  cases: several(z.array(caseIdParameter)),
  verdict: z.enum(VERDICTS, "choose fraud or legitimate"),
  kind: kindField,
  note: z.string().default(""),
});

/** `/reviews/:id/linked?by=card`: the open cases that have something in common with a case, and one verdict for all. */
export function linkedCaseRoutes(deps: Deps): Hono<AppEnv> {
  const actions = reviewActions(deps);

  const show = async (c: AppContext, done?: Together<unknown>): Promise<Response> => {
    const { by } = readQuery(c, linkedQuery);
    const view = viewOf(c);
    const caseId = caseIdIn(c);
    if (caseId === undefined) throw new DomainError("not_found", "there is no such case");
    const page = await readCase(deps.db, caseId);
    const shared = page.neighbours.find(({ entity }) => entity === by);
    if (!shared) throw new DomainError("not_found", `the payment of case ${caseId} has no ${by}`);
    const [linked, snapshot] = await Promise.all([listLinkedCases(deps.db, shared), deps.feed.recent()]);
    const name = by.replaceAll("_", " ");
    const free = linked.filter(({ claimedBy }) => claimedBy === null || isYours(claimedBy, view));
    return c.html(
      <Page
        title={`Open cases of one ${name}`}
        heading={`Open cases of one ${name}`}
        sub={<span class="mono">{shared.id}</span>}
        crumbs={
          <>
            <a href={caseHref(caseId, undefined)}>Case {caseId}</a>
            <span aria-hidden="true">/</span>
            <span>Same {name}</span>
          </>
        }
        view={view}
        reviews={snapshot.stats.reviews}
      >
        {done && <DoneTogether done={done} words="closed" />}
        <form method="post" action={`/reviews/${caseId}/linked?by=${encodeURIComponent(by)}`}>
          <section class="panel" aria-label="Cases">
            {linked.length === 0 ? (
              <p class="panel-body soft">No case of this {name} is open.</p>
            ) : (
              <div class="table-wrap">
                <table>
                  <thead>
                    <tr>
                      <th scope="col">Close</th>
                      <th scope="col">Case</th>
                      <th scope="col">Paid</th>
                      <th scope="col" class="number">
                        Amount
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {linked.map((item) => (
                      <tr>
                        <td>
                          {free.includes(item) ? (
                            <label class="check">
                              <input type="checkbox" name="cases" value={String(item.caseId)} checked />
                              <span class="visually-hidden">Case {item.caseId}</span>
                            </label>
                          ) : (
                            <span class="faint small">{item.claimedBy?.name} has it</span>
                          )}
                        </td>
                        <td>
                          <a href={caseHref(item.caseId, undefined)}>#{item.caseId}</a>
                        </td>
                        <td>
                          <When at={item.eventTime} view={view} style="short" />
                        </td>
                        <td class="number strong">{formatAmount(item.amount, item.currency)}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            )}
          </section>
          {free.length > 0 && (
            <section class="panel decide" aria-label="Verdict">
              <p>
                One verdict for the {formatCount(free.length)} ticked above, at most {MOST_TOGETHER} at once.
                A case that somebody takes or decides meanwhile is left to them.
              </p>
              <VerdictFields />
              <label class="field">
                Note for the record
                <textarea name="note" rows={3} dir="auto"></textarea>
              </label>
              <button type="submit" class="button primary large">
                Close them
              </button>
            </section>
          )}
        </form>
      </Page>,
    );
  };

  return new Hono<AppEnv>()
    .get("/reviews/:id/linked", requireRight("reviews.supervise"), (c) => show(c))
    .post("/reviews/:id/linked", requireRight("reviews.supervise"), async (c) => {
      const { cases, note, ...given } = check(closeForm, await c.req.parseBody({ all: true }));
      const chosen = cases.map((caseId) => ({ caseId }));
      return await show(c, await actions.together(c, chosen, { act: "close", ...given, reason: note }));
    });
}
