import { Hono } from "hono";
import { z } from "zod";
import { DATASET_NAMES, DATASETS, datasetNamed } from "../../pipeline/exports/datasets.ts";
import { FORMAT_NAMES, type FormatName } from "../../pipeline/exports/formats.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { readQuery } from "../api/body.ts";
import { exportAnswer } from "../api/export-answer.ts";
import { requireRight } from "../auth/guard.ts";
import { Page } from "../components/layout.tsx";
import { viewOf } from "../components/view.ts";
import type { AppEnv, Deps } from "../context.ts";

const DAY_MS = 86_400_000;

const day = z.iso.date();
const fileQuery = z
  .object({
    dataset: z.enum(DATASET_NAMES),
    format: z.enum(FORMAT_NAMES).default("csv"),
    from: day.optional(),
    to: day.optional(),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from <= to, {
    path: ["to"],
    error: "must not be before the first day",
  });

const FORMAT_WORDS: Readonly<Record<FormatName, string>> = {
  jsonl: "JSON lines",
  csv: "CSV",
  parquet: "Parquet",
};

/** `/export`: datasets as files, for whoever may take them out. */
export function exportPageRoutes(deps: Deps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get("/export", requireRight("data.export"), async (c) => {
      const snapshot = await deps.feed.recent();
      return await c.html(
        <Page
          title="Export"
          heading="Export"
          sub="What was recorded, as a file; each one is in the audit log"
          view={viewOf(c)}
          live="/live/frame"
          reviews={snapshot.stats.reviews}
        >
          <form class="panel" method="get" action="/export/file" aria-labelledby="export-title">
            <div class="panel-head">
              <h2 id="export-title">Take out a file</h2>
            </div>
            <div class="panel-body filters">
              <label class="field">
                <span>What</span>
                <select name="dataset">
                  {DATASETS.map(({ name, title }) => (
                    <option value={name}>{title}</option>
                  ))}
                </select>
              </label>
              <label class="field">
                <span>As</span>
                <select name="format">
                  {FORMAT_NAMES.map((name) => (
                    <option value={name} selected={name === "csv"}>
                      {FORMAT_WORDS[name]}
                    </option>
                  ))}
                </select>
              </label>
              <label class="field">
                <span>From (UTC)</span>
                <input type="date" name="from" />
              </label>
              <label class="field">
                <span>To (UTC)</span>
                <input type="date" name="to" />
              </label>
              <button type="submit" class="button primary">
                Download
              </button>
            </div>
          </form>
          <section class="panel" aria-labelledby="datasets-title">
            <div class="panel-head">
              <h2 id="datasets-title">What is in them</h2>
              <span class="sub">Without days, all that is kept</span>
            </div>
            <dl class="panel-body datasets">
              {DATASETS.map(({ title, about }) => (
                <div>
                  <dt>{title}</dt>
                  <dd>{about}</dd>
                </div>
              ))}
            </dl>
          </section>
        </Page>,
      );
    })
    .get("/export/file", requireRight("data.export"), async (c) => {
      const { dataset: name, format, from, to } = readQuery(c, fileQuery);
      const dataset = datasetNamed(name);
      if (!dataset) throw new DomainError("not_found", `there is no dataset ${name}`);
      return await exportAnswer(c, deps, {
        ...{ dataset, format },
        since: from === undefined ? undefined : new Date(from).toISOString(),
        until: to === undefined ? undefined : new Date(Date.parse(to) + DAY_MS).toISOString(),
      });
    });
}
