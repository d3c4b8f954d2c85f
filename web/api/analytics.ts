import { z } from "zod";
import { ANALYTICS_DAYS, type Analytics, type CountedShare, WHERE_COLUMNS } from "../../domain/analytics.ts";
import { readAnalytics } from "../../pipeline/analytics/analytics.ts";
import { mayDo } from "../auth/guard.ts";
import { isTimeZone } from "../components/view.ts";
import { type ApiRoute, route } from "./route.ts";

/** What the page and the API are asked in: which days, up to when. */
export const analyticsQuery = z.object({
  days: z.coerce
    .number("must be a number of days")
    .pipe(z.literal(ANALYTICS_DAYS, `must be one of ${ANALYTICS_DAYS.join(", ")}`))
    .default(7),
  until: z.iso
    .datetime({ offset: true, message: "must be a time such as 2026-11-27T12:00:00Z" })
    .optional()
    .describe("The end of the range, to the minute; now where it is left out"),
});

const apiQuery = analyticsQuery.extend({
  time_zone: z
    .string()
    .max(63)
    .refine(isTimeZone, "must be a zone such as Europe/Paris")
    .default("UTC")
    .describe("Of the hours and days of the week (IANA)"),
});

const count = z.number().int().nonnegative();
const share = z.number().min(0).max(1);
const shareJson = z.object({
  hits: count,
  of: count,
  share: share.nullable().describe("Null of none"),
  low: share.describe("95 % (Wilson)"),
  high: share,
});

const analyticsJson = z
  .object({
    days: z.number().int(),
    from: z.iso.datetime(),
    until: z.iso.datetime(),
    time_zone: z.string(),
    payments: count.describe("Counted"),
    risky: count.describe("Of a tier that is sent to people"),
    heat: z.array(
      z.object({
        weekday: z.number().int().min(1).max(7).describe("1 is Monday"),
        hour: z.number().int().min(0).max(23),
        hours: z.number().describe("How often the hour was in the range"),
        payments: count,
        risky: count,
      }),
    ),
    where: z.object({
      drawn: count.describe("Payments drawn evenly over the range; all of them where there are few"),
      risky: shareJson,
      verdicts: shareJson.describe("Fraud among the newest verdicts on cases that the policy sent to people"),
      tables: z.array(
        z.object({
          by: z.enum(WHERE_COLUMNS),
          rows: z.array(
            z.object({
              value: z.string().nullable().describe("Null of payments that do not say it"),
              payments: count.describe("Drawn"),
              risky: shareJson,
              unlike: z
                .enum(["more", "less"])
                .nullable()
                .describe("Surely more or less risky than all others; null where chance does as much"),
              false_discovery_rate: share.describe("Fisher's exact test, Benjamini-Hochberg over all rows"),
              verdicts: shareJson,
            }),
          ),
          rare: z.object({ values: count, payments: count }),
        }),
      ),
    }),
    scores: z.object({
      drawn: count,
      drawn_before: count,
      before: z
        .object({ from: z.iso.datetime(), until: z.iso.datetime() })
        .nullable()
        .describe("The range before; null where its minutes are no longer kept"),
      median: share.nullable(),
      median_before: share.nullable(),
      psi: z.number().nullable().describe("Population stability index"),
      state: z.enum(["steady", "watch", "moved", "unsure", "alone"]),
      words: z.string(),
      bins: z.array(z.object({ low: share, high: share, now: count, before: count })),
    }),
    workload: z
      .object({
        cases: count,
        cut: z.boolean().describe("There were more; these are the newest"),
        people: z.array(
          z.object({
            kind: z.string(),
            id: z.string(),
            name: z.string(),
            decided: count,
            timed: count.describe("Claimed by them before"),
            median_seconds: z.number().nullable().describe("From claim to verdict"),
            corrected: count,
            contradicted: count.describe("By a chargeback or its reversal"),
            stood: shareJson,
          }),
        ),
      })
      .nullable()
      .describe("Null without the right reviews.supervise"),
  })
  .meta({ id: "Analytics" });

const shareToJson = ({ hits, of, share, low, high }: CountedShare): z.output<typeof shareJson> => ({
  ...{ hits, of, share, low, high },
});

function analyticsToJson(figures: Analytics): z.output<typeof analyticsJson> {
  const { days, from, until, heat, where, scores, workload } = figures;
  const { drawn, drawnBefore, before, median, medianBefore, psi, state, words, bins } = scores;
  return {
    ...{ days, from: from.toISOString(), until: until.toISOString(), time_zone: heat.timeZone },
    ...{ payments: heat.payments, risky: heat.risky, heat: heat.cells.map((cell) => ({ ...cell })) },
    where: {
      drawn: where.drawn,
      risky: shareToJson(where.risky),
      verdicts: shareToJson(where.verdicts),
      tables: where.tables.map(({ column, rows, rare }) => ({
        by: column,
        rows: rows.map(({ value, payments, risky, unlike, rate, verdicts }) => ({
          ...{ value, payments, unlike, false_discovery_rate: rate },
          risky: shareToJson(risky),
          verdicts: shareToJson(verdicts),
        })),
        rare: { ...rare },
      })),
    },
    scores: {
      ...{ drawn, drawn_before: drawnBefore, median, median_before: medianBefore, psi, state, words },
      before: before && { from: before.from.toISOString(), until: before.until.toISOString() },
      bins: bins.map((bin) => ({ ...bin })),
    },
    workload: workload && {
      ...{ cases: workload.cases, cut: workload.cut },
      people: workload.people.map(({ medianSeconds, stood, ...row }) => ({
        ...row,
        ...{ median_seconds: medianSeconds, stood: shareToJson(stood) },
      })),
    },
  };
}

export const ANALYTICS_ROUTES: readonly ApiRoute[] = [
  route(
    {
      method: "get",
      path: "/api/v1/analytics",
      summary: "Payments of a range: when, where from, how scored, and who judged them",
      description:
        "The figures of the page Analytics. Payments are counted by hour; origins and scores are of a draw over the whole range. What each person decided is told with the right reviews.supervise alone.",
      access: "figures.read",
      query: apiQuery,
      status: 200,
      answer: analyticsJson,
      failures: [503],
    },
    ({ db }) =>
      async ({ query: { days, until, time_zone: timeZone } }, c) =>
        analyticsToJson(
          await readAnalytics(db, {
            ...{ days, timeZone, workload: mayDo(c.get("user"), "reviews.supervise") },
            until: until === undefined ? undefined : new Date(until),
          }),
        ),
  ),
];
