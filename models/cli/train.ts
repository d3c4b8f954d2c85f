import type { ModelSchema } from "../../domain/features/definition.ts";
import { CURRENCY_FORM, DEFAULT_CURRENCY } from "../../domain/money.ts";
import { givenDecimal } from "../../features/offline/given.ts";
import { publicSetSchema } from "../../features/schema/public-set.ts";
import { DomainError } from "../../platform/process/errors.ts";
import { showProgress } from "../../platform/process/progress.ts";
import { protocolAgainst } from "../../scorer/serving/gate.ts";
import type { ModelMetric } from "../../scorer/serving/registry.ts";
import { randomForest } from "../learners/forest.ts";
import { describeInputs } from "../own/described.ts";
import { ownRecipes } from "../own/own-recipes.ts";
import { describeChange, promote } from "../promotion.ts";
import { countLook, countLookAt } from "../protocol/looks.ts";
import { describeMeasuredOn } from "../protocol/measured-on.ts";
import { type Recipe, recipes } from "../protocol/recipes.ts";
import { type TrainedModel, trainHonest, trainOriginal } from "../protocol/train.ts";
import { aliasNames, openServedRegistry, writeVersion } from "../registry.ts";
import {
  givenData,
  libraryVersions,
  loadAndDescribe,
  modelName,
  oneOf,
  runCommand,
  wholeNumber,
} from "./arguments.ts";
import { checkOwnOptions, OWN_USAGE, ownOptions } from "./own-options.ts";
import { trainOnOwn } from "./own-training.ts";

const usage = `npm run train -- --data FILE.csv[.gz] [options]
  --learner forest           ${Object.keys(recipes).join(", ")}
  --protocol honest          honest (by time, true base rate) or original (the original notebook's)
  --name NAME                name in the registry (default: fraud-<learner>, with -original for that protocol)
  --seed 42  --threads 2
  --trees 100  --depth 10    forest only
  --currency EUR             what the amounts are in; with --schema, the schema says it
  --promote ALIAS            champion, challenger or shadow: points the alias at the new version
  --registry FOLDER          the registry that is served (DATA_DIR/registry); models/registry to commit
With a schema, on a file of your own (CSV, JSON lines, Parquet), in the order of recording:
  --schema SCHEMA.yaml       what a payment has and which features the model reads (npm run schema -- check FILE)
${OWN_USAGE}
  --store                    in place of --data: the payments of the store, decided and imported`;

const options = {
  data: { type: "string" },
  learner: { type: "string" },
  protocol: { type: "string", default: "honest" },
  name: { type: "string" },
  seed: { type: "string", default: "42" },
  threads: { type: "string", default: "2" },
  trees: { type: "string" },
  depth: { type: "string" },
  promote: { type: "string" },
  registry: { type: "string" },
  ...ownOptions,
  currency: { type: "string" },
} as const;

await runCommand(usage, options, async ({ values }) => {
  const file = values.store && values.data === undefined ? undefined : givenData(values.data, usage);
  const protocol = oneOf("protocol", values.protocol, ["honest", "original"]);
  const own = values.schema;
  // For payments of any schema; the other recipes' parameters are the public data set's.
  const kinds: Readonly<Record<string, () => Recipe>> = own === undefined ? recipes : ownRecipes;
  const fallback = own === undefined ? "forest" : "boosting";
  const kind = oneOf("learner", values.learner ?? fallback, Object.keys(kinds));
  if (own !== undefined && protocol !== "honest") {
    throw new DomainError("invalid_argument", "--protocol original is the public data set's: leave it out");
  }
  checkOwnOptions(values, "--data", values.data);
  if (own !== undefined && values.currency !== undefined) {
    throw new DomainError("invalid_argument", "--currency: the schema says it");
  }
  const currency = values.currency ?? DEFAULT_CURRENCY;
  if (!CURRENCY_FORM.test(currency)) {
    throw new DomainError("invalid_argument", `--currency ${currency}: must be an ISO 4217 code, e.g. EUR`);
  }
  const alias = values.promote === undefined ? undefined : oneOf("promote", values.promote, aliasNames);
  const refused = alias === undefined || alias === "shadow" ? undefined : protocolAgainst(protocol);
  if (refused !== undefined) {
    throw new DomainError("invalid_argument", `--protocol ${protocol} --promote ${alias}: ${refused}`);
  }
  const seed = wholeNumber("seed", values.seed);
  const threads = wholeNumber("threads", values.threads, 1);
  const recipe = (kinds[kind] as () => Recipe)();
  if (kind !== "forest" && (values.trees ?? values.depth) !== undefined) {
    throw new DomainError("invalid_argument", `--trees and --depth are for --learner forest, not ${kind}`);
  }
  const forest = {
    ...(values.trees !== undefined && { trees: wholeNumber("trees", values.trees, 1) }),
    ...(values.depth !== undefined && { maxDepth: wholeNumber("depth", values.depth, 1) }),
  };
  const chosen: Recipe = kind === "forest" ? { ...recipe, learner: randomForest(forest) } : recipe;
  const name = modelName(values.name ?? `fraud-${kind}${protocol === "original" ? "-original" : ""}`);

  const started = performance.now();
  const registry = values.registry ?? (await openServedRegistry());
  let looked: string | undefined;
  let trained: TrainedModel;
  let schema: string;
  let read: ModelSchema | undefined;
  if (own === undefined) {
    const data = await loadAndDescribe(file as string, givenDecimal(values.decimal));
    const progress = showProgress(chosen.learner.algorithm);
    const train = protocol === "honest" ? trainHonest : trainOriginal;
    trained = await train(data, {
      name,
      recipe: chosen,
      seed,
      threads,
      libraries: libraryVersions(),
      progress: progress.update,
    });
    progress.stop();
    if (protocol === "honest") looked = await countLook(registry, data);
    schema = publicSetSchema(name, currency);
  } else {
    const { column: columns, zone, decimal, rates, "label-delay": labelDelay } = values;
    const given = { schemaFile: own, file, columns, zone, decimal, rates, labelDelay };
    const learned = await trainOnOwn({ ...given, name, recipe: chosen, seed, threads });
    trained = learned.trained;
    looked = await countLookAt(registry, learned.stretch);
    ({ schema: read, text: schema } = learned.schema);
  }
  const version = await writeVersion(registry, trained.card, trained.bytes, { schema });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`protocol ${trained.card.split.protocol}`);
  for (const metric of trained.card.metrics) console.log(`  ${describeMetric(metric)}`);
  const { parity, measured_on: measured } = trained.card;
  if (measured) console.log(describeMeasuredOn(measured));
  if (looked) console.log(looked);
  if (read) for (const line of describeInputs(trained.card, read)) console.log(line);
  console.log(`ONNX against trainer: ${parity.rows} rows, largest difference ${parity.max_abs_diff}`);
  console.log(`wrote ${version.name}@${version.version} (${trained.bytes.length} bytes) after ${seconds} s`);
  if (alias) {
    const reference = `${version.name}@${version.version}`;
    console.log(describeChange(await promote(registry, reference, { role: alias, reason: "trained" })));
  }
});

function describeMetric({ name, value, low, high }: ModelMetric): string {
  const figure = Number.isInteger(value) ? String(value) : value.toFixed(value >= 100 ? 1 : 5);
  const interval = low === undefined ? "" : `  (95 %: ${low.toFixed(5)} to ${high?.toFixed(5)})`;
  return `${name.padEnd(28)} ${figure}${interval}`;
}
