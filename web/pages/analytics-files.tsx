import { Hono } from "hono";
import type { Span } from "../../domain/analytics.ts";
import { readScores, readWhere } from "../../pipeline/analytics/analytics.ts";
import { readHeat } from "../../pipeline/analytics/heat.ts";
import { rangeOf } from "../../pipeline/analytics/range.ts";
import { readWorkload } from "../../pipeline/analytics/workload.ts";
import { csvCell } from "../../platform/process/csv/cell.ts";
import { readQuery } from "../api/body.ts";
import { requireRight } from "../auth/guard.ts";
import { chartFile } from "../components/chart-file.ts";
import { formatDateTime } from "../components/format.ts";
import { HeatDrawing } from "../components/heat-map.tsx";
import { MEASURE_NAME } from "../components/heat-words.ts";
import { drawScores } from "../components/score-chart.tsx";
import { type View, viewOf } from "../components/view.ts";
import { WhereDrawing } from "../components/where-from.tsx";
import type { AppContext, AppEnv, Deps } from "../context.ts";
import { render } from "../fragments/fragments.tsx";
import { pageQuery } from "./analytics-query.ts";

type Cell = string | number | null;

/** What a file is of. */
interface Asked {
  readonly span: Span;
  readonly view: View;
  readonly measure: "payments" | "risky";
  /** What it shows and of when, above a picture. */
  title(what: string): string;
}

function askedOf(c: AppContext): Asked {
  const { days, until, measure } = readQuery(c, pageQuery);
  const view = viewOf(c);
  const span = rangeOf(days, until === undefined ? undefined : new Date(until));
  const when = [span.from, span.until].map((at) => formatDateTime(at, view.timeZone)).join(" to ");
  return { span, view, measure, title: (what) => `${what}, ${when}` };
}

/** Lines of CSV (RFC 4180); null is an empty cell, and no cell is one that a spreadsheet runs. */
function csvFile(c: AppContext, name: string, header: readonly string[], rows: readonly (readonly Cell[])[]) {
  const lines = [header, ...rows].map((row) =>
    row.map((cell) => (cell === null ? "" : csvCell(cell))).join(","),
  );
  return file(c, `${name}.csv`, "text/csv; charset=utf-8", `${lines.join("\r\n")}\r\n`);
}

function file(c: AppContext, name: string, type: string, body: string) {
  c.header("Content-Type", type);
  c.header("Content-Disposition", `attachment; filename="paysecure-${name}"`);
  return c.body(body);
}

const svgFile = (c: AppContext, name: string, svg: string, title: string) =>
  file(c, `${name}.svg`, "image/svg+xml", chartFile(svg, title));

/** The charts of `/analytics` as files: their figures as CSV, their pictures as SVG. */
export function analyticsFileRoutes({ db }: Deps): Hono<AppEnv> {
  const figures = requireRight("figures.read");
  return new Hono<AppEnv>()
    .get("/analytics/heat.csv", figures, async (c) => {
      const { span, view } = askedOf(c);
      const { cells } = await readHeat(db, span, view.timeZone);
      return csvFile(
        c,
        "heat",
        ["weekday", "hour", "hours_in_range", "payments", "risky", "time_zone"],
        cells.map((cell) => [
          ...[cell.weekday, cell.hour, cell.hours, cell.payments, cell.risky, view.timeZone],
        ]),
      );
    })
    .get("/analytics/heat.svg", figures, async (c) => {
      const { span, view, measure, title } = askedOf(c);
      const heat = await readHeat(db, span, view.timeZone);
      const svg = await render(<HeatDrawing heat={heat} measure={measure} shape="wide" />);
      return svgFile(c, "heat", svg, title(MEASURE_NAME[measure]));
    })
    .get("/analytics/where.csv", figures, async (c) => {
      const { drawn, tables } = await readWhere(db, askedOf(c).span);
      return csvFile(
        c,
        "where",
        [
          ...["by", "value", "payments", "payments_drawn", "risky", "risky_low", "risky_high", "unlike"],
          ...["false_discovery_rate", "verdicts", "verdicts_fraud", "fraud_low", "fraud_high"],
        ],
        tables.flatMap(({ column, rows }) =>
          rows.map(({ value, payments, risky, unlike, rate, verdicts }) => [
            ...[column, value, payments, drawn, risky.hits, risky.low, risky.high, unlike, rate],
            ...(verdicts.of === 0
              ? [0, 0, null, null]
              : [verdicts.of, verdicts.hits, verdicts.low, verdicts.high]),
          ]),
        ),
      );
    })
    .get("/analytics/where.svg", figures, async (c) => {
      const { span, title } = askedOf(c);
      const where = await readWhere(db, span);
      const svg = await render(<WhereDrawing where={where} />);
      return svgFile(c, "where", svg, title("Risky share by origin"));
    })
    .get("/analytics/scores.csv", figures, async (c) => {
      const { bins, before } = await readScores(db, askedOf(c).span);
      return csvFile(
        c,
        "scores",
        ["score_from", "score_to", "payments_drawn", "payments_drawn_before"],
        bins.map((bin) => [bin.low, bin.high, bin.now, before ? bin.before : null]),
      );
    })
    .get("/analytics/scores.svg", figures, async (c) => {
      const { span, title } = askedOf(c);
      const scores = await readScores(db, span);
      const svg = drawScores(scores, { width: 760, height: 300 }, "wide");
      const before = scores.drawnBefore > 0 ? " (the range before in grey)" : "";
      return svgFile(c, "scores", svg, title(`Scores${before}`));
    })
    .get("/analytics/workload.csv", requireRight("reviews.supervise"), async (c) => {
      const { people } = await readWorkload(db, askedOf(c).span);
      return csvFile(
        c,
        "workload",
        [
          ...["kind", "id", "name", "cases_decided", "claimed_before", "median_seconds", "corrected"],
          ...["against_a_chargeback", "stood", "stood_low", "stood_high"],
        ],
        people.map((row) => [
          ...[row.kind, row.id, row.name, row.decided, row.timed, row.medianSeconds, row.corrected],
          ...[row.contradicted, row.stood.hits, row.stood.low, row.stood.high],
        ]),
      );
    });
}
