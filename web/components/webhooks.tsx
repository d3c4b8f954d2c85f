import type { Child, FC } from "hono/jsx";
import { RISK_TIERS, tierName } from "../../domain/tiers.ts";
import {
  DELIVERY_STATES,
  type DeliveryState,
  WEBHOOK_EVENT_NAMES,
  WEBHOOK_EVENTS,
} from "../../domain/webhooks.ts";
import type { WebhookDelivery } from "../../pipeline/webhooks/deliveries.ts";
import { type EndpointWish, OVERLAP_HOURS, type WebhookEndpoint } from "../../pipeline/webhooks/endpoints.ts";
import type { DomainError } from "../../platform/process/errors.ts";
import { Field } from "./form.tsx";
import { formatDateTime, sentence } from "./format.ts";
import type { View } from "./view.ts";
import { TimesIn, When } from "./when.tsx";

/** A secret that was just made: the only time that it is seen. */
export const NewSecret: FC<{
  readonly secret: string;
  readonly endpoint: WebhookEndpoint;
  readonly view: View;
}> = ({ secret, endpoint, view }) => (
  <section class="panel new-key" aria-labelledby="new-secret">
    <div class="panel-head">
      <h2 id="new-secret">The secret of {endpoint.description || endpoint.url}</h2>
    </div>
    <div class="panel-body">
      <p>
        Copy it now: it is shown this once.
        {endpoint.earlierUntil && (
          <>
            {" "}
            The earlier one signs too until <When at={endpoint.earlierUntil} view={view} style="short" />.
          </>
        )}
      </p>
      <div class="copy">
        <input id="made-secret" class="mono" readonly value={secret} aria-label="Secret" autocomplete="off" />
        <button type="button" class="button primary" data-copy="made-secret">
          Copy
        </button>
      </div>
      <p class="soft small">
        Receivers verify with it that a message is ours, e.g. with the library <code>standardwebhooks</code>.
      </p>
    </div>
  </section>
);

