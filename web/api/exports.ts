import { z } from "zod";
import { instant, wanted } from "../../pipeline/doors/fields.ts";
import { readCursor } from "../../pipeline/exports/cursor.ts";
import { DATASET_NAMES, DATASETS, datasetNamed } from "../../pipeline/exports/datasets.ts";
import { FORMAT_NAMES, FORMATS } from "../../pipeline/exports/formats.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { exportAnswer } from "./export-answer.ts";
import { type ApiRoute, route } from "./route.ts";

const exportParams = z.object({ dataset: z.enum(DATASET_NAMES) });

const exportQuery = z.strictObject({
  format: z.enum(FORMAT_NAMES).default("jsonl"),
  since: instant.optional().meta({ description: "Included." }),
  until: instant
    .optional()
    .meta({ description: "Not included; without it, what is there now. The header Export-Until says it." }),
  after: wanted(200).optional().meta({
    description:
      "Where a file ended that was torn: the two columns of its last whole row that its order goes by, with a comma between.",
  }),
});

/** What was decided, as files. */
export const EXPORT_ROUTES: readonly ApiRoute[] = [
  route(
    {
      method: "get",
      path: "/api/v1/export/{dataset}",
      summary: "Take a dataset out as a file",
      description: `A stream as fast as it is read, in an order that does not change. ${DATASETS.map(
        ({ name, about, order: [at, id] }) => `\`${name}\` (by ${at}, ${id}): ${about}`,
      ).join(" ")} Each export is in the audit log.`,
      access: "data.export",
      params: exportParams,
      query: exportQuery,
      status: 200,
      files: Object.values(FORMATS).map(({ contentType }) => contentType),
      failures: [503],
      says: { 404: "There is no dataset of that name." },
    },
    (deps) =>
      async ({ params, query: { format, since, until, after } }, c) => {
        const dataset = datasetNamed(params.dataset);
        if (!dataset) throw new DomainError("not_found", `there is no dataset ${params.dataset}`);
        return await exportAnswer(c, deps, {
          ...{ dataset, format, since, until },
          after: after === undefined ? undefined : readCursor(after, dataset),
        });
      },
  ),
];
