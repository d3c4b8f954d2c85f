/** The figures by which somebody tells whether the last hour is an ordinary one. */
export const HOUR_FIGURES = {
  transactions: { title: "Payments", kind: "count", place: "/transactions" },
  risky: { title: "High or Critical", kind: "share", place: "/reviews" },
  opened: { title: "Cases opened", kind: "count", place: "/reviews" },
  verdicts: { title: "Verdicts", kind: "count", place: "/reviews?show=decided" },
  escalated: { title: "Cases past their deadline", kind: "count", place: "/reviews" },
} as const satisfies Readonly<
  Record<string, { readonly title: string; readonly kind: "count" | "share"; readonly place: string }>
>;

export type HourFigure = keyof typeof HOUR_FIGURES;
export const HOUR_FIGURE_NAMES = Object.keys(HOUR_FIGURES) as HourFigure[];

/** One figure of the last hour beside the same hour of past weeks. */
export interface HourReading {
  readonly figure: HourFigure;
  /** A number of things, or a share of the hour's payments; null for a share of none. */
  readonly value: number | null;
  /** Where it usually lies; null where the history is too short. */
  readonly usual: { readonly low: number; readonly high: number } | null;
  readonly state: "usual" | "low" | "high" | "unknown";
}

/** The last hour. */
export interface HourReport {
  /** Weeks with payments at this hour, and how many are wanted before anything is said. */
  readonly weeks: number;
  readonly wanted: number;
  readonly readings: readonly HourReading[];
}
