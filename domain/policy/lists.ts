/** What a list is for; the word is for people, a rule decides what being on it does. */
export const LIST_KINDS = ["allow", "deny", "watch"] as const;
export type ListKind = (typeof LIST_KINDS)[number];

/** How lists are named: what `in_list("name", …)` says. */
export const LIST_NAME = /^[a-z][a-z0-9_]{0,39}$/;
export const MAX_LISTS = 50;
/** Entries of all lists together: they are in the memory of every scorer. */
export const MAX_LIST_ENTRIES = 200_000;
/** Longest value, in characters of UTF-16: the longest text of a payment. */
export const MAX_LIST_VALUE = 128;
/** Longest reason of an entry, and longest word on what a list is for. */
export const MAX_LIST_REASON = 200;
