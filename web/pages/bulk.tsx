import { Hono } from "hono";
import type { FC } from "hono/jsx";
import { z } from "zod";
import { SNOOZE_MINUTES } from "../../domain/review-cases.ts";
import { VERDICTS } from "../../domain/verdicts.ts";
import { check } from "../../pipeline/doors/json.ts";
import { type Assignee, listAssignees } from "../../pipeline/review/assign.ts";
import { listQueue } from "../../pipeline/review/queue.ts";
import { type ChosenCase, MOST_TOGETHER, readChosen, type Together } from "../../pipeline/review/together.ts";
import { readQuery } from "../api/body.ts";
import { currentUser, requireRight } from "../auth/guard.ts";
import { caseHref } from "../components/case-links.ts";
import { DoneTogether } from "../components/done-together.tsx";
import { formatAmount, formatCount, SNOOZE_NAME } from "../components/format.ts";
import { Page } from "../components/layout.tsx";
import { VerdictFields } from "../components/verdict-fields.tsx";
import { isYours, type View, viewOf } from "../components/view.ts";
import { Due } from "../components/when.tsx";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { type BulkAct, caseIdParameter, reviewActions } from "../reviews/actions.ts";
import { readFields } from "./form.ts";
import { filterOf, querySchema } from "./queue-query.ts";
import { kindField, several } from "./verdict-fields.ts";

const chosenQuery = z.object({ cases: several(z.array(caseIdParameter).max(MOST_TOGETHER)) });

/** A case with its token, as the preview showed it. */
const shown = z
  .string()
  .regex(/^[1-9]\d{0,15}:\d{1,15}$/, "must be a case and its token")
  .transform((text) => {
    const [caseId, token] = text.split(":").map(Number);
    return { caseId: caseId!, token: token! };
  });

const shownForm = z.object({ cases: several(z.array(shown).min(1, "choose at least one case")) });

const reason = z.string().default("");
const actForm = z.discriminatedUnion("act", [
  z.object({ act: z.literal("assign"), to: z.string().min(1, "choose a person").max(128) }),
  z.object({ act: z.literal("unassign") }).transform(() => ({ act: "assign" as const, to: null })),
  z.object({
    act: z.literal("close"),
    verdict: z.enum(VERDICTS, "choose fraud or legitimate"),
    kind: kindField,
    reason,
  }),
  z.object({
    act: z.literal("snooze"),
    minutes: z.coerce.number().pipe(z.literal([...SNOOZE_MINUTES])),
    reason,
  }),
  z.object({ act: z.literal("refer"), reason }),
]);

/** `/reviews/bulk`: what would happen to the cases that somebody chose, and then it does. */
export function bulkRoutes(deps: Deps): Hono<AppEnv> {
  const actions = reviewActions(deps);

  const show = async (c: AppContext, caseIds: readonly number[], done?: Together<unknown>) => {
    const view = viewOf(c);
    const [cases, assignees, snapshot] = await Promise.all([
      readChosen(deps.db, caseIds),
      listAssignees(deps.db),
      deps.feed.recent(),
    ]);
    return c.html(
      <Page
        title="Many cases at once"
        heading="Many cases at once"
        sub="each is changed by itself, and audited"
        crumbs={<a href="/reviews">Review queue</a>}
        view={view}
        reviews={snapshot.stats.reviews}
      >
        {done && <DoneTogether done={done} words="done" />}
        <Preview cases={cases} assignees={assignees} view={view} />
      </Page>,
    );
  };

  return new Hono<AppEnv>()
    .get("/reviews/bulk", requireRight("reviews.bulk"), async (c) => {
      const { cases } = check(chosenQuery, { cases: c.req.queries("cases") });
      if (cases.length > 0) return await show(c, cases);
      const filter = filterOf(readQuery(c, querySchema), currentUser(c));
      const { items } = await listQueue(deps.db, { ...filter, limit: MOST_TOGETHER, offset: 0 });
      return await show(
        c,
        items.map(({ caseId }) => caseId),
      );
    })
    .post("/reviews/bulk", requireRight("reviews.bulk"), async (c) => {
      const body = await c.req.parseBody({ all: true });
      const { cases } = readFields(shownForm, body);
      const act: BulkAct = readFields(actForm, body);
      const done = await actions.together(c, cases, act);
      return await show(
        c,
        cases.map(({ caseId }) => caseId),
        done,
      );
    });
}

