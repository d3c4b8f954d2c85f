/** Where a case stands: waiting for a verdict, or closed by one. */
export const CASE_STATUSES = ["open", "decided"] as const;
export type CaseStatus = (typeof CASE_STATUSES)[number];

/** What happens to a case: the kinds of its timeline's entries. */
export const CASE_EVENTS = ["opened", "claimed", "released", "decided", "escalated"] as const;
export type CaseEvent = (typeof CASE_EVENTS)[number];

/** What people do to a case, of {@link CASE_EVENTS}: the acts that are audited. */
export const REVIEW_ACTS = ["claimed", "released", "decided"] as const satisfies readonly CaseEvent[];
export type ReviewAct = (typeof REVIEW_ACTS)[number];

/** Longest note of a verdict, in characters of UTF-16 after line ends became LF. */
export const MAX_NOTE = 2_000;
