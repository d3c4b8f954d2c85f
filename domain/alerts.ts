/** What alerts are about: every kind, what it means, when it begins and ends, declared once. */

/** From what can wait to what wakes somebody. */
export const ALERT_SEVERITIES = ["info", "warning", "critical"] as const;
export type AlertSeverity = (typeof ALERT_SEVERITIES)[number];

/** Whether `severity` is at least `floor`. */
export function isAtLeast(severity: AlertSeverity, floor: AlertSeverity): boolean {
  return ALERT_SEVERITIES.indexOf(severity) >= ALERT_SEVERITIES.indexOf(floor);
}

/** An alert fires until somebody says that they have it, or until it is over. */
export const ALERT_STATES = ["firing", "acknowledged", "resolved"] as const;
export type AlertState = (typeof ALERT_STATES)[number];

/** What is told of an alert. `test` is of none. */
export const ALERT_EVENTS = ["fired", "escalated", "resolved", "test"] as const;
export type AlertEvent = (typeof ALERT_EVENTS)[number];

/** Ways that alerts leave by. */
export const CHANNEL_KINDS = ["webhook", "slack", "teams", "email", "sms", "push"] as const;
export type ChannelKind = (typeof CHANNEL_KINDS)[number];

/** What became of a message to a channel. */
export const MESSAGE_STATES = ["waiting", "sending", "sent", "failed", "dropped"] as const;
export type MessageState = (typeof MESSAGE_STATES)[number];

/** The number that a condition is held against. */
interface Threshold {
  readonly usual: number;
  readonly least: number;
  readonly most: number;
  /** Behind the number: "seconds", "%". */
  readonly unit: string;
}

interface AlertKindRow {
  readonly title: string;
  /** When it fires, as people read it. */
  readonly means: string;
  /** What to do about it: the runbook's line. */
  readonly todo: string;
  readonly severity: AlertSeverity;
  /** Absent where there is nothing to set. */
  readonly threshold?: Threshold;
  /** A condition is true for so long before it fires, and over for so long before it is resolved: no flapping. Seconds. */
  readonly holds?: { readonly fires: number; readonly clears: number };
  /**
   * `condition`: a worker looks again and again, and says when it is over. `event`: it happened; it is over when whoever
   * raised it says so, when somebody acknowledges it, or after a day.
   */
  readonly ends: "condition" | "event";
  /** Where in the console it is looked into. */
  readonly place: string;
}

