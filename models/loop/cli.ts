import { LABEL_SOURCES, type LabelSource } from "../../domain/verdicts.ts";
import { loadStoreConfig } from "../../pipeline/store/config.ts";
import type { Database } from "../../pipeline/store/schema.ts";
import { openDatabase } from "../../platform/process/database.ts";
import { configOrExit } from "../../platform/process/env.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { createLogger } from "../../platform/process/logger.ts";
import { operator } from "../../platform/process/operator.ts";
import { showProgress } from "../../platform/process/progress.ts";
import { libraryVersions, oneOf, runCommand, wholeNumber } from "../cli/arguments.ts";
import { ownRecipes } from "../own/own-recipes.ts";
import { openServedRegistry } from "../registry.ts";
import { carryOut } from "./carry-out.ts";
import { describeRetrained } from "./described.ts";
import { retrain } from "./retrain.ts";

const usage = `npm run retrain [-- options]
Learns from the labelled payments of the store and holds what comes out against the champion. What passes the gate is
written to the registry, for somebody to give it a role (npm run models -- promote, or the page Models).
  --days 90                  payments decided in the last so many days
  --labels ${LABEL_SOURCES.join(",")}   whose word counts; all when left out
  --learner KIND             ${Object.keys(ownRecipes).join(", ")}; the champion's kind when left out
  --seed 1  --threads 2
  --registry FOLDER          the registry that is served (DATA_DIR/registry)
  --request N                does what was asked for on a page, as a worker has it done
  --until 2026-11-27T00:00Z  as of then, and not of now`;

const options = {
  days: { type: "string", default: "90" },
  labels: { type: "string" },
  learner: { type: "string" },
  seed: { type: "string", default: "1" },
  threads: { type: "string", default: "2" },
  registry: { type: "string" },
  request: { type: "string" },
  until: { type: "string" },
} as const;

await runCommand(usage, options, async ({ values }) => {
  const days = wholeNumber("days", values.days, 1);
  const threads = wholeNumber("threads", values.threads, 1);
  const seed = wholeNumber("seed", values.seed);
  const learner =
    values.learner === undefined
      ? undefined
      : oneOf("learner", values.learner, Object.keys(ownRecipes) as (keyof typeof ownRecipes)[]);
  const sources = values.labels
    ?.split(",")
    .map((source): LabelSource => oneOf("labels", source.trim(), LABEL_SOURCES));
  const until = values.until === undefined ? new Date() : new Date(values.until);
  if (Number.isNaN(until.getTime()))
    throw new DomainError(
      "invalid_argument",
      `--until ${values.until}: must be a time such as 2026-11-27T00:00Z`,
    );
  const { DATABASE_URL } = configOrExit(loadStoreConfig);
  const registry = values.registry ?? (await openServedRegistry());
  const db = openDatabase<Database>(DATABASE_URL, createLogger("retrain", "warn"), 2);
  const workshop = { db, registry, libraries: libraryVersions(), threads, days, sources };
  try {
    if (values.request !== undefined) {
      console.log(await carryOut(workshop, wholeNumber("request", values.request)));
      return;
    }
    const progress = showProgress("training");
    const retrained = await retrain(db, {
      ...{ ...workshop, actor: operator(), learner, until, seed },
      progress: progress.update,
    });
    progress.stop();
    for (const line of describeRetrained(retrained)) console.log(line);
    if (retrained.state !== "accepted") process.exitCode = 1;
  } finally {
    await db.destroy();
  }
});
