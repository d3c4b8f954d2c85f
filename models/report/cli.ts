import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { listVersions, readModel, resolveModel } from "../../scorer/serving/registry.ts";
import { runCommand, wholeNumber } from "../cli/arguments.ts";
import { loadCsv } from "../data/csv.ts";
import { describeForm, describeQuality } from "../data/dataset.ts";
import { readsRowsOf, requireRowsOf } from "../protocol/measure-file.ts";
import { registryRoot } from "../registry.ts";
import { judgedAs, measuredModel } from "../walk-forward/claim.ts";
import { defaultData } from "./default-data.ts";
import { renderDocument } from "./document.tsx";
import { printPdf } from "./pdf.ts";
import { StepLog } from "./progress.ts";
import { riskAnalysisCsv } from "./risk-analysis.ts";
import { study } from "./study.ts";

const usage = `npm run report -- [options]
  --model champion           alias, name or name@version of the registry
  --data FILE.csv[.gz]       default $PAYSECURE_DATA/creditcard-sample.csv.gz, or what npm run data:download fetched
  --out FOLDER               default the version's own folder in the registry
  --registry FOLDER          default models/registry
  --compare / --no-compare   judge the registry's other versions too (default yes)
  --no-pdf                   leave out report.pdf
  --seed 42  --threads 2`;

const options = {
  model: { type: "string", default: "champion" },
  data: { type: "string" },
  out: { type: "string" },
  registry: { type: "string", default: registryRoot },
  compare: { type: "boolean", default: true },
  "no-compare": { type: "boolean", default: false },
  "no-pdf": { type: "boolean", default: false },
  seed: { type: "string", default: "42" },
  threads: { type: "string", default: "2" },
} as const;

await runCommand(usage, options, async ({ values }) => {
  const seed = wholeNumber("seed", values.seed);
  const threads = wholeNumber("threads", values.threads, 1);
  const log = new StepLog(process.stderr);
  const wanted = await resolveModel(values.registry, values.model);
  const served = await readModel(values.registry, wanted);
  const reference = `${served.name}@${served.version}`;
  const file = values.data ?? defaultData();
  console.error(`report of ${reference} on ${file}`);
  log.step("reading the data");
  const data = await loadCsv(file);
  for (const line of [...describeForm(data), ...describeQuality(data.quality)]) log.say(line);
  log.step("making the model that the test figures are of, where it was fitted once more");
  const judged = await measuredModel(data, served, threads);
  const model = judged === undefined ? served : judgedAs(served, judged);
  if (judged === undefined) requireRowsOf(model, data);
  const versions = values.compare && !values["no-compare"] ? await listVersions(values.registry) : [];
  const known = await Promise.all(
    versions
      .filter(({ name, version }) => `${name}@${version}` !== reference)
      .map((version) => readModel(values.registry, version)),
  );
  const others = known.filter(
    ({ card }) =>
      readsRowsOf(card, data) && (card["refit"] === undefined || card.data.sha256 !== data.sha256),
  );
  const result = await study(data, model, { seed, threads, others, step: log.step });
  log.step("drawing the report");
  const html = renderDocument(result);
  const folder = values.out ?? join(values.registry, model.name, model.version);
  await mkdir(folder, { recursive: true });
  const write = async (name: string, content: string | Uint8Array): Promise<void> => {
    await writeFile(join(folder, name), content);
  };
  await write("report.html", html);
  await write("risk_analysis.csv", riskAnalysisCsv(result.honest.test, model.card.thresholds));
  if (!values["no-pdf"]) {
    log.step("typesetting the PDF");
    await write(
      "report.pdf",
      await printPdf(html, `PaySecure · ${reference}`, (message) => console.error(message)),
    );
  }
  log.finish();
  const files = ["report.html", ...(values["no-pdf"] ? [] : ["report.pdf"]), "risk_analysis.csv"];
  for (const name of files) console.log(relative(process.cwd(), join(folder, name)));
});
