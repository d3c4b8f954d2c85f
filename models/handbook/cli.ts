import { showProgress } from "../../platform/process/progress.ts";
import { oneFile, oneOf, runCommand, wholeNumber } from "../cli/arguments.ts";
import { BEST } from "./best.ts";
import { publishedLearners } from "./learners.ts";
import { runHandbook } from "./run.ts";

const names = [...(Object.keys(publishedLearners) as (keyof typeof publishedLearners)[]), "best" as const];

const usage = `npm run handbook -- FILE.csv[.gz] [options]
  --start 2018-07-25  the first of 7 training days; 7 days of delay and 7 test days follow
  --models ${names.join(",")}
  --seed 42  --threads 2
Fraud Detection Handbook: features, training and test by its published protocol, one line of JSON (docs/handbook.md).
best is ${BEST.name}.`;

const options = {
  start: { type: "string", default: "2018-07-25" },
  models: { type: "string", default: names.join(",") },
  seed: { type: "string", default: "42" },
  threads: { type: "string", default: "2" },
} as const;

await runCommand(
  usage,
  options,
  async ({ values, positionals }) => {
    const file = oneFile(positionals, "npm run handbook -- FILE.csv[.gz] [--start 2018-07-25]");
    const report = await runHandbook(file, {
      start: values.start,
      models: values.models.split(",").map((name) => oneOf("models", name, names)),
      seed: wholeNumber("seed", values.seed),
      threads: wholeNumber("threads", values.threads, 1),
      progress: (part) => showProgress(part).update,
    });
    console.log(
      JSON.stringify(report, (_, value) => (typeof value === "number" ? Number(value.toFixed(6)) : value)),
    );
  },
  { allowPositionals: true },
);
