import { Hono } from "hono";
import type { FC } from "hono/jsx";
import { z } from "zod";
import { CARE_ACTS, type CareAct, careFor } from "../../pipeline/queue-care/care.ts";
import { type QueueStatus, type QueuesStatus, readQueues } from "../../pipeline/queue-care/status.ts";
import { currentUser, mayDo, requireRight } from "../auth/guard.ts";
import { formatCount } from "../components/format.ts";
import { Page } from "../components/layout.tsx";
import { viewOf } from "../components/view.ts";
import { TimesIn, When } from "../components/when.tsx";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { readForm } from "./form.ts";

const careForm = z.object({ act: z.enum(CARE_ACTS) });

const DONE: Readonly<Record<CareAct, string>> = {
  pause: "Paused: workers end what they have in work and take nothing more.",
  drain: "Draining: the doors take nothing more, workers go on until nothing is left.",
  resume: "Workers take payments, and the doors are open.",
};

const Sources: FC<{ readonly queue: QueueStatus; readonly view: ReturnType<typeof viewOf> }> = ({
  queue: { name, sources, read, waiting },
  view,
}) => (
  <div class="table-wrap">
    <table class="audit">
      <caption class="visually-hidden">What waits in {name}, by source</caption>
      <thead>
        <tr>
          <th scope="col">Source</th>
          <th scope="col">Jobs</th>
          <th scope="col">The oldest since</th>
        </tr>
      </thead>
      <tbody>
        {sources.map(({ source, jobs, oldest }) => (
          <tr>
            <td>{source}</td>
            <td>{formatCount(jobs)}</td>
            <td class="nowrap">
              <When at={oldest} view={view} style="short" />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
    {read < waiting && <p class="panel-foot">By source, of the first {formatCount(read)} that come next.</p>}
  </div>
);

const QueuePanel: FC<{ readonly queue: QueueStatus; readonly view: ReturnType<typeof viewOf> }> = ({
  queue,
  view,
}) => {
  const { name, paused, waiting, active, delayed, failed, oldest } = queue;
  const counts: [string, number][] = [
    ["Wait", waiting],
    ["In work", active],
    ["To be tried again", delayed],
    ["Given up, on their way to the dead letters", failed],
  ];
  return (
    <section class="panel" aria-labelledby={`queue-${name}`}>
      <div class="panel-head">
        <h2 id={`queue-${name}`}>{name}</h2>
        <span class="sub">{paused ? "paused" : "workers take from it"}</span>
      </div>
      <dl class="facts">
        {counts.map(([what, count]) => (
          <div>
            <dt>{what}</dt>
            <dd>{formatCount(count)}</dd>
          </div>
        ))}
        {oldest && (
          <div>
            <dt>The oldest waits since</dt>
            <dd>
              <When at={oldest} view={view} style="full" />
            </dd>
          </div>
        )}
      </dl>
      {queue.sources.length > 0 && <Sources queue={queue} view={view} />}
    </section>
  );
};

const Care: FC<{ readonly status: QueuesStatus }> = ({ status: { queues, closed } }) => {
  const stopped = closed !== undefined || queues.some(({ paused }) => paused);
  return (
    <form class="letter-actions" method="post" action="/queues">
      {stopped ? (
        <button type="submit" class="button primary" name="act" value="resume">
          Resume
        </button>
      ) : (
        <>
          <button type="submit" class="button" name="act" value="pause">
            Pause
          </button>
          <button type="submit" class="button" name="act" value="drain">
            Drain
          </button>
        </>
      )}
      <span class="sub">
        Paused, doors take payments until the queue is full; drained, they take none (503) until it is
        resumed. Payments that are decided while a customer waits go on either way.
      </span>
    </form>
  );
};

/** `/queues`: what waits for workers, for how long and of which source; pausing, draining, and the way to the board. */
export function queueRoutes(deps: Deps): Hono<AppEnv> {
  const prefix = deps.config.REDIS_PREFIX;
  const show = async (c: AppContext, done?: CareAct): Promise<Response> => {
    const view = viewOf(c);
    const [status, snapshot] = await Promise.all([
      readQueues([...deps.transactions.queues, deps.decisions], prefix),
      deps.feed.recent(),
    ]);
    return await c.html(
      <Page
        title="Queues"
        heading="Queues"
        sub={
          <>
            What waits for workers · <TimesIn view={view} /> ·{" "}
            <a href="/queues/board">every job, in bull-board</a>
          </>
        }
        view={view}
        live="/live/frame"
        reviews={snapshot.stats.reviews}
      >
        {done && (
          <p class="notice" role="status" data-kind="success">
            {DONE[done]}
          </p>
        )}
        {status.closed && (
          <p class="notice" role="status">
            The doors are closed: {status.closed.closedBy} drains the queue, since{" "}
            <When at={new Date(status.closed.closedAt)} view={view} style="full" />.
          </p>
        )}
        {status.queues.map((queue) => (
          <QueuePanel queue={queue} view={view} />
        ))}
        {mayDo(view.user, "operations.act") && <Care status={status} />}
      </Page>,
    );
  };

  return new Hono<AppEnv>()
    .get("/queues", requireRight("operations.read"), (c) => show(c))
    .post("/queues", requireRight("operations.act"), async (c) => {
      const { act } = await readForm(c, careForm);
      await careFor(deps.db, deps.transactions, prefix, act, currentUser(c).actor);
      return await show(c, act);
    });
}