/** In the order of the page. */
export const ALERT_KINDS = {
  critical_amount: {
    title: "Critical decision over an amount",
    means:
      "a payment was decided Critical and is worth at least the threshold: in the base currency where an operator has set rates, in its own currency otherwise",
    todo: "Open the payment and its case; a run of them from one card, merchant or country is an attack: put it on a list of the policy.",
    severity: "critical",
    threshold: { usual: 1_000, least: 0, most: 1_000_000_000, unit: "of the currency" },
    ends: "event",
    place: "/transactions?tier=critical",
  },
  fraud_rate: {
    title: "Share of risky payments off its usual band",
    means:
      "the share of High and Critical in the last hour is more standard deviations away from the same hour of past weeks than the threshold",
    todo: "Up: look at the newest Critical payments for what they have in common. Down: a field may have stopped coming; compare a payment's fields with last week's.",
    severity: "warning",
    threshold: { usual: 4, least: 1, most: 100, unit: "standard deviations" },
    holds: { fires: 60, clears: 300 },
    ends: "condition",
    place: "/",
  },
  volume: {
    title: "Number of payments off its usual band",
    means:
      "the payments of the last hour are more standard deviations away from the same hour of past weeks than the threshold",
    todo: "Down: ask the senders, and look whether the doors answer 503 or refuse. Up: a replay, a retry storm, a holiday or an attack; see the sources on the transactions page.",
    severity: "warning",
    threshold: { usual: 5, least: 1, most: 100, unit: "standard deviations" },
    holds: { fires: 60, clears: 300 },
    ends: "condition",
    place: "/",
  },
  no_payments: {
    title: "No payments at all",
    means:
      "nothing was decided for as long as the threshold, although there were payments at this hour in past weeks, or just before",
    todo: "Look whether the worker and the scorer run and the queue grows; if it is empty, the senders have stopped.",
    severity: "critical",
    threshold: { usual: 10, least: 1, most: 1_440, unit: "minutes" },
    holds: { fires: 0, clears: 60 },
    ends: "condition",
    place: "/",
  },
  queue_age: {
    title: "Payments wait in the queue",
    means: "the oldest job that nobody has taken has waited longer than the threshold",
    todo: "Look at scorer and PostgreSQL first; when both serve, the workers are too few: start another.",
    severity: "warning",
    threshold: { usual: 60, least: 1, most: 86_400, unit: "seconds" },
    holds: { fires: 15, clears: 60 },
    ends: "condition",
    place: "/",
  },
  case_escalated: {
    title: "Case past its review deadline",
    means: "a case was not decided by the time its SLA gives",
    todo: "Decide it, or ask who holds it to; when there are many, the queue has too few people or the policy sends too much to them.",
    severity: "warning",
    ends: "event",
    place: "/reviews",
  },
  score_drift: {
    title: "Scores have drifted",
    means:
      "the population stability index of the tiers of the last 24 hours against the 28 days before is over the threshold (0.1 is a shift, 0.25 a large one)",
    todo: "Compare inputs of today's payments with the model's card; a new source or a changed field explains most of it. Otherwise train a challenger on later data.",
    severity: "warning",
    threshold: { usual: 0.25, least: 0.01, most: 10, unit: "PSI" },
    holds: { fires: 60, clears: 600 },
    ends: "condition",
    place: "/",
  },
  input_drift: {
    title: "What payments bring has changed",
    means:
      "a column of the last day's payments moved against the four weeks before by more than the threshold, and not by chance among so many columns; or it is missing or constant now",
    todo: "Open the watch page: it names the columns. Missing or constant: ask the sender. Moved: a new source, a season or an attack; if it stays, train a challenger on later data.",
    severity: "warning",
    threshold: { usual: 0.25, least: 0.01, most: 10, unit: "PSI" },
    holds: { fires: 60, clears: 600 },
    ends: "condition",
    place: "/watch",
  },
  scorer_away: {
    title: "The scorer does not serve",
    means: "the worker has asked the scorer for longer than the threshold and it does not serve",
    todo: "Payments wait in the queue and nothing is lost. Start the scorer, read its log, check its key and certificates.",
    severity: "critical",
    threshold: { usual: 30, least: 0, most: 3_600, unit: "seconds" },
    holds: { fires: 0, clears: 30 },
    ends: "condition",
    place: "/",
  },
  redis_away: {
    title: "Redis takes no jobs",
    means: "Redis is away, full, read-only or refuses us for longer than the threshold",
    todo: "The readiness page says which. Start it, give it memory, or let the fail-over end; what was acknowledged is in its append-only file.",
    severity: "critical",
    threshold: { usual: 30, least: 0, most: 3_600, unit: "seconds" },
    holds: { fires: 0, clears: 30 },
    ends: "condition",
    place: "/",
  },
  store_away: {
    title: "PostgreSQL takes no decisions",
    means:
      "the database is away, read-only, of an older version or refuses us for longer than the threshold; sent by what the worker last knew of the channels",
    todo: "Payments wait in the queue. Start it, end the fail-over, give it disk, or run the migrations.",
    severity: "critical",
    threshold: { usual: 30, least: 0, most: 3_600, unit: "seconds" },
    holds: { fires: 0, clears: 10 },
    ends: "condition",
    place: "/",
  },
  dead_letters: {
    title: "New dead letters",
    means: "at least as many as the threshold came within the last hour and wait",
    todo: "See the reason on the dead letters page, mend the sender or the payments, and hand them in again.",
    severity: "warning",
    threshold: { usual: 1, least: 1, most: 1_000_000, unit: "letters" },
    holds: { fires: 0, clears: 60 },
    ends: "condition",
    place: "/dead-letters",
  },
  disk_full: {
    title: "Disk nearly full",
    means: "the disk of the worker's DATA_DIR is fuller than the threshold",
    todo: "Make room or grow the disk before it is full: an embedded PostgreSQL or Redis stops writing then.",
    severity: "critical",
    threshold: { usual: 90, least: 10, most: 100, unit: "%" },
    holds: { fires: 0, clears: 60 },
    ends: "condition",
    place: "/",
  },
  redis_memory: {
    title: "Redis memory nearly full",
    means:
      "Redis uses more of its maxmemory than the threshold; not known where it has no limit or tells no figures",
    todo: "Raise maxmemory, or let the queue drain; a full Redis takes no more jobs.",
    severity: "warning",
    threshold: { usual: 85, least: 10, most: 100, unit: "%" },
    holds: { fires: 15, clears: 60 },
    ends: "condition",
    place: "/",
  },
  certificate_expiry: {
    title: "A certificate runs out",
    means:
      "a certificate in the worker's settings (TLS_CERT, REDIS_TLS_…, SCORER_TLS_…) ends within the threshold",
    todo: "Renew the file that is named; most processes read it again by themselves.",
    severity: "warning",
    threshold: { usual: 14, least: 1, most: 365, unit: "days" },
    holds: { fires: 0, clears: 0 },
    ends: "condition",
    place: "/",
  },
  webhook_disabled: {
    title: "A webhook was disabled",
    means: "a subscriber's server failed for so long that nothing more is sent to it",
    todo: "Tell its owner; enable it again when the server answers, and replay what it missed.",
    severity: "warning",
    ends: "event",
    place: "/webhooks",
  },
  channel_failing: {
    title: "Alerts do not arrive",
    means: "a message to a channel of alerts was given up after 24 hours of tries",
    todo: "Read what its server said in the deliveries, put the channel right and press Test.",
    severity: "warning",
    ends: "event",
    place: "/alerts/deliveries",
  },
} as const satisfies Record<string, AlertKindRow>;

export type AlertKind = keyof typeof ALERT_KINDS;

/** Every kind, in the table's order. */
export const ALERT_KIND_NAMES = Object.keys(ALERT_KINDS) as readonly AlertKind[];

export function isAlertKind(text: string): text is AlertKind {
  return Object.hasOwn(ALERT_KINDS, text);
}

/** One row of the table. */
export function alertKind(kind: AlertKind): AlertKindRow {
  return ALERT_KINDS[kind];
}
