import type { FC } from "hono/jsx";
import type { ModelRequest } from "../../domain/model-care.ts";
import { askedInWords, isUnderWay, REQUEST_TAGS, toldOf } from "./model-words.ts";
import type { View } from "./view.ts";
import { When } from "./when.tsx";

interface RequestsProps {
  readonly requests: readonly ModelRequest[];
  readonly view: View;
  /** The answer to a page that waited: says when there is nothing more to wait for. */
  readonly waited?: boolean;
}

/** What was asked of models and what became of it; asks again by itself while something is under way. */
export const ModelRequests: FC<RequestsProps> = ({ requests, view, waited = false }) => {
  const underWay = requests.some(isUnderWay);
  return (
    <section
      id="model-requests"
      class="panel"
      aria-labelledby="requests-title"
      hx-get={underWay ? "/models/progress" : undefined}
      hx-trigger={underWay ? "every 2s" : undefined}
      hx-swap={underWay ? "outerHTML" : undefined}
    >
      <div class="panel-head">
        <h2 id="requests-title">What was asked</h2>
        <span class="sub">
          {underWay ? "a worker takes it within seconds; this part follows by itself" : "the newest first"}
        </span>
      </div>
      {waited && !underWay && (
        <p class="panel-body" role="status">
          It has ended. <a href="/models">Show all versions as they are now</a>
        </p>
      )}
      {requests.length === 0 ? (
        <p class="panel-body soft">Nothing was asked yet.</p>
      ) : (
        <ul class="rows model-requests">
          {requests.map((request) => {
            const { state, answer, reason, askedBy, askedAt } = request;
            const { name, kind, severity } = REQUEST_TAGS[state];
            return (
              <li>
                <div class="grow">
                  <strong>{askedInWords(request)}</strong>
                  {answer !== "" && <div dir="auto">{toldOf(answer)}</div>}
                  <div class="soft small" dir="auto">
                    {askedBy.name}, <When at={askedAt} view={view} style="short" /> · {reason}
                  </div>
                </div>
                <span class="tag" data-kind={kind} data-severity={severity}>
                  {name}
                </span>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
};
