/** Ranges that figures are read for, in days of 24 hours. */
export const ANALYTICS_DAYS = [1, 7, 28, 90] as const;
export type AnalyticsDays = (typeof ANALYTICS_DAYS)[number];

/** Largest rate of false discoveries at which a difference is called sure. */
export const SURE = 0.01;

/** A span of time; `until` is not in it. */
export interface Span {
  readonly from: Date;
  readonly until: Date;
}

/** A share with the interval that it lies in with 95 % (Wilson 1927); null where nothing was counted. */
export interface CountedShare {
  readonly hits: number;
  readonly of: number;
  readonly share: number | null;
  readonly low: number;
  readonly high: number;
}

/** One hour of one day of the week. */
export interface HeatCell {
  /** 1 is Monday, 7 Sunday. */
  readonly weekday: number;
  /** 0 to 23. */
  readonly hour: number;
  /** How often the hour was in the range; less than whole at its ends. */
  readonly hours: number;
  readonly payments: number;
  /** High and Critical, or whatever tiers are sent to people. */
  readonly risky: number;
}

/** Payments by hour and day of the week, of every payment counted. */
export interface Heat {
  readonly timeZone: string;
  readonly payments: number;
  readonly risky: number;
  /** By weekday, then hour; those that the range does not touch are not there. */
  readonly cells: readonly HeatCell[];
}

/** What payments are told apart by, as the store names it. */
export const WHERE_COLUMNS = ["country", "channel", "merchant_id", "merchant_category"] as const;
export type WhereColumn = (typeof WHERE_COLUMNS)[number];

/** Payments of one country, channel, merchant or category, among those drawn. */
export interface WhereRow {
  /** Null of payments that do not say it. */
  readonly value: string | null;
  /** Drawn. */
  readonly payments: number;
  /** Risky ones among them. */
  readonly risky: CountedShare;
  /** Whether that is surely more or less than of all other payments; null where it is not told from chance. */
  readonly unlike: "more" | "less" | null;
  /** False discovery rate among all rows of all tables. */
  readonly rate: number;
  /** Verdicts of people, and those that said fraud. */
  readonly verdicts: CountedShare;
}

export interface WhereTable {
  readonly column: WhereColumn;
  /** Those surely unlike the others first, farthest first; then by payments. */
  readonly rows: readonly WhereRow[];
  /** Values too rare to be shown, and their payments. */
  readonly rare: { readonly values: number; readonly payments: number };
}

export interface Where {
  readonly drawn: number;
  /** Of all payments drawn. */
  readonly risky: CountedShare;
  /** Of the newest verdicts of the range. */
  readonly verdicts: CountedShare;
  readonly tables: readonly WhereTable[];
}

/** How scores of a range compare with those of the range before. */
export type ScoreState = "steady" | "watch" | "moved" | "unsure" | "alone";

export interface ScoreBin {
  readonly low: number;
  readonly high: number;
  /** Payments drawn. */
  readonly now: number;
  readonly before: number;
}

export interface Scores {
  readonly drawn: number;
  readonly drawnBefore: number;
  /** The range before; null where its minutes are no longer kept. */
  readonly before: Span | null;
  readonly bins: readonly ScoreBin[];
  readonly median: number | null;
  readonly medianBefore: number | null;
  /** Population stability index (Siddiqi 2006); null where there is nothing to compare with. */
  readonly psi: number | null;
  readonly state: ScoreState;
  readonly words: string;
}

/** What one person, or program, did. */
export interface WorkloadRow {
  readonly kind: string;
  readonly id: string;
  readonly name: string;
  /** Verdicts that they gave and did not take back at once. */
  readonly decided: number;
  /** … of which so many had been claimed by them before. */
  readonly timed: number;
  /** From claim to verdict; null where none was claimed. */
  readonly medianSeconds: number | null;
  /** Later corrected to the other verdict, by whomever. */
  readonly corrected: number;
  /** A chargeback, or its reversal, said the other. */
  readonly contradicted: number;
  /** Neither. */
  readonly stood: CountedShare;
}

export interface Workload {
  /** By name. */
  readonly people: readonly WorkloadRow[];
  /** Cases that were looked at, the newest. */
  readonly cases: number;
  /** There were more. */
  readonly cut: boolean;
}

/** Fewer verdicts than this say little of whoever gave them. */
export const FEW_VERDICTS = 20;

/** Everything of a range. */
export interface Analytics extends Span {
  readonly days: AnalyticsDays;
  readonly heat: Heat;
  readonly where: Where;
  readonly scores: Scores;
  /** Null for whoever may not see it. */
  readonly workload: Workload | null;
}
