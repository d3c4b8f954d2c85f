import { Hono } from "hono";
import { z } from "zod";
import {
  countByReason,
  type DeadLetterDetail,
  listDeadLetters,
  readDeadLetter,
} from "../../pipeline/dead-letters/letters.ts";
import {
  cannotRedrive,
  discard,
  discardAll,
  type Handled,
  redrive,
  redriveAll,
} from "../../pipeline/dead-letters/redrive.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { readQuery } from "../api/body.ts";
import { currentUser, mayDo, requireRight } from "../auth/guard.ts";
import { DeadLetterTable, payloadText, ReasonTabs, reasonInWords } from "../components/dead-letters.tsx";
import { formatCount, formatDateTime, sentence } from "../components/format.ts";
import { LettersIcon } from "../components/icons.tsx";
import { Page } from "../components/layout.tsx";
import { Notice } from "../components/notice.tsx";
import { type View, viewOf } from "../components/view.ts";
import { TimesIn } from "../components/when.tsx";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { numberIn, orSayWhy, readForm } from "./form.ts";

/** How long a browser waits for all of a reason to be handed in; the rest waits for another press. */
const BULK_MS = 15_000;

const querySchema = z.object({
  reason: z.string().max(64).optional(),
  state: z.enum(["waiting", "redriven", "discarded"]).default("waiting"),
  before: z.coerce.number().int().positive().optional(),
});
const act = z.enum(["redrive", "discard"]);
const allForm = z.object({
  act,
  reason: z
    .string()
    .max(64)
    .optional()
    .transform((reason) => reason || undefined),
});
const oneForm = z.object({ act: z.enum(["redrive", "mend", "discard"]), payload: z.string().optional() });