/** Why a case would be left as it is; null when it would not. */
function whyLeft({ status, claimedBy, decidedBy }: ChosenCase, view: View): string | null {
  if (status === "decided") return `decided by ${isYours(decidedBy, view) ? "you" : decidedBy?.name}`;
  return claimedBy === null || isYours(claimedBy, view) ? null : `${claimedBy.name} has it`;
}

interface PreviewProps {
  readonly cases: readonly ChosenCase[];
  readonly assignees: readonly Assignee[];
  readonly view: View;
}

const Preview: FC<PreviewProps> = ({ cases, assignees, view }) => {
  const free = cases.filter((item) => whyLeft(item, view) === null);
  const left = cases.length - free.length;
  return (
    <form method="post" action="/reviews/bulk">
      <section class="panel" aria-label="Cases">
        <div class="panel-head">
          <h2>
            {formatCount(free.length)} can be changed{left > 0 && `, ${formatCount(left)} would be left`}
          </h2>
          <span class="sub">at most {MOST_TOGETHER} at once</span>
        </div>
        {cases.length === 0 ? (
          <p class="panel-body soft">No case was chosen, or none matches any more.</p>
        ) : (
          <div class="table-wrap">
            <table>
              <thead>
                <tr>
                  <th scope="col">Change</th>
                  <th scope="col">Case</th>
                  <th scope="col">Due in</th>
                  <th scope="col" class="number">
                    Amount
                  </th>
                </tr>
              </thead>
              <tbody>
                {cases.map((item) => (
                  <Row item={item} left={whyLeft(item, view)} />
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
      {free.length > 0 && <Acts assignees={assignees} />}
    </form>
  );
};

const Row: FC<{ readonly item: ChosenCase; readonly left: string | null }> = ({ item, left }) => (
  <tr>
    <td>
      {left === null ? (
        <label class="check">
          <input type="checkbox" name="cases" value={`${item.caseId}:${item.token}`} checked />
          <span class="visually-hidden">Case {item.caseId}</span>
        </label>
      ) : (
        <span class="faint small">{left}</span>
      )}
    </td>
    <td>
      <a href={caseHref(item.caseId, undefined)}>#{item.caseId}</a>
      {item.assignedTo && <span class="second">for {item.assignedTo.name}</span>}
    </td>
    <td>{item.status === "open" ? <Due at={item.dueAt} /> : <span class="faint">decided</span>}</td>
    <td class="number strong">{formatAmount(item.amount, item.currency)}</td>
  </tr>
);

/** What can be done to the ticked cases; each button does what stands above it. */
const Acts: FC<{ readonly assignees: readonly Assignee[] }> = ({ assignees }) => (
  <section class="panel decide bulk-acts" aria-label="What is done to them">
    <p>A case that somebody takes, decides or assigns meanwhile is left as it is then.</p>
    <label class="field">
      Reason, for the record of each
      <textarea name="reason" rows={2} dir="auto"></textarea>
    </label>
    <fieldset>
      <legend>Assign</legend>
      <label class="field">
        To
        <select name="to">
          <option value="">choose a person</option>
          {assignees.map(({ name, displayName }) => (
            <option value={name}>{displayName ?? name}</option>
          ))}
        </select>
      </label>
      <button type="submit" class="button" name="act" value="assign">
        Assign the ticked
      </button>
      <button type="submit" class="button" name="act" value="unassign">
        Make them nobody's
      </button>
    </fieldset>
    <fieldset>
      <legend>Put off</legend>
      <label class="field">
        For
        <select name="minutes">
          {SNOOZE_MINUTES.map((minutes) => (
            <option value={String(minutes)}>{SNOOZE_NAME[minutes]}</option>
          ))}
        </select>
      </label>
      <button type="submit" class="button" name="act" value="snooze">
        Snooze the ticked
      </button>
    </fieldset>
    <fieldset>
      <legend>Hand to leads, with the reason above</legend>
      <button type="submit" class="button" name="act" value="refer">
        Escalate the ticked
      </button>
    </fieldset>
    <fieldset>
      <legend>Close</legend>
      <VerdictFields />
      <button type="submit" class="button" name="act" value="close">
        Close the ticked
      </button>
    </fieldset>
  </section>
);
