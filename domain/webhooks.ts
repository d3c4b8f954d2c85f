/** What an endpoint of webhooks may ask to be told. */
export const WEBHOOK_EVENT_NAMES = [
  "decision.recorded",
  "decision.flagged",
  "case.opened",
  "case.escalated",
  "verdict.given",
  "label.given",
] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENT_NAMES)[number];

/** What each says. */
export const WEBHOOK_EVENTS: Readonly<Record<WebhookEvent, string>> = {
  "decision.recorded": "Every decision, up to 100 in a message",
  "decision.flagged": "A decision of tier High or Critical",
  "case.opened": "A case waits for a verdict",
  "case.escalated": "A case passed its deadline without one",
  "verdict.given": "A person gave a verdict on a case",
  "label.given": "What a payment turned out to be is known",
};

/** What the test button sends, whatever an endpoint asked for. */
export const TEST_EVENT = "webhook.test";

/** What a message may be about. */
export type SentEvent = WebhookEvent | typeof TEST_EVENT;

/** Decisions in a message of `decision.recorded`, at most. */
export const MOST_DECISIONS = 100;

/** Where a message to an endpoint stands. */
export const DELIVERY_STATES = ["waiting", "delivered", "failed"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];
