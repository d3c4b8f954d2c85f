/** What watching the payments that come says of a column, from what needs nobody to what needs somebody. */
export const WATCH_STATES = ["steady", "unsure", "watch", "moved", "broken"] as const;
export type WatchState = (typeof WATCH_STATES)[number];

/** When a difference matters. Sure means: not by chance, with one in a hundred of those taken for real wrong. */
export const WATCH_LIMITS = {
  /** Largest rate of false discoveries at which a difference is sure. */
  sure: 0.01,
  /** Population stability index (Siddiqi 2006): from here to be watched, and from there moved. */
  psi: { watch: 0.1, moved: 0.25 },
  /** More of it missing than before, as a share of all payments. */
  missing: 0.05,
  /** Fewer payments than this on a side say nothing. */
  payments: 200,
} as const;

/** One side of a comparison. */
export interface WatchSide {
  /** Payments looked at. */
  readonly payments: number;
  /** Share of them without a value. */
  readonly missing: number;
  /** Of numbers: 5 %, half and 95 % of the values lie below. Null where there are none. */
  readonly quantiles: readonly [low: number, median: number, high: number] | null;
  /** Of categories, with their shares, most frequent first. Null for numbers. */
  readonly top: readonly { readonly value: string; readonly share: number }[] | null;
}

/** A column of the payments, lately and before. */
export interface WatchColumn {
  /** As the model, the contract or the team names it. */
  readonly name: string;
  readonly kind: "score" | "input" | "field";
  readonly now: WatchSide;
  readonly before: WatchSide;
  /** Population stability index of the values that are there. */
  readonly psi: number;
  /** Largest distance between the two distributions of numbers; the share that changed its value, of categories. */
  readonly distance: number;
  /** False discovery rate among all columns of the report, of the values and of what is missing. */
  readonly rate: number;
  readonly missingRate: number;
  readonly state: WatchState;
  /** What it is about, in words. */
  readonly words: string;
}

/** Labels of cases that were decided in one span. */
export interface LabelSpan {
  readonly from: string;
  readonly labels: number;
  readonly frauds: number;
  /** Mean score of those that are labelled: what would be fraud if scores were right. */
  readonly expected: number;
  /** Where the true share of frauds lies, 95 % (Wilson 1927). */
  readonly low: number;
  readonly high: number;
}

/** Payments of lately held against those of the weeks before. */
export interface WatchReport {
  readonly at: string;
  /** Hours that are called lately, and days before them. */
  readonly hours: number;
  readonly days: number;
  /** "name@version" of the model that decided most of them. */
  readonly model: string;
  readonly now: number;
  readonly before: number;
  readonly columns: readonly WatchColumn[];
  /** By week, oldest first: of payments that somebody looked at, so of risky ones mostly. */
  readonly weeks: readonly LabelSpan[];
}
