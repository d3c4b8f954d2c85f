import type { FC } from "hono/jsx";
import type { RunState, TrainingRun } from "../../domain/model-care.ts";
import { formatCount } from "./format.ts";
import { RUN_TAGS, toldOf } from "./model-words.ts";
import type { View } from "./view.ts";
import { When } from "./when.tsx";

/** How a training stands, in a word. */
export const RunTag: FC<{ readonly state: RunState }> = ({ state }) => {
  const { name, kind, severity } = RUN_TAGS[state];
  return (
    <span class="tag" data-kind={kind} data-severity={severity}>
      {name}
    </span>
  );
};

/** Trainings, the newest first, each with the way to its evidence. */
export const ModelRuns: FC<{ readonly runs: readonly TrainingRun[]; readonly view: View }> = ({
  runs,
  view,
}) => (
  <section id="model-runs" class="panel" aria-labelledby="runs-title">
    <div class="panel-head">
      <h2 id="runs-title">Trainings</h2>
      <span class="sub">out of the payments that are kept here</span>
    </div>
    {runs.length === 0 ? (
      <p class="panel-body soft">Nothing was trained here yet.</p>
    ) : (
      <div class="table-wrap">
        <table class="audit model-table">
          <caption class="visually-hidden">Trainings, the newest first</caption>
          <thead>
            <tr>
              <th scope="col">Training</th>
              <th scope="col">State</th>
              <th scope="col">Began</th>
              <th scope="col" class="number">
                Payments
              </th>
              <th scope="col" class="number">
                Frauds
              </th>
              <th scope="col">Model made</th>
              <th scope="col">What happened</th>
            </tr>
          </thead>
          <tbody>
            {runs.map(({ runId, state, startedAt, data, model, words }) => (
              <tr>
                <td>
                  <a class="strong nowrap" href={`/models/runs/${runId}`}>
                    Training {runId}
                  </a>
                </td>
                <td>
                  <RunTag state={state} />
                </td>
                <td data-label="Began">
                  <When at={startedAt} view={view} style="short" />
                </td>
                <td class="number" data-label="Payments">
                  {data ? formatCount(data.rows) : "–"}
                </td>
                <td class="number" data-label="Frauds">
                  {data ? formatCount(data.frauds) : "–"}
                </td>
                <td class="nowrap" data-label="Model made">
                  {model === "" ? "none" : model}
                </td>
                <td class="model-words" dir="auto">
                  {words === "" ? "It is under way." : toldOf(words)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    )}
  </section>
);