/** The form that makes an endpoint. */
export const EndpointForm: FC<{
  readonly typed: EndpointWish | undefined;
  readonly refused: DomainError | undefined;
}> = ({ typed, refused }) => {
  const wrongEvents = refused?.violations.find(({ field }) => field === "events");
  return (
    <form class="panel" method="post" action="/webhooks" aria-labelledby="make-endpoint">
      <div class="panel-head">
        <h2 id="make-endpoint">New endpoint</h2>
      </div>
      <div class="panel-body key-form">
        <Field
          label="Address"
          name="url"
          value={typed?.url}
          autocomplete="off"
          required
          maxlength={2_048}
          hint="https://… of a server that takes POST."
          refused={refused}
        />
        <Field
          label="What it is for"
          name="description"
          value={typed?.description}
          autocomplete="off"
          maxlength={200}
          refused={refused}
        />
        <fieldset class="scopes">
          <legend>What it is told</legend>
          {wrongEvents && <p class="field-wrong">{sentence(`it ${wrongEvents.description}`)}</p>}
          {WEBHOOK_EVENT_NAMES.map((event) => (
            <label>
              <input type="checkbox" name="events" value={event} checked={typed?.events.includes(event)} />
              <span>
                {WEBHOOK_EVENTS[event]}
                <span class="second mono">{event}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <fieldset class="scopes">
          <legend>Only of payments of these tiers (none chosen: all)</legend>
          {RISK_TIERS.map((tier) => (
            <label>
              <input type="checkbox" name="tiers" value={tier} checked={typed?.tiers.includes(tier)} />
              <span>{tierName(tier)}</span>
            </label>
          ))}
        </fieldset>
        <button type="submit" class="button primary">
          Add the endpoint
        </button>
      </div>
    </form>
  );
};

/** How an endpoint does, in a word and why. */
export const EndpointState: FC<{ readonly endpoint: WebhookEndpoint; readonly view: View }> = ({
  endpoint: { state, disabledWhy, failingSince, lastSuccessAt },
  view,
}) => {
  if (state === "disabled") return <>Disabled: {disabledWhy}</>;
  if (failingSince)
    return (
      <>
        Fails since <When at={failingSince} view={view} style="short" />
      </>
    );
  if (!lastSuccessAt) return <>Nothing was sent yet</>;
  return (
    <>
      Works; last answered <When at={lastSuccessAt} view={view} style="short" />
    </>
  );
};

const tagOf = ({ state, failingSince }: WebhookEndpoint): [kind: string | undefined, word: string] =>
  state === "disabled" ? ["fraud", "disabled"] : failingSince ? ["fraud", "failing"] : [undefined, "enabled"];

/** All endpoints. */
export const EndpointList: FC<{ readonly endpoints: readonly WebhookEndpoint[]; readonly view: View }> = ({
  endpoints,
  view,
}) => (
  <section class="panel" aria-labelledby="endpoints">
    <div class="panel-head">
      <h2 id="endpoints">Endpoints</h2>
      <span class="sub">
        <TimesIn view={view} />
      </span>
    </div>
    {endpoints.length === 0 ? (
      <p class="empty">No server is told of anything yet.</p>
    ) : (
      <ul class="key-list">
        {endpoints.map((endpoint) => {
          const [kind, word] = tagOf(endpoint);
          return (
            <li class="key-row">
              <div class="key-what">
                <p class="letter-why">
                  <a href={`/webhooks/${endpoint.id}`}>{endpoint.description || endpoint.url}</a>{" "}
                  <span class="tag" data-kind={kind}>
                    {word}
                  </span>
                </p>
                {endpoint.description && <p class="faint mono small letter-why">{endpoint.url}</p>}
                <Asked endpoint={endpoint} />
                <p class="soft small">
                  <EndpointState endpoint={endpoint} view={view} /> · {endpoint.owner.name}
                </p>
              </div>
            </li>
          );
        })}
      </ul>
    )}
  </section>
);

/** What an endpoint asked to be told. */
export const Asked: FC<{ readonly endpoint: WebhookEndpoint }> = ({ endpoint: { events, tiers } }) => (
  <p class="key-scopes">
    {events.map((event) => (
      <span class="tag mono" title={WEBHOOK_EVENTS[event]}>
        {event}
      </span>
    ))}
    {tiers?.map((tier) => (
      <span class="tag">{tierName(tier)} only</span>
    ))}
  </p>
);

const Act: FC<{ readonly to: string; readonly kind?: string; readonly children?: Child }> = ({
  to,
  kind = "",
  children,
}) => (
  <form method="post" action={to}>
    <button type="submit" class={`button ${kind}`}>
      {children}
    </button>
  </form>
);

/** What can be done with an endpoint. */
export const EndpointActs: FC<{ readonly endpoint: WebhookEndpoint }> = ({ endpoint: { id, state } }) => (
  <div class="webhook-acts">
    {state === "enabled" && (
      <Act to={`/webhooks/${id}/test`} kind="primary">
        Send a test
      </Act>
    )}
    {state === "enabled" ? (
      <Act to={`/webhooks/${id}/disable`}>Disable</Act>
    ) : (
      <Act to={`/webhooks/${id}/enable`} kind="primary">
        Enable
      </Act>
    )}
    <details>
      <summary class="button">New secret</summary>
      <form method="post" action={`/webhooks/${id}/rotate`}>
        <p class="small">Both sign for {OVERLAP_HOURS} hours, then the new one alone.</p>
        <button type="submit" class="button primary">
          Make another secret
        </button>
      </form>
    </details>
    <details>
      <summary class="button">Remove</summary>
      <form method="post" action={`/webhooks/${id}/remove`}>
        <p class="small">Its log goes with it. This cannot be undone.</p>
        <button type="submit" class="button fraud">
          Remove the endpoint
        </button>
      </form>
    </details>
  </div>
);

const STATES: Readonly<Record<DeliveryState, string>> = {
  waiting: "Waiting",
  delivered: "Delivered",
  failed: "Failed",
};

/** Which deliveries are shown. */
export const DeliveryTabs: FC<{ readonly endpoint: number; readonly chosen: DeliveryState | undefined }> = ({
  endpoint,
  chosen,
}) => (
  <div class="segments-row">
    <nav class="segments" aria-label="Which messages">
      <a href={`/webhooks/${endpoint}`} aria-current={chosen === undefined ? "true" : undefined}>
        All
      </a>
      {DELIVERY_STATES.map((state) => (
        <a href={`/webhooks/${endpoint}?state=${state}`} aria-current={chosen === state ? "true" : undefined}>
          {STATES[state]}
        </a>
      ))}
    </nav>
  </div>
);

/** What was sent, the newest first. */
export const DeliveryTable: FC<{
  readonly deliveries: readonly WebhookDelivery[];
  readonly enabled: boolean;
  readonly view: View;
}> = ({ deliveries, enabled, view }) => (
  <div class="table-wrap">
    <table class="audit">
      <caption class="visually-hidden">Messages, the newest first</caption>
      <thead>
        <tr>
          <th scope="col">Message</th>
          <th scope="col">State</th>
          <th scope="col">Last answer</th>
          <th scope="col">Happened</th>
          <th scope="col">
            <span class="visually-hidden">Acts</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {deliveries.map((each) => (
          <tr>
            <td>
              {each.event}
              <span class="second mono">{each.messageId}</span>
            </td>
            <td>
              <span class="tag" data-kind={each.state === "failed" ? "fraud" : undefined}>
                {STATES[each.state].toLowerCase()}
              </span>
              <span class="second">
                {each.attempts === 1 ? "1 attempt" : `${each.attempts} attempts`}
                {each.nextAt && each.lastAt && (
                  <>
                    , next <When at={each.nextAt} view={view} style="short" />
                  </>
                )}
              </span>
            </td>
            <td class="letter-why">
              {each.lastAt === null ? "–" : (each.lastStatus ?? "no answer")}
              {each.lastSaid && (
                <span class="second" dir="auto">
                  {each.lastSaid}
                </span>
              )}
            </td>
            <td class="nowrap">
              <time datetime={each.happenedAt.toISOString()}>
                {formatDateTime(each.happenedAt, view.timeZone)}
              </time>
            </td>
            <td>
              {enabled && each.state !== "waiting" && (
                <form method="post" action={`/webhooks/${each.endpointId}/replay`}>
                  <input type="hidden" name="delivery" value={String(each.id)} />
                  <button type="submit" class="button" aria-label={`Send ${each.messageId} again`}>
                    Again
                  </button>
                </form>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

const HOURS: readonly (readonly [hours: number, text: string])[] = [
  [1, "the last hour"],
  [24, "the last day"],
  [24 * 7, "the last week"],
  [24 * 30, "the last 30 days"],
];

/** Has what failed sent again. */
export const ReplayForm: FC<{ readonly endpoint: number }> = ({ endpoint }) => (
  <form class="letter-actions" method="post" action={`/webhooks/${endpoint}/replay`}>
    <label class="field">
      <span>What failed in</span>
      <select name="hours">
        {HOURS.map(([hours, text]) => (
          <option value={String(hours)} selected={hours === 24}>
            {text}
          </option>
        ))}
      </select>
    </label>
    <button type="submit" class="button">
      Send all of it again
    </button>
  </form>
);
