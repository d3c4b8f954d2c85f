import { z } from "zod";
import { WATCH_STATES, type WatchReport, type WatchSide } from "../../domain/watch.ts";
import { readWatchReport } from "../../pipeline/watch/reports.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { type ApiRoute, route } from "./route.ts";

const share = z.number().min(0).max(1);
const sideJson = z.object({
  payments: z.number().int(),
  missing: share.describe("Share of payments without a value"),
  quantiles: z.object({ p5: z.number(), p50: z.number(), p95: z.number() }).nullable().describe("Of numbers"),
  top: z
    .array(z.object({ value: z.string(), share }))
    .nullable()
    .describe("Of categories, most frequent first"),
});

const watchJson = z
  .object({
    at: z.iso.datetime(),
    hours: z.number().describe("What is called now: so many hours before `at`"),
    days: z.number().describe("What is called before: so many days before those"),
    model: z.string().describe("name@version that decided most of them"),
    payments: z.object({ now: z.number().int(), before: z.number().int() }).describe("Looked at"),
    columns: z.array(
      z.object({
        name: z.string(),
        kind: z.enum(["score", "input", "field"]),
        state: z.enum(WATCH_STATES),
        words: z.string(),
        psi: z.number().describe("Population stability index"),
        distance: share.describe("Kolmogorov-Smirnov distance of numbers, total variation of categories"),
        false_discovery_rate: share.describe("Benjamini-Hochberg, over all columns of the report"),
        missing_false_discovery_rate: share,
        now: sideJson,
        before: sideJson,
      }),
    ),
    label_weeks: z.array(
      z.object({
        from: z.iso.datetime(),
        labels: z.number().int(),
        frauds: z.number().int(),
        expected: share.describe("Mean score of the labelled payments"),
        low: share.describe("Of the share of frauds, 95 % (Wilson)"),
        high: share,
      }),
    ),
  })
  .meta({ id: "WatchReport" });

function sideToJson({ payments, missing, quantiles, top }: WatchSide): z.output<typeof sideJson> {
  return {
    ...{ payments, missing },
    quantiles: quantiles && { p5: quantiles[0], p50: quantiles[1], p95: quantiles[2] },
    top: top?.map((each) => ({ ...each })) ?? null,
  };
}

function reportToJson({ at, hours, days, model, now, before, columns, weeks }: WatchReport) {
  return {
    ...{ at, hours, days, model, payments: { now, before } },
    columns: columns.map(({ rate, missingRate, now: lately, before: earlier, ...column }) => ({
      ...column,
      false_discovery_rate: rate,
      missing_false_discovery_rate: missingRate,
      now: sideToJson(lately),
      before: sideToJson(earlier),
    })),
    label_weeks: weeks.map((week) => ({ ...week })),
  } satisfies z.output<typeof watchJson>;
}

export const WATCH_ROUTES: readonly ApiRoute[] = [
  route(
    {
      method: "get",
      path: "/api/v1/watch",
      summary: "What payments bring, lately and before",
      description:
        "The newest hourly report: every column of the last day's payments against those of the four weeks before, those that moved first.",
      access: "operations.read",
      status: 200,
      answer: watchJson,
      says: { 404: "No report was made yet: a worker makes the first within minutes." },
      failures: [404, 503],
    },
    ({ db }) =>
      async () => {
        const report = await readWatchReport(db);
        if (!report) throw new DomainError("not_found", "no report was made yet: a worker makes the first");
        return reportToJson(report);
      },
  ),
];
