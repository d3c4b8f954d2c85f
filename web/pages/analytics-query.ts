import { z } from "zod";
import type { AnalyticsDays } from "../../domain/analytics.ts";
import { analyticsQuery } from "../api/analytics.ts";
import { HEAT_MEASURES } from "../components/heat-words.ts";

/** What the page's address, and those of its files, say. */
export const pageQuery = analyticsQuery.extend({ measure: z.enum(HEAT_MEASURES).default("payments") });
export type PageQuery = z.output<typeof pageQuery>;

/** Ranges as people read them. */
export const DAYS_NAME: Readonly<Record<AnalyticsDays, string>> = {
  1: "1 day",
  7: "7 days",
  28: "28 days",
  90: "90 days",
};

/** An address of the page or of a file beside it: only what is not as by default is said. */
export function analyticsHref(path: string, { days, until, measure }: PageQuery): string {
  const params = new URLSearchParams();
  if (days !== 7) params.set("days", String(days));
  if (until !== undefined) params.set("until", until);
  if (measure !== "payments") params.set("measure", measure);
  return params.size === 0 ? path : `${path}?${params}`;
}
