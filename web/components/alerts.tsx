import type { FC } from "hono/jsx";
import { type AlertSeverity, alertKind, type ChannelKind, type MessageState } from "../../domain/alerts.ts";
import type { ListedAlert, ListedMessage } from "../../pipeline/alerts/lists.ts";
import type { View } from "./view.ts";
import { When } from "./when.tsx";

const TABS = [
  { href: "/alerts", name: "Alerts" },
  { href: "/alerts/deliveries", name: "Deliveries" },
  { href: "/alerts/channels", name: "Channels" },
  { href: "/alerts/conditions", name: "Conditions" },
] as const;

/** What was posted below a page is answered as that page. */
const isAt = (path: string, href: string): boolean =>
  path === href || (href !== "/alerts" && path.startsWith(`${href}/`));

/** The pages of alerts. */
export const AlertTabs: FC<{ readonly view: View }> = ({ view }) => (
  <div class="segments-row">
    <nav class="segments" aria-label="Pages of alerts">
      {TABS.map(({ href, name }) => (
        <a href={href} aria-current={isAt(view.path, href) ? "page" : undefined}>
          {name}
        </a>
      ))}
    </nav>
  </div>
);

/** Channels in words. */
export const CHANNEL_NAMES: Readonly<Record<ChannelKind, string>> = {
  webhook: "Webhook",
  slack: "Slack",
  teams: "Teams",
  email: "E-mail",
  sms: "Text message",
  push: "Browser",
};

export const Severity: FC<{ readonly severity: AlertSeverity }> = ({ severity }) => (
  <span class="tag" data-severity={severity}>
    {severity}
  </span>
);

/** What fires, with a button for whoever has it; or what was. */
export const AlertTable: FC<{
  readonly alerts: readonly ListedAlert[];
  readonly view: View;
  readonly mayAct: boolean;
  readonly caption: string;
}> = ({ alerts, view, mayAct, caption }) => (
  <div class="table-wrap">
    <table class="audit">
      <caption class="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col">Severity</th>
          <th scope="col">Since</th>
          <th scope="col">State</th>
        </tr>
      </thead>
      <tbody>
        {alerts.map((alert) => (
          <tr>
            <td class="alert-what">
              <a href={alert.link} dir="auto">
                {alert.title}
              </a>
              <span class="second" dir="auto">
                {alert.body}
              </span>
              <span class="second">{alertKind(alert.kind).todo}</span>
            </td>
            <td>
              <Severity severity={alert.severity} />
            </td>
            <td class="nowrap">
              <When at={alert.firedAt} view={view} style="short" />
              {alert.escalatedAt && (
                <span class="second">
                  escalated <When at={alert.escalatedAt} view={view} />
                </span>
              )}
            </td>
            <td>
              <State alert={alert} view={view} mayAct={mayAct} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

const State: FC<{ readonly alert: ListedAlert; readonly view: View; readonly mayAct: boolean }> = ({
  alert: { id, state, acknowledgedBy, resolvedAt, title },
  view,
  mayAct,
}) => (
  <>
    {state === "firing" && mayAct ? (
      <form method="post" action={`/alerts/${id}/acknowledge`}>
        <button type="submit" class="button" aria-label={`Acknowledge: ${title}`}>
          Acknowledge
        </button>
      </form>
    ) : state === "resolved" ? (
      <>over {resolvedAt && <When at={resolvedAt} view={view} style="short" />}</>
    ) : (
      state
    )}
    {acknowledgedBy && <span class="second">{acknowledgedBy.name} has it</span>}
  </>
);

const STATES: Readonly<Record<MessageState, string>> = {
  waiting: "waits",
  sending: "on its way",
  sent: "sent",
  failed: "given up",
  dropped: "not sent",
};

/** Messages to channels and what their servers said. */
export const MessageTable: FC<{ readonly messages: readonly ListedMessage[]; readonly view: View }> = ({
  messages,
  view,
}) => (
  <div class="table-wrap">
    <table class="audit">
      <caption class="visually-hidden">Messages, the newest first</caption>
      <thead>
        <tr>
          <th scope="col">Message</th>
          <th scope="col">Channel</th>
          <th scope="col">State</th>
          <th scope="col">What its server said</th>
        </tr>
      </thead>
      <tbody>
        {messages.map((message) => (
          <tr>
            <td class="alert-what">
              <span dir="auto">{message.title}</span>
              {message.notices > 1 && <span class="second">and {message.notices - 1} more</span>}
              <span class="second">
                <When at={message.createdAt} view={view} style="short" />
              </span>
            </td>
            <td>
              <span dir="auto">{message.channel}</span>
              <span class="second">{CHANNEL_NAMES[message.channelKind]}</span>
            </td>
            <td>
              <span class="tag" data-kind={message.state === "failed" ? "fraud" : undefined}>
                {STATES[message.state]}
              </span>
              {message.state === "waiting" && (
                <span class="second">
                  until <When at={message.dueAt} view={view} style="short" />
                </span>
              )}
              {message.attempts > 1 && <span class="second">{message.attempts} tries</span>}
            </td>
            <td class="letter-why" dir="auto">
              <Said message={message} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

/** A server's answer. */
export const Said: FC<{ readonly message: ListedMessage }> = ({ message: { status, said } }) => (
  <>
    {status !== null && <strong>{status} </strong>}
    {said}
  </>
);
