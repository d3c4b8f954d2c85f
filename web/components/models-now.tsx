import type { FC } from "hono/jsx";
import type { KnownModels, KnownVersion } from "../../domain/model-care.ts";
import { formatDay, formatShare } from "./format.ts";
import { type RefusedForm, VersionActs } from "./model-acts.tsx";
import { figure, roleOf } from "./model-words.ts";
import type { View } from "./view.ts";
import { When } from "./when.tsx";

/** AUPRC with its interval, and by which protocol. */
const Auprc: FC<{ readonly auprc: KnownVersion["auprc"] }> = ({ auprc }) =>
  auprc === null ? (
    <>not stated</>
  ) : (
    <>
      {figure(auprc.value)}
      <span class="second">
        {auprc.low !== null && auprc.high !== null && `${figure(auprc.low)} to ${figure(auprc.high)}, `}
        {auprc.protocol}
      </span>
    </>
  );

interface KnownProps {
  readonly known: KnownModels;
  readonly seenAt: Date;
  readonly view: View;
}

/** Who decides, who is tried beside them, and who decided before. */
export const ModelRoles: FC<KnownProps> = ({ known, seenAt, view }) => {
  const { champion, challenger, shadows, before, versions } = known;
  const auprc = versions.find(({ id }) => id === champion)?.auprc ?? null;
  return (
    <section id="model-roles" class="panel" aria-labelledby="roles-title">
      <div class="panel-head">
        <h2 id="roles-title">{champion} decides</h2>
        <span class="sub">
          as a worker saw it <When at={seenAt} view={view} style="short" />
        </span>
      </div>
      <dl class="facts model-roles">
        <div>
          <dt>Champion</dt>
          <dd>{champion}</dd>
          <dd class="note">
            AUPRC <Auprc auprc={auprc} />
          </dd>
        </div>
        <div>
          <dt>Challenger</dt>
          <dd>{challenger ? challenger.model : "nobody"}</dd>
          {challenger && <dd class="note">decides for {formatShare(challenger.share)} of the cards</dd>}
        </div>
        <div>
          <dt>Shadows</dt>
          {shadows.length === 0 ? <dd>nobody</dd> : shadows.map((shadow) => <dd>{shadow}</dd>)}
          {shadows.length > 0 && <dd class="note">score every payment, decide none</dd>}
        </div>
        <div>
          <dt>Champion before</dt>
          <dd>{before === "" ? "nobody" : before}</dd>
        </div>
      </dl>
    </section>
  );
};

interface VersionsProps {
  readonly known: KnownModels;
  readonly view: View;
  readonly mayAct: boolean;
  readonly refused: RefusedForm | undefined;
}

/** Every version with its figures and its part, and what can be asked for it. */
export const ModelVersions: FC<VersionsProps> = ({ known, view, mayAct, refused }) => (
  <section class="panel" aria-labelledby="versions-title">
    <div class="panel-head">
      <h2 id="versions-title">Versions</h2>
      <span class="sub">figures are of each version's own card</span>
    </div>
    <div class="table-wrap">
      <table class="audit model-table model-versions">
        <caption class="visually-hidden">Versions of models</caption>
        <thead>
          <tr>
            <th scope="col">Version</th>
            <th scope="col">Trained</th>
            <th scope="col">AUPRC</th>
            <th scope="col">Part</th>
            {mayAct && <th scope="col">What can be asked</th>}
          </tr>
        </thead>
        <tbody>
          {known.versions.map(({ id, algorithm, trainedAt, auprc, runId }) => {
            const role = roleOf(known, id);
            return (
              <tr>
                <td>
                  <strong>{id}</strong>
                  <span class="second">{algorithm}</span>
                </td>
                <td class="nowrap" data-label="Trained">
                  <time datetime={trainedAt}>{formatDay(new Date(trainedAt), view.timeZone)}</time>
                  {runId !== null && (
                    <span class="second">
                      <a href={`/models/runs/${runId}`}>training {runId}</a>
                    </span>
                  )}
                </td>
                <td data-label="AUPRC">
                  <Auprc auprc={auprc} />
                </td>
                <td data-label="Part">
                  {role === "" ? (
                    <span class="faint">none</span>
                  ) : (
                    <span class="tag" data-kind={role === "champion" ? "legitimate" : undefined}>
                      {role}
                    </span>
                  )}
                </td>
                {mayAct && (
                  <td class="model-acts-cell">
                    <VersionActs to="/models" model={id} known={known} refused={refused} />
                  </td>
                )}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  </section>
);
