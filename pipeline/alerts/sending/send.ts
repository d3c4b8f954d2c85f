import type { AllowedInside } from "../../../platform/outgoing/addresses.ts";
import { postOut } from "../../../platform/outgoing/post.ts";
import { webhookSignature } from "../../../platform/outgoing/standard-webhooks.ts";
import { encryptPush, type PushKeys, pushAuthorization } from "../../../platform/outgoing/web-push.ts";
import type { Mailer } from "../../mail/mailer.ts";
import type { ChannelTarget } from "../channels.ts";
import { letterOf, pushBody, shortText, slackBody, teamsBody, webhookBody } from "./bodies.ts";
import type { OutgoingAlerts } from "./notice.ts";

/** What a channel's server said. */
export interface SendResult {
  readonly ok: boolean;
  /** HTTP's status; null for a letter, or when nobody was reached. */
  readonly status: number | null;
  readonly said: string;
  readonly retryAfterMs?: number | undefined;
  /** Nobody is there any more, and will not be: a browser that unsubscribed. */
  readonly gone?: boolean;
}

export interface Sender {
  readonly allowed: AllowedInside;
  /** Null without a mail server. */
  readonly mailer: Mailer | null;
  /** Whom letters are from; its domain is that of their ids. */
  readonly mailFrom: string;
  readonly publicUrl: string | undefined;
  /** @throws Error when they cannot be opened */
  readonly pushKeys: () => Promise<PushKeys | null>;
}

/** A server has so long, milliseconds: shorter than a claim and than a process has to stop in. */
const LIMIT_MS = 8_000;
/** A push service keeps what a browser that is off cannot get for so long, seconds. */
const PUSH_TTL = 86_400;

/**
 * Sends a message by its channel, once. Every server is told the message's id (`webhook-id`, `Message-ID`), the same when
 * it is sent again.
 *
 * @throws Error in words that may be shown: not reached, not in time, no mail server
 */
export async function sendAlerts(
  { allowed, mailer, mailFrom, publicUrl, pushKeys }: Sender,
  message: OutgoingAlerts,
  target: ChannelTarget,
): Promise<SendResult> {
  const id = message.messageId;
  const post = async (
    url: string,
    body: string | Uint8Array,
    headers: Readonly<Record<string, string>>,
  ): Promise<SendResult> => {
    const { status, said, retryAfterMs } = await postOut({ url, body, headers, limitMs: LIMIT_MS, allowed });
    return { ok: status >= 200 && status < 300, status, said, retryAfterMs };
  };
  const json = (url: string, value: object, headers: Readonly<Record<string, string>> = {}) =>
    post(url, JSON.stringify(value), { "content-type": "application/json", "webhook-id": id, ...headers });

  switch (target.kind) {
    case "webhook": {
      const body = webhookBody(message, publicUrl);
      const seconds = Math.floor(Date.now() / 1_000);
      return await json(target.url, body, {
        "webhook-timestamp": String(seconds),
        "webhook-signature": webhookSignature(target.secret, id, seconds, JSON.stringify(body)),
      });
    }
    case "slack":
      return await json(target.url, slackBody(message, publicUrl));
    case "teams":
      return await json(target.url, teamsBody(message, publicUrl));
    case "sms":
      return await json(
        target.url,
        { to: target.to, text: shortText(message, publicUrl) },
        target.token === undefined ? {} : { authorization: `Bearer ${target.token}` },
      );
    case "email": {
      if (!mailer) throw new Error("the worker has no mail server: set SMTP_URL and MAIL_FROM");
      const host = /@([^\s>]+)/.exec(mailFrom)?.[1] ?? "paysecure";
      const said = await mailer.send({
        ...{ to: target.to, messageId: `<${id}@${host}>` },
        ...letterOf(message, publicUrl),
      });
      return { ok: true, status: null, said };
    }
    case "push": {
      const keys = await pushKeys();
      if (!keys) throw new Error("there are no keys for pushes: let the browser subscribe again");
      const text = JSON.stringify(pushBody(message, publicUrl));
      const contact = publicUrl?.startsWith("https:")
        ? publicUrl
        : `mailto:${mailFrom || "alerts@localhost"}`;
      const urgent = message.notices.some(({ severity }) => severity === "critical");
      const result = await post(target.endpoint, encryptPush(target, text), {
        "content-type": "application/octet-stream",
        "content-encoding": "aes128gcm",
        authorization: pushAuthorization(keys, target.endpoint, contact),
        ttl: String(PUSH_TTL),
        urgency: urgent ? "high" : "normal",
        // A push service that has not delivered the first one yet puts the repeat in its place.
        topic: id.replaceAll("-", ""),
      });
      return { ...result, gone: result.status === 404 || result.status === 410 };
    }
  }
}
