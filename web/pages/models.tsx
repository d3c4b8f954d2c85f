import { Hono } from "hono";
import type { FC } from "hono/jsx";
import type { KnownModels } from "../../domain/model-care.ts";
import { lastComparisons, readKnownModels } from "../../pipeline/models/known.ts";
import { askOfModels, lastRequests } from "../../pipeline/models/requests.ts";
import { lastRuns } from "../../pipeline/models/runs.ts";
import { currentUser, mayDo, requireRight } from "../auth/guard.ts";
import { Page } from "../components/layout.tsx";
import { AskRefused, ModelAct, type RefusedForm } from "../components/model-acts.tsx";
import { ModelComparisons } from "../components/model-comparison.tsx";
import { ModelRequests } from "../components/model-requests.tsx";
import { ModelRuns } from "../components/model-runs.tsx";
import { ModelRoles, ModelVersions } from "../components/models-now.tsx";
import { viewOf } from "../components/view.ts";
import { TimesIn } from "../components/when.tsx";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { orSayWhy, readForm } from "./form.ts";
import { askedBy, askForm } from "./model-asked.ts";

const REQUESTS = 10;
const RUNS = 20;

/** Where what was asked is seen. */
export const ASKED_HREF = "/models#model-requests";

/** What can be asked of all models together. */
const Acts: FC<{ readonly known: KnownModels | undefined; readonly refused: RefusedForm | undefined }> = ({
  known,
  refused,
}) => (
  <section class="panel" aria-label="What can be asked">
    <div class="panel-body model-acts">
      <ModelAct
        to="/models"
        act="retrain"
        name="Train now"
        says="A worker learns a new version from the labelled payments that are kept here, and holds it against the champion. It decides nothing until somebody gives it a part."
        button="Train a version"
        refused={refused}
      />
      <ModelAct
        to="/models"
        act="compare"
        name="Compare now"
        says="The challenger and the shadows are held against the champion, on the payments whose truth is known by now."
        button="Compare them"
        refused={refused}
      />
      {known && known.before !== "" && (
        <ModelAct
          to="/models"
          act="roll_back"
          model={known.before}
          name={`Roll back to ${known.before}`}
          says={`It decides again, in place of ${known.champion}.`}
          button="Roll back"
          refused={refused}
        />
      )}
    </div>
  </section>
);

/** `/models`: which models there are and who decides, what was trained and compared, and asking for a change. */
export function modelPageRoutes({ db, feed }: Deps): Hono<AppEnv> {
  const show = async (c: AppContext, refused?: RefusedForm): Promise<Response> => {
    const view = viewOf(c);
    const [known, requests, runs, comparisons, snapshot] = await Promise.all([
      readKnownModels(db),
      lastRequests(db, REQUESTS),
      lastRuns(db, RUNS),
      lastComparisons(db),
      feed.recent(),
    ]);
    const mayAct = mayDo(view.user, "models.manage");
    return await c.html(
      <Page
        title="Models"
        heading="Models"
        sub={
          <>
            Who decides, who is tried beside them, and what says so · <TimesIn view={view} />
          </>
        }
        view={view}
        live="/live/frame"
        reviews={snapshot.stats.reviews}
      >
        {refused && <AskRefused form={refused} />}
        {known ? (
          <ModelRoles known={known.models} seenAt={known.seenAt} view={view} />
        ) : (
          <section class="panel">
            <p class="panel-body soft">
              No worker has looked yet which models there are: one that runs where the registry is does so
              within a minute of its start.
            </p>
          </section>
        )}
        {mayAct && <Acts known={known?.models} refused={refused} />}
        <ModelRequests requests={requests} view={view} />
        {known && <ModelVersions known={known.models} view={view} mayAct={mayAct} refused={refused} />}
        <ModelRuns runs={runs} view={view} />
        <ModelComparisons comparisons={comparisons} view={view} />
      </Page>,
    );
  };

  return new Hono<AppEnv>()
    .get("/models", requireRight("operations.read"), (c) => show(c))
    .get("/models/progress", requireRight("operations.read"), async (c) => {
      const view = viewOf(c);
      const [known, requests, runs, comparisons] = await Promise.all([
        readKnownModels(db),
        lastRequests(db, REQUESTS),
        lastRuns(db, RUNS),
        lastComparisons(db),
      ]);
      // What has no forms follows along; what somebody types in the table of versions stays.
      return c.html(
        <>
          <ModelRequests requests={requests} view={view} waited />
          {known && (
            <hx-partial hx-target="#model-roles" hx-swap="outerMorph">
              <ModelRoles known={known.models} seenAt={known.seenAt} view={view} />
            </hx-partial>
          )}
          <hx-partial hx-target="#model-runs" hx-swap="outerMorph">
            <ModelRuns runs={runs} view={view} />
          </hx-partial>
          <hx-partial hx-target="#model-comparisons" hx-swap="outerMorph">
            <ModelComparisons comparisons={comparisons} view={view} />
          </hx-partial>
        </>,
      );
    })
    .post("/models", requireRight("models.manage"), async (c) => {
      const form = await readForm(c, askForm);
      return await orSayWhy(
        async () => {
          const known = await readKnownModels(db);
          await askOfModels(db, currentUser(c).actor, askedBy(form, known?.models));
          return c.redirect(ASKED_HREF, 303);
        },
        (refused) => show(c, { ...form, refused }),
      );
    });
}
