import { Hono } from "hono";
import { z } from "zod";
import { acknowledgeAlert } from "../../pipeline/alerts/acknowledge.ts";
import { listMessages, listOpenAlerts, listPastAlerts } from "../../pipeline/alerts/lists.ts";
import type { DomainError } from "../../platform/process/errors.ts";
import { readQuery } from "../api/body.ts";
import { cursorOf } from "../api/cursor.ts";
import { currentUser, mayDo, requireRight } from "../auth/guard.ts";
import { AlertTable, AlertTabs, MessageTable } from "../components/alerts.tsx";
import { sentence } from "../components/format.ts";
import { BellIcon } from "../components/icons.tsx";
import { Page } from "../components/layout.tsx";
import { Notice } from "../components/notice.tsx";
import { viewOf } from "../components/view.ts";
import { TimesIn } from "../components/when.tsx";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { numberIn, orSayWhy } from "./form.ts";

const PAGE = 50;

const id = z.coerce.number().int().positive().optional();
const alertsQuery = z.object({ before: id, open_before: id });

const messages = cursorOf(z.object({ at: z.string().max(40), id: z.uuid() }));
const messagesQuery = z.object({ before: messages.parameter.optional() });

/** `/alerts`: what fires, what was, and what was sent of it. */
export function alertRoutes(deps: Deps): Hono<AppEnv> {
  const list = async (c: AppContext, refused?: DomainError): Promise<Response> => {
    const view = viewOf(c);
    const { before, open_before } = readQuery(c, alertsQuery);
    const [open, past, snapshot] = await Promise.all([
      listOpenAlerts(deps.db, { limit: PAGE, before: open_before }),
      listPastAlerts(deps.db, { limit: PAGE, before }),
      deps.feed.recent(),
    ]);
    const mayAct = mayDo(view.user, "operations.act");
    return await c.html(
      <Page
        title="Alerts"
        heading="Alerts"
        sub={
          <>
            What somebody should know now, and what was · <TimesIn view={view} />
          </>
        }
        view={view}
        live="/live/frame"
        reviews={snapshot.stats.reviews}
      >
        {refused && <Notice notice={{ kind: "problem", text: sentence(refused.message) }} />}
        <AlertTabs view={view} />
        <section class="panel" aria-labelledby="now">
          <div class="panel-head">
            <h2 id="now">Now</h2>
          </div>
          {open.items.length === 0 ? (
            <div class="empty">
              <BellIcon />
              <p>Nothing fires.</p>
            </div>
          ) : (
            <AlertTable
              alerts={open.items}
              view={view}
              mayAct={mayAct}
              caption="What fires, the newest first"
            />
          )}
          {open.nextBefore !== null && (
            <nav class="pager" aria-label="Pages of what fires">
              <span></span>
              <a class="button" href={`/alerts?open_before=${open.nextBefore}`}>
                Older
              </a>
            </nav>
          )}
        </section>
        <section class="panel" aria-labelledby="past">
          <div class="panel-head">
            <h2 id="past">Over</h2>
          </div>
          {past.items.length === 0 ? (
            <p class="empty">Nothing so far.</p>
          ) : (
            <AlertTable
              alerts={past.items}
              view={view}
              mayAct={false}
              caption="What is over, the newest first"
            />
          )}
          {past.nextBefore !== null && (
            <nav class="pager" aria-label="Pages of what is over">
              <span></span>
              <a class="button" href={`/alerts?before=${past.nextBefore}`}>
                Older
              </a>
            </nav>
          )}
        </section>
      </Page>,
    );
  };

  return new Hono<AppEnv>()
    .get("/alerts", requireRight("operations.read"), (c) => list(c))
    .post("/alerts/:id/acknowledge", requireRight("operations.act"), async (c) =>
      orSayWhy(
        async () => {
          await acknowledgeAlert(deps.db, currentUser(c).actor, numberIn(c, "id", "alert"));
          deps.feed.nudge();
          return c.redirect("/alerts", 303);
        },
        (refused) => list(c, refused),
      ),
    )
    .get("/alerts/deliveries", requireRight("operations.read"), async (c) => {
      const view = viewOf(c);
      const { before } = readQuery(c, messagesQuery);
      const [{ items, nextBefore }, snapshot] = await Promise.all([
        listMessages(deps.db, { limit: PAGE, before }),
        deps.feed.recent(),
      ]);
      return await c.html(
        <Page
          title="Deliveries of alerts"
          heading="Alerts"
          sub={
            <>
              What was sent, and what each server said · <TimesIn view={view} />
            </>
          }
          view={view}
          live="/live/frame"
          reviews={snapshot.stats.reviews}
        >
          <AlertTabs view={view} />
          <section class="panel" aria-label="Deliveries">
            {items.length === 0 ? (
              <div class="empty">
                <BellIcon />
                <p>Nothing was sent so far.</p>
              </div>
            ) : (
              <MessageTable messages={items} view={view} />
            )}
            {nextBefore !== null && (
              <nav class="pager" aria-label="Pages">
                <span></span>
                <a class="button" href={`/alerts/deliveries?before=${messages.write(nextBefore)}`}>
                  Older
                </a>
              </nav>
            )}
          </section>
        </Page>,
      );
    });
}
