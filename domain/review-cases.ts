/** Where a case stands: waiting for a verdict, or closed by one. */
export const CASE_STATUSES = ["open", "decided"] as const;
export type CaseStatus = (typeof CASE_STATUSES)[number];

/** Why people look at a payment: the policy sends it to them, or it was drawn for the control group. */
export const CASE_SELECTIONS = ["policy", "control"] as const;
export type CaseSelection = (typeof CASE_SELECTIONS)[number];

/** Orders of open cases: by what is at stake, by deadline, by fraud probability, by when they were opened. */
export const QUEUE_ORDERS = ["worth", "due", "score", "oldest"] as const;
export type QueueOrder = (typeof QUEUE_ORDERS)[number];

/** What people do to a case: the acts that are audited. `referred` is handed to a lead, `assigned` to a person, `reopened` a verdict taken back. */
export const REVIEW_ACTS = [
  "claimed",
  "released",
  "snoozed",
  "referred",
  "assigned",
  "decided",
  "reopened",
  "corrected",
] as const;
export type ReviewAct = (typeof REVIEW_ACTS)[number];

/** What happens to a case: the kinds of its timeline's entries. `escalated` is a deadline that passed. */
export const CASE_EVENTS = ["opened", ...REVIEW_ACTS, "escalated"] as const;
export type CaseEvent = (typeof CASE_EVENTS)[number];

/** Longest note of a verdict, in characters of UTF-16 after line ends became LF. */
export const MAX_NOTE = 2_000;

/** How long one's own verdict can be taken back without a reason, milliseconds. */
export const UNDO_MS = 10_000;

/** For how long a case can be put off, minutes. */
export const SNOOZE_MINUTES = [15, 60, 240, 1_440] as const;