/** What somebody typed as a letter's payload. @throws DomainError `invalid_argument` with the place of the fault */
function readPayload(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new DomainError("invalid_argument", `this is no JSON: ${(error as Error).message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new DomainError("invalid_argument", "a payload is a JSON object: { … }");
  }
  return value;
}

function factsOf(letter: DeadLetterDetail, { timeZone }: View): [name: string, value: string][] {
  const { handledAt, handledBy } = letter;
  const facts: [string, string][] = [
    ["Said", letter.error],
    ["Queue", letter.queue],
    ["Came by", letter.source ?? "not said"],
    ["Job", letter.position < 0 ? letter.jobId : `${letter.jobId}, entry ${letter.position + 1}`],
    ["When", formatDateTime(letter.at, timeZone)],
  ];
  if (handledBy && handledAt) {
    const what = letter.state === "redriven" ? "Handed in again" : "Put aside";
    facts.push([what, `by ${handledBy.name}, ${formatDateTime(handledAt, timeZone)}`]);
  }
  return facts;
}

/** `/dead-letters`: what could not be decided, why, and the ways to put it right. */
export function deadLetterRoutes(deps: Deps): Hono<AppEnv> {
  const list = async (
    c: AppContext,
    told?: { readonly done?: { readonly act: z.output<typeof act> } & Handled },
  ): Promise<Response> => {
    const view = viewOf(c);
    const { reason, state, before } = readQuery(c, querySchema);
    const [{ items, nextBefore }, counts, snapshot] = await Promise.all([
      listDeadLetters(
        deps.db,
        { state, ...(reason === undefined ? {} : { reason }) },
        before === undefined ? {} : { before },
      ),
      countByReason(deps.db),
      deps.feed.recent(),
    ]);
    const waiting = counts
      .filter((one) => reason === undefined || one.reason === reason)
      .reduce((sum, { count }) => sum + count, 0);
    const further = new URLSearchParams({ ...(reason ? { reason } : {}), state, before: String(nextBefore) });
    const done = told?.done;
    return await c.html(
      <Page
        title="Dead letters"
        heading="Dead letters"
        sub={
          <>
            Payments that could not be decided, kept until somebody puts them right · <TimesIn view={view} />
          </>
        }
        view={view}
        live="/live/frame"
        reviews={snapshot.stats.reviews}
      >
        {done && (
          <p class="notice" role="status" data-kind="success">
            {formatCount(done.handled)} {done.act === "redrive" ? "handed in again" : "put aside"}.
            {done.left > 0 &&
              ` ${formatCount(done.left)} wait on: ${done.act === "redrive" ? "those that are not kept as they came want to be put right one by one" : "there were too many for one go"}.`}
          </p>
        )}
        <ReasonTabs counts={counts} chosen={reason} state={state} />
        <section class="panel" aria-label="Dead letters">
          {items.length === 0 ? (
            <div class="empty">
              <LettersIcon />
              <p>{state === "waiting" ? "Nothing waits: every payment was decided." : "None so far."}</p>
            </div>
          ) : (
            <DeadLetterTable letters={items} view={view} />
          )}
          {(nextBefore !== null || before !== undefined) && (
            <nav class="pager" aria-label="Pages">
              {before === undefined ? (
                <span></span>
              ) : (
                <a class="button" href="/dead-letters">
                  Newest
                </a>
              )}
              {nextBefore !== null && (
                <a class="button" href={`/dead-letters?${further}`}>
                  Older
                </a>
              )}
            </nav>
          )}
        </section>
        {state === "waiting" && waiting > 0 && mayDo(view.user, "operations.act") && (
          <form class="letter-actions" method="post" action="/dead-letters">
            <input type="hidden" name="reason" value={reason ?? ""} />
            <button type="submit" class="button primary" name="act" value="redrive">
              Hand in again: all {formatCount(waiting)}
            </button>
            <button type="submit" class="button" name="act" value="discard">
              Put all {formatCount(waiting)} aside
            </button>
            <span class="sub">
              {reason === undefined ? "Of every reason." : `${reasonInWords(reason)}.`} What is refused again
              comes back here.
            </span>
          </form>
        )}
      </Page>,
    );
  };

  const show = async (
    c: AppContext,
    letter: DeadLetterDetail,
    again?: { readonly typed: string | undefined; readonly refused: DomainError },
  ): Promise<Response> => {
    const view = viewOf(c);
    const snapshot = await deps.feed.recent();
    const cannot = cannotRedrive(letter);
    const waiting = letter.state === "waiting";
    const payload = again?.typed ?? payloadText(letter.mended ?? letter.payload);
    const may = waiting && mayDo(view.user, "operations.act");
    return await c.html(
      <Page
        title={`Dead letter ${letter.id}`}
        heading={letter.transactionId ?? `Dead letter ${letter.id}`}
        sub={reasonInWords(letter.reason)}
        crumbs={
          <>
            <a href="/dead-letters">Dead letters</a>
            <span aria-hidden="true">/</span>
            <span>{letter.id}</span>
          </>
        }
        view={view}
        live="/live/frame"
        reviews={snapshot.stats.reviews}
      >
        {again && <Notice notice={{ kind: "problem", text: sentence(again.refused.message) }} />}
        <section class="panel" aria-labelledby="letter-title">
          <div class="panel-head">
            <h2 id="letter-title">Why it was not decided</h2>
          </div>
          <dl class="facts">
            {factsOf(letter, view).map(([name, value]) => (
              <div>
                <dt>{name}</dt>
                <dd dir="auto">{value}</dd>
              </div>
            ))}
          </dl>
        </section>
        <form class="panel letter" method="post" action={`/dead-letters/${letter.id}`}>
          <div class="panel-head">
            <h2 id="payload-title">{letter.mended ? "As it was mended" : "What came"}</h2>
            <span class="sub">
              {letter.altered ? "not as it came: card numbers are masked" : "as it came"}
            </span>
          </div>
          <textarea
            name="payload"
            aria-labelledby="payload-title"
            rows={Math.min(40, payload.split("\n").length + 3)}
            spellcheck={false}
            autocomplete="off"
            readonly={!may}
          >
            {payload}
          </textarea>
          {may && (
            <div class="letter-actions">
              <button type="submit" class="button primary" name="act" value="mend">
                Hand in as it stands here
              </button>
              {cannot === undefined && (
                <button type="submit" class="button" name="act" value="redrive">
                  Hand in as it came
                </button>
              )}
              <button type="submit" class="button" name="act" value="discard">
                Put aside
              </button>
              {cannot && <span class="sub">As it came it cannot be handed in: {cannot}.</span>}
            </div>
          )}
        </form>
      </Page>,
    );
  };

  return new Hono<AppEnv>()
    .get("/dead-letters", requireRight("operations.read"), (c) => list(c))
    .post("/dead-letters", requireRight("operations.act"), async (c) => {
      const form = await readForm(c, allForm);
      const until = performance.now() + BULK_MS;
      const all = form.act === "redrive" ? redriveAll : discardAll;
      const filter = form.reason === undefined ? {} : { reason: form.reason };
      const handled = await all(deps.db, currentUser(c).actor, filter, () => performance.now() < until);
      deps.feed.nudge();
      return await list(c, { done: { act: form.act, ...handled } });
    })
    .get("/dead-letters/:id", requireRight("operations.read"), async (c) =>
      show(c, await readDeadLetter(deps.db, numberIn(c, "id", "dead letter"))),
    )
    .post("/dead-letters/:id", requireRight("operations.act"), async (c) => {
      const id = numberIn(c, "id", "dead letter");
      const form = await readForm(c, oneForm);
      const { actor } = currentUser(c);
      return await orSayWhy(
        async () => {
          if (form.act === "discard") await discard(deps.db, actor, id);
          else if (form.act === "redrive") await redrive(deps.db, actor, id);
          else await redrive(deps.db, actor, id, readPayload(form.payload ?? ""));
          deps.feed.nudge();
          return c.redirect("/dead-letters", 303);
        },
        async (refused) => show(c, await readDeadLetter(deps.db, id), { typed: form.payload, refused }),
      );
    });
}
