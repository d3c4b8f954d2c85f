import { Hono } from "hono";
import { readKnownModels } from "../../pipeline/models/known.ts";
import { askOfModels } from "../../pipeline/models/requests.ts";
import { readRun } from "../../pipeline/models/runs.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { currentUser, mayDo, requireRight } from "../auth/guard.ts";
import { Page } from "../components/layout.tsx";
import { AskRefused, type RefusedForm, VersionActs } from "../components/model-acts.tsx";
import {
  GateChecks,
  GateFigures,
  RunDataPanel,
  RunRecipe,
  wasJudged,
} from "../components/model-evidence.tsx";
import { RunTag } from "../components/model-runs.tsx";
import { roleOf, toldOf } from "../components/model-words.ts";
import { viewOf } from "../components/view.ts";
import { When } from "../components/when.tsx";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { numberIn, orSayWhy, readForm } from "./form.ts";
import { askedBy, askForm } from "./model-asked.ts";
import { ASKED_HREF } from "./models.tsx";

/** `/models/runs/:id`: all that speaks for and against the model that a training made, and giving it a part. */
export function modelRunRoutes({ db, feed }: Deps): Hono<AppEnv> {
  const show = async (c: AppContext, refused?: RefusedForm): Promise<Response> => {
    const view = viewOf(c);
    const runId = numberIn(c, "id", "training");
    const [run, known, snapshot] = await Promise.all([
      readRun(db, runId),
      readKnownModels(db),
      feed.recent(),
    ]);
    if (!run) throw new DomainError("not_found", "there is no such training");
    const { state, model, startedAt, endedAt, askedBy: asker, champion, gate, data, words } = run;
    const role = known ? roleOf(known.models, model) : "";
    return await c.html(
      <Page
        title={`Training ${runId}`}
        heading={
          <span class="title-row">
            Training {runId} <RunTag state={state} />
          </span>
        }
        sub={
          <>
            Asked for by {asker.name}, <When at={startedAt} view={view} style="short" />
            {endedAt && (
              <>
                {" "}
                to <When at={endedAt} view={view} style="short" />
              </>
            )}{" "}
            · against {champion}
          </>
        }
        crumbs={
          <>
            <a href="/models">Models</a>
            <span aria-hidden="true">/</span>
            <span>Training {runId}</span>
          </>
        }
        view={view}
        live="/live/frame"
        reviews={snapshot.stats.reviews}
      >
        {refused && <AskRefused form={refused} />}
        <section class="panel" aria-labelledby="outcome-title">
          <div class="panel-head">
            <h2 id="outcome-title">
              {model !== "" ? model : state === "running" ? "No model yet" : "No model was made"}
            </h2>
            {role !== "" && <span class="sub">is {role} now</span>}
          </div>
          <div class="panel-body stack">
            <p dir="auto">{words === "" ? "It is under way." : toldOf(words)}</p>
            {known && state === "accepted" && model !== "" && mayDo(view.user, "models.manage") && (
              <VersionActs
                to={`/models/runs/${runId}`}
                model={model}
                known={known.models}
                refused={refused}
              />
            )}
          </div>
        </section>
        {gate && wasJudged(gate) && <GateFigures run={run} gate={gate} view={view} />}
        {gate && <GateChecks gate={gate} />}
        {data && <RunDataPanel data={data} view={view} />}
        <RunRecipe run={run} />
      </Page>,
    );
  };

  return new Hono<AppEnv>()
    .get("/models/runs/:id", requireRight("operations.read"), (c) => show(c))
    .post("/models/runs/:id", requireRight("models.manage"), async (c) => {
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
