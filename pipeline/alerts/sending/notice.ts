import type { AlertEvent, AlertKind, AlertSeverity, ChannelKind } from "../../../domain/alerts.ts";

/** One line of a message: what became of an alert, as it was then. */
export interface Notice {
  readonly alertId: number | null;
  readonly event: AlertEvent;
  readonly kind: AlertKind | null;
  readonly severity: AlertSeverity;
  readonly title: string;
  readonly body: string;
  /** A path of the console. */
  readonly link: string;
  readonly value: number | null;
  readonly threshold: number | null;
  readonly at: Date;
}

/** A message on its way to a channel. */
export interface OutgoingAlerts {
  /** UUID; the same however often it is sent. */
  readonly messageId: string;
  readonly createdAt: Date;
  readonly channel: { readonly id: number; readonly kind: ChannelKind; readonly name: string };
  readonly notices: readonly Notice[];
}

/** So many are told one by one; of more it is said how many there are. */
export const TOLD_SINGLY = 20;

const WORDS: Readonly<Record<AlertEvent, string>> = {
  fired: "",
  escalated: "Nobody has acknowledged: ",
  resolved: "Over: ",
  test: "",
};

/** One line: what, and what became of it. */
export function headline({ event, severity, title }: Notice): string {
  return event === "fired" ? `${severity.toUpperCase()}: ${title}` : `${WORDS[event]}${title}`;
}

/** What a message is about, in one line. */
export function subjectOf(notices: readonly Notice[]): string {
  const [first] = notices;
  if (!first) return "PaySecure";
  return notices.length === 1 ? headline(first) : `${headline(first)} (and ${notices.length - 1} more)`;
}

/** An address of the console; the path alone where nobody said how people reach it. */
export function addressOf(path: string, publicUrl: string | undefined): string {
  return publicUrl === undefined ? path : new URL(path, publicUrl).href;
}

/** A message as plain text. */
export function plainText(notices: readonly Notice[], publicUrl: string | undefined): string {
  const parts = notices
    .slice(0, TOLD_SINGLY)
    .map((notice) =>
      [
        headline(notice),
        notice.body,
        `${addressOf(notice.link, publicUrl)} · ${notice.at.toISOString()}`,
      ].join("\n"),
    );
  const more = notices.length - TOLD_SINGLY;
  if (more > 0) parts.push(`… and ${more} more: ${addressOf("/alerts", publicUrl)}`);
  return parts.join("\n\n");
}
