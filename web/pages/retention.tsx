import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import type { FC } from "hono/jsx";
import { z } from "zod";
import {
  type Keeping,
  type KeepingPlan,
  type Kept,
  keepAndDrop,
  readKeepingPlan,
} from "../../pipeline/retention/plan.ts";
import { currentUser, requireRight } from "../auth/guard.ts";
import { formatCount } from "../components/format.ts";
import { Page } from "../components/layout.tsx";
import { viewOf } from "../components/view.ts";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { readForm } from "./form.ts";

/** What a browser waits for: of decisions that are to be redacted, so many slices of a thousand. */
const SLICES = 20;

const runForm = z.object({ sure: z.literal("yes", "say that you are sure") });

const dayOf = (at: Date): string => at.toISOString().slice(0, 10);
const monthOf = (from: Date): string => from.toISOString().slice(0, 7);

const Months: FC<{ readonly plan: KeepingPlan }> = ({ plan: { months } }) => (
  <section class="panel" aria-labelledby="months-title">
    <div class="panel-head">
      <h2 id="months-title">Months of decisions</h2>
      <span class="sub">with their cases, timelines and labels; what they counted stays counted</span>
    </div>
    {months.length === 0 ? (
      <p class="panel-body soft">Nothing was decided yet.</p>
    ) : (
      <div class="table-wrap">
        <table class="audit">
          <caption class="visually-hidden">Months of decisions, the oldest first</caption>
          <thead>
            <tr>
              <th scope="col">Month (UTC)</th>
              <th scope="col">Decisions</th>
              <th scope="col">What becomes of it</th>
            </tr>
          </thead>
          <tbody>
            {months.map(({ from, decisions, expired, goesAt, keptBecause }) => (
              <tr>
                <td class="nowrap">{monthOf(from)}</td>
                <td>{formatCount(decisions)}</td>
                <td>
                  {!expired
                    ? `goes on ${dayOf(goesAt)}`
                    : keptBecause === null
                      ? "would go now"
                      : `too old, and stays: ${keptBecause}`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    )}
  </section>
);

const Rest: FC<{ readonly plan: KeepingPlan }> = ({ plan }) => {
  const { aged, redaction, retentionDays, redactAfterDays } = plan;
  const facts: [string, string][] = [
    ["Kept for", `${formatCount(retentionDays)} days (RETENTION_DAYS)`],
    ...aged.map(({ title, rows }): [string, string] => [
      `Too old: ${title}`,
      `${formatCount(rows)} would go now`,
    ]),
    [
      "Redacted after",
      redactAfterDays === undefined
        ? "never before it is dropped (REDACT_AFTER_DAYS is not set)"
        : `${formatCount(redactAfterDays)} days (REDACT_AFTER_DAYS)`,
    ],
  ];
  if (redaction) {
    facts.push([
      "To be redacted now",
      `${formatCount(redaction.decisions)}${redaction.more ? " or more" : ""} decisions, ${formatCount(redaction.imported)} imported payments, ${formatCount(redaction.deadLetters)} dead letters`,
    ]);
    if (redaction.left > 0) {
      facts.push([
        "Old enough, and stays whole",
        `${formatCount(redaction.left)} decisions: a legal hold keeps them, or their case is open`,
      ]);
    }
  }
  return (
    <section class="panel" aria-labelledby="rest-title">
      <div class="panel-head">
        <h2 id="rest-title">What is kept how long</h2>
      </div>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
};

/** Whether a run would do anything. */
function hasWork({ months, aged, redaction }: KeepingPlan): boolean {
  const due = redaction ? redaction.decisions + redaction.imported + redaction.deadLetters : 0;
  return (
    due > 0 || aged.length > 0 || months.some(({ expired, keptBecause }) => expired && keptBecause === null)
  );
}

function inWords({ months, aged, redacted }: Kept): string {
  const gone = months.filter(({ keptBecause }) => keptBecause === null).map(({ from }) => monthOf(from));
  const parts = [
    gone.length > 0 ? `dropped ${gone.join(", ")}` : "",
    ...aged.map(({ title, rows }) => `dropped ${formatCount(rows)} ${title}`),
    redacted.decisions > 0 ? `redacted ${formatCount(redacted.decisions)} decisions` : "",
    redacted.imported > 0 ? `redacted ${formatCount(redacted.imported)} imported payments` : "",
    redacted.deadLetters > 0 ? `redacted ${formatCount(redacted.deadLetters)} dead letters` : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? "Nothing was to be done." : `Done: ${parts.join("; ")}.`;
}

/** `/retention`: what is kept until when, what keeps it, and to drop and redact now. */
export function retentionRoutes(deps: Deps): Hono<AppEnv> {
  const keeping: Keeping = {
    retentionDays: deps.config.RETENTION_DAYS,
    redactAfterDays: deps.config.REDACT_AFTER_DAYS,
  };
  const show = async (c: AppContext, done?: Kept): Promise<Response> => {
    const [plan, snapshot] = await Promise.all([readKeepingPlan(deps.db, keeping), deps.feed.recent()]);
    return await c.html(
      <Page
        title="Retention"
        heading="Retention"
        sub="What is kept until when; a worker does what is due every minute"
        view={viewOf(c)}
        live="/live/frame"
        reviews={snapshot.stats.reviews}
      >
        {done && (
          <p class="notice" role="status" data-kind="success">
            {inWords(done)}
          </p>
        )}
        <Rest plan={plan} />
        <Months plan={plan} />
        {hasWork(plan) && (
          <form class="letter-actions" method="post" action="/retention">
            <label class="check">
              <input type="checkbox" name="sure" value="yes" required /> This cannot be undone; I am sure
            </label>
            <button type="submit" class="button primary">
              Drop and redact now
            </button>
          </form>
        )}
      </Page>,
    );
  };

  return new Hono<AppEnv>()
    .get("/retention", requireRight("data.retention"), (c) => show(c))
    .post("/retention", requireRight("data.retention"), async (c) => {
      await readForm(c, runForm);
      const by = { slices: SLICES, actor: currentUser(c).actor };
      return await show(c, await keepAndDrop(deps.db, keeping, randomUUID(), by));
    });
}
