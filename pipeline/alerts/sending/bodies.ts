import {
  addressOf,
  headline,
  type Notice,
  type OutgoingAlerts,
  plainText,
  subjectOf,
  TOLD_SINGLY,
} from "./notice.ts";

type Body = (message: OutgoingAlerts, publicUrl: string | undefined) => object;

/** As Standard Webhooks have it: type, timestamp, data. */
export const webhookBody: Body = ({ messageId, createdAt, notices }, publicUrl) => ({
  type: "alerts",
  timestamp: createdAt.toISOString(),
  data: {
    message_id: messageId,
    alerts: notices.map((notice) => ({
      alert_id: notice.alertId,
      event: notice.event,
      kind: notice.kind,
      severity: notice.severity,
      title: notice.title,
      body: notice.body,
      value: notice.value,
      threshold: notice.threshold,
      link: addressOf(notice.link, publicUrl),
      at: notice.at.toISOString(),
    })),
  },
});

/** What Slack reads as markup, as it is: an id in it must not become a link or call everybody. */
const slackText = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Slack's incoming webhooks, and what understands them (Mattermost, Rocket.Chat, Discord's /slack). */
export const slackBody: Body = ({ notices }, publicUrl) => {
  const link = ({ link }: Notice): string => {
    const address = addressOf(link, publicUrl);
    return publicUrl === undefined ? slackText(address) : `<${address.replaceAll("|", "%7C")}|Open>`;
  };
  const section = (text: string): object => ({ type: "section", text: { type: "plain_text", text } });
  const blocks = notices.slice(0, TOLD_SINGLY).flatMap((notice) => [
    section(`${headline(notice)}\n${notice.body}`.slice(0, 3_000)),
    {
      type: "context",
      elements: [{ type: "mrkdwn", text: `${link(notice)} · ${notice.at.toISOString()}` }],
    },
  ]);
  return { text: slackText(subjectOf(notices)), blocks };
};

/** A Teams workflow or incoming webhook: one Adaptive Card. Runs of text are read as they are, without Markdown. */
export const teamsBody: Body = ({ notices }, publicUrl) => {
  const run = (text: string, style: object = {}): object => ({
    type: "RichTextBlock",
    inlines: [{ type: "TextRun", text, ...style }],
  });
  const colour = ({ event, severity }: Notice): string =>
    event === "resolved" ? "good" : severity === "critical" ? "attention" : "warning";
  const body = notices
    .slice(0, TOLD_SINGLY)
    .flatMap((notice) => [
      run(headline(notice), { weight: "bolder", color: colour(notice) }),
      run(`${notice.body} (${notice.at.toISOString()})`),
    ]);
  const more = notices.length - TOLD_SINGLY;
  if (more > 0) body.push(run(`… and ${more} more`));
  const [first] = notices;
  const path = first && notices.length === 1 ? first.link : "/alerts";
  const actions =
    publicUrl === undefined
      ? []
      : [{ type: "Action.OpenUrl", title: "Open", url: addressOf(path, publicUrl) }];
  return {
    type: "message",
    attachments: [
      {
        contentType: "application/vnd.microsoft.card.adaptive",
        contentUrl: null,
        content: {
          $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
          ...{ type: "AdaptiveCard", version: "1.4", body, actions },
        },
      },
    ],
  };
};

/** What a push or a text message has room for, characters. */
const SHORT = 300;

/** One text message. */
export function shortText({ notices }: OutgoingAlerts, publicUrl: string | undefined): string {
  const [first] = notices;
  if (!first) return "";
  const rest = first.body === "" ? "" : `. ${first.body}`;
  const text = `PaySecure ${subjectOf(notices)}${rest}`.slice(0, SHORT);
  return publicUrl === undefined ? text : `${text} ${addressOf(first.link, publicUrl)}`;
}

/** What the service worker shows (web/assets/push-worker.js). */
export const pushBody: Body = ({ messageId, notices }) => ({
  title: subjectOf(notices).slice(0, 120),
  body: (notices[0]?.body ?? "").slice(0, SHORT),
  tag: messageId,
  link: notices.length === 1 ? notices[0]?.link : "/alerts",
});

/** Subject and text of a letter. */
export function letterOf({ notices }: OutgoingAlerts, publicUrl: string | undefined) {
  return {
    subject: `PaySecure ${subjectOf(notices)}`.slice(0, 200),
    text: `${plainText(notices, publicUrl)}\n`,
  };
}
